"""The bench of one GPU, with the real engine and a shape of no size. Run by `make e2e`."""

import pytest

from redraft.agent.gpus import Gpu
from redraft.agent.models import EMBEDDED, find
from redraft.agent.settings import load_settings
from redraft.evals.gpu.measuring import Grid
from redraft.evals.gpu.steps import measured

pytestmark = [pytest.mark.live, pytest.mark.enable_socket, pytest.mark.timeout(600)]

# What `redraft model pull` has put into the user's cache; looked up before each test is given a home of its own.
CACHE = load_settings().folders.cache
GRID = Grid(batches=[1, 2], contexts=[256, 1024], drafts=[0, 15], steps=64, rounds=1)


async def test_steps_are_timed_at_every_point_on_both_servers() -> None:
    gpu = Gpu("none", 0, 2e10, 0.0, "made up")

    found = await measured("tiny", find(EMBEDDED, CACHE), GRID, gpu, lambda line: None)

    points = {
        name: [(one.context, one.batch, one.draft) for one in found.timings if one.server == name]
        for name in ("plain", "drafting")
    }
    assert points == {"plain": GRID.points([0]), "drafting": GRID.points(GRID.drafts)}
    assert all(one.ms > 0 for one in found.timings)
    drafting = [one for one in found.timings if one.server == "drafting"]
    assert all(one.seen > GRID.steps / 4 for one in drafting), "a draft of sixteen is seldom taken"
    assert all(one.context <= one.cached / one.batch <= one.context + GRID.steps for one in drafting)
