"""What a report costs as it grows: tokens, calls, the share that has to wait, and the size of its checkpoints.

    python -m redraft.evals.cost_bench [--preset standard] [--sections 5,10,20,40]

A stand-in writes whole reports on a made-up library, in sections of one length, through the very state machine that a
model would. Tokens are words. A run's critical path is its longest chain of replies of which each had to wait for the
one before: what is left of its time on a server with room for everything else at once.
"""

import asyncio
import math
import sqlite3
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from redraft.agent.settings import load_settings
from redraft.evals import rehearsal
from redraft.evals.virtual_time import VirtualTime
from redraft.store import calls

WORDS_PER_SECTION = 350
"""Of a report of the standard preset."""


class Cost(NamedTuple):
    sections: int
    calls: int
    prompt: int
    output: int
    critical: int
    """Output tokens of the longest dependent chain."""
    checkpoint: int
    """Bytes of the largest checkpoint."""

    @property
    def tokens(self) -> int:
        return self.prompt + self.output


def main(
    preset: Annotated[str, typer.Option()] = "standard",
    sections: Annotated[str, typer.Option(help="Numbers of sections, with commas between them.")] = "5,10,20,40",
) -> None:
    """Print the table, and the exponent with which the tokens grow."""
    costs = [asyncio.run(measured(preset, int(count))) for count in sections.split(",")]
    table = Table(title=f"{preset}: one run each")
    for name in ("sections", "calls", "prompt tokens", "output tokens", "critical path", "largest checkpoint"):
        table.add_column(name, justify="right")
    for cost in costs:
        share = f"{cost.critical:,} = {cost.critical / cost.output:.0%}"
        numbers = (f"{cost.sections}", f"{cost.calls}", f"{cost.prompt:,}", f"{cost.output:,}")
        table.add_row(*numbers, share, f"{cost.checkpoint:,} B")
    console = Console()
    console.print(table)
    for first, last in pairwise(costs):
        growth = exponent(first.sections, first.tokens, last.sections, last.tokens)
        console.print(f"from {first.sections} to {last.sections} sections, tokens grow with exponent {growth:.2f}")
    if len(costs) > 1:
        growth = exponent(costs[0].sections, costs[0].tokens, costs[-1].sections, costs[-1].tokens)
        console.print(f"over all: {growth:.2f}")


def exponent(size: int, cost: int, larger: int, its_cost: int) -> float:
    """Of the power law through two points: 1 where the cost grows like the size."""
    return math.log(its_cost / cost) / math.log(larger / size)


async def measured(preset: str, sections: int) -> Cost:
    """The cost of one whole run."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            home=Path(folder),
            preset=preset,
            sections=sections,
            words=WORDS_PER_SECTION * sections,
            library=rehearsal.LIBRARY,
            search=("none",),
            llm_concurrency=1000,
        )
        with closing(rehearsal.opened(settings, Path(folder))) as database:
            llm = VirtualTime(rehearsal.writer())
            made = calls.of_run(database, await rehearsal.rehearsed(database, settings, llm))
            prompt = sum(call.prompt_tokens for call in made)
            largest = _largest_checkpoint(database.folder / "checkpoints.db")
            return Cost(sections, len(made), prompt, llm.total, llm.now, largest)


def _largest_checkpoint(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(
            connection.execute("SELECT max(length(checkpoint) + length(metadata)) FROM checkpoints").fetchone()[0]
        )


if __name__ == "__main__":
    typer.run(main)
