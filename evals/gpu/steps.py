"""How long steps take: both servers, one after the other, over the whole grid."""

import tempfile
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.agent.gpus import Gpu
from redraft.agent.settings import load_settings
from redraft.evals.gpu import dummy, measuring
from redraft.evals.gpu.fixed import Turns
from redraft.evals.gpu.measuring import WARMING, Grid, Tell
from redraft.evals.gpu.results import Result, result
from redraft.evals.gpu.serving import Launchers, served, vllm


async def measured(
    shape: str, tokenizer: Path, grid: Grid, gpu: Gpu, tell: Tell, launchers: Launchers = vllm
) -> Result:
    """Raises `UserError` for a grid or a tokenizer that cannot be used, `ServerUnavailable` where no server starts."""
    architecture = dummy.SHAPES[shape]
    if grid.checked().longest > architecture.longest:
        message = f"{shape} has {architecture.longest} tokens of context, and the grid needs {grid.longest}"
        raise UserError(message)
    settings = load_settings(context=grid.longest)
    with tempfile.TemporaryDirectory() as folder:
        model, turns, most = Path(folder) / "model", Turns(Path(folder)), max(grid.batches)
        dummy.write(model, architecture, tokenizer)
        turns.give(WARMING, 0)
        async with served(settings, launchers(model, most, turns.flags())) as http:
            drafting = await measuring.drafting(http, turns, grid, tell)
        async with served(settings, launchers(model, most, ())) as http:
            plain = await measuring.plain(http, grid, tell)
    return result(shape, architecture, gpu, {"plain": plain, "drafting": drafting})
