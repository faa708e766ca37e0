"""A machine whose step times are known, and what is asked of it."""

from collections.abc import Iterable
from pathlib import Path

from redraft.agent.gpus import Gpu
from redraft.evals.gpu.dummy import SHAPES
from redraft.evals.gpu.measuring import Grid, Point, Seen
from redraft.evals.gpu.results import Result, result

CONSTANT, A_TOKEN, A_CACHED = 6e-3, 20e-6, 40e-9
LLAMA = SHAPES["llama-3.1-8b"]
GPU = Gpu("test", 0, 3.35e12, 989e12, "as planted")
GRID = Grid(batches=[1, 4], contexts=[100, 1000], drafts=[0, 3, 7], steps=40, rounds=2)


def took(computed: float, cached: float) -> float:
    """Seconds of a step of this machine."""
    return CONSTANT + A_TOKEN * computed + A_CACHED * cached


def seen(points: Iterable[Point], slower: float = 1.0) -> list[Seen]:
    """Three steps of each point, of which the middle one takes what the machine takes."""
    found = []
    for point in points:
        cached = point.batch * (point.context + 20)
        seconds = slower * took(point.batch * (1 + point.draft), cached)
        found += [Seen(point, seconds * share, cached) for share in (0.9, 1.0, 1.2)]
    return found


def measured() -> Result:
    """Of which the server that drafts takes twice as long for the same step."""
    found = {"plain": seen(GRID.points([0])), "drafting": seen(GRID.points(GRID.drafts), slower=2.0)}
    return result("llama-3.1-8b", LLAMA, GPU, found)  # type: ignore[arg-type]  # the names of servers


def tokenizer(folder: Path) -> Path:
    """A folder that looks as if it held one."""
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    return folder
