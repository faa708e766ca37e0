"""What each step of a run costs: one report for each arm of an ablation, by a stand-in on a made-up library.

    python -m redraft.evals.ablation_bench [--preset standard] [--arms no-deepen,serial]

prints a table in Markdown. Tokens are words, and the critical path is as in `redraft.evals.cost_bench`. The stand-in
writes well and thinks little: what a step is good for shows with a real model alone, and of quality there is only what
the form of the report and its store tell.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from redraft.agent.settings import Settings, load_settings
from redraft.evals import rehearsal
from redraft.evals.arms import ARMS, BASE, Arm, chosen
from redraft.evals.measuring import Row, Way, of_run
from redraft.evals.virtual_time import VirtualTime

BEYOND = frozenset({"warp", "dense", "no-speculation", "no-terse"})
"""Arms that the stand-in cannot show: it knows no tags and no meanings, and is as terse as it is."""
SHOWN = ("words", "citation_coverage", "number_support", "round_novelty", "break_rate", "near_repeats")


class Cost(NamedTuple):
    tokens: float
    """Of prompts and replies."""
    calls: float
    critical: int
    """Output tokens of the longest dependent chain."""
    row: Row


def main(
    preset: Annotated[str, typer.Option()] = "standard",
    arms: Annotated[str, typer.Option(help="With commas between them; all that the stand-in can show.")] = "",
) -> None:
    """Print a row for each arm, with the difference to the base."""
    settings = load_settings(preset=preset, library=rehearsal.LIBRARY, search=("none",), llm_concurrency=1000)
    names = [name for name in arms.split(",") if name] or [name for name in ARMS if name not in BEYOND]
    costs = {arm.name: asyncio.run(measured(settings, arm)) for arm in chosen(names, settings)}
    typer.echo(table(costs))


def table(costs: Mapping[str, Cost]) -> str:
    """In Markdown, a row for each arm, with its differences to the base."""
    head = ("arm", "calls", "tokens", "", "critical path", "", *SHOWN)
    rows = [
        head,
        ("---",) + ("---:",) * (len(head) - 1),
        *((name, *_cells(cost, costs[BASE])) for name, cost in costs.items()),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(cost: Cost, base: Cost) -> list[str]:
    spent = [f"{cost.calls:,.0f}", f"{cost.tokens:,.0f}", _share(cost.tokens, base.tokens)]
    waited = [f"{cost.critical:,}", _share(cost.critical, base.critical)]
    told = (cost.row[name] for name in SHOWN)
    return [*spent, *waited, *map(_told, told)]


def _told(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _share(value: float, base: float) -> str:
    return f"{value / base - 1:+.0%}" if value != base else ""


async def measured(settings: Settings, arm: Arm) -> Cost:
    """One whole run of an arm, in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        its = settings.restored({**arm.change, "home": folder})
        with closing(rehearsal.opened(its, Path(folder))) as database:
            llm = VirtualTime(rehearsal.writer())
            run_id = await rehearsal.rehearsed(database, its, llm)
            row = of_run(database, run_id, Way()).tasks[run_id]
            return Cost(row["tokens"] or 0, row["model_calls"] or 0, llm.now, row)


if __name__ == "__main__":
    typer.run(main)
