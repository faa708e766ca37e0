import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.agent.launch import Launch, Launcher
from redraft.agent.profiles import PROFILES
from redraft.agent.settings import Settings
from redraft.evals.gpu.serving import dummy_launch
from redraft.evals.gpu.steps import measured
from redraft.tests.evals.gpu.given import A_CACHED, A_TOKEN, CONSTANT, GPU, GRID, tokenizer

FAKE = Path(__file__).with_name("fake_vllm.py")


@pytest.mark.enable_socket  # loopback only
async def test_two_servers_are_measured_one_after_the_other(tmp_path: Path) -> None:
    told: list[str] = []
    started: list[tuple[int, bool]] = []

    def launchers(model: Path, sequences: int, flags: Sequence[str]) -> Launcher:
        def launch(settings: Settings, port: int) -> Launch:
            assert settings.context == GRID.longest
            assert (model / "config.json").is_file()
            started.append((sequences, bool(flags)))
            return Launch("dummy", 2048, [sys.executable, str(FAKE), str(port), *flags], {}, limit=60, grace=5)

        return launch

    found = await measured("tiny", tokenizer(tmp_path / "model"), GRID, GPU, told.append, launchers)

    assert started == [(4, True), (4, False)]
    line = found.lines["drafting"]
    assert (line.constant, line.a_token, line.a_cached) == pytest.approx((CONSTANT, A_TOKEN, A_CACHED))
    drafted = [one for one in found.timings if one.server == "drafting"]
    assert [(one.context, one.batch, one.draft) for one in drafted] == GRID.points(GRID.drafts)
    assert len(told) == (GRID.rounds + 1) * (len(GRID.points(GRID.drafts)) + len(GRID.points([0])))


async def test_a_grid_that_is_too_long_for_the_model_starts_no_server(tmp_path: Path) -> None:
    grid = GRID._replace(contexts=[1000, 200_000])

    with pytest.raises(UserError, match="tiny has 131072 tokens of context"):
        await measured("tiny", tmp_path, grid, GPU, lambda line: None)


def test_vllm_makes_up_the_weights_and_is_otherwise_as_it_serves(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama", "max_position_embeddings": 131072}')
    settings = Settings(home=tmp_path, context=4096)

    launch = dummy_launch(settings, 8000, PROFILES["gpu"]._replace(sequences=8), tmp_path)

    command = " ".join(launch.command)
    assert "--load-format dummy" in command
    assert "--max-num-seqs 8" in command
    assert "--max-model-len 4096" in command
    assert "--speculative-config" not in command
    assert all(flag in command for flag in PROFILES["gpu"].flags)
    assert launch.environment["HF_HUB_OFFLINE"] == "1"
