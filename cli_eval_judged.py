"""What judges have said, as `redraft eval score` and `cost` show it."""

import json
from typing import TYPE_CHECKING

import typer

from redraft.cli_tables import number, print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from redraft.evals.assessing import Foreseen, Result
    from redraft.evals.judged import Figure, Judged

SHOWN = 5
"""Tasks that are named of those that a judge failed on for one reason."""


def print_scores(bench: str, result: "Result", *, as_json: bool) -> None:
    if as_json:
        said = {"benchmark": bench, "label": result.label, "stamp": dict(result.stamp)}
        typer.echo(json.dumps(said | {"systems": [system.data() for system in result.systems]}))
        return
    figures = [system.figures for system in result.systems]
    names = dict.fromkeys(name for found in figures for name in found)
    rows = [
        [name, *(_figure(system, found.get(name)) for system, found in zip(result.systems, figures, strict=True))]
        for name in names
    ]
    counts: list[tuple[str, Callable[[Judged], str]]] = [
        ("reports", lambda system: str(len(system.opinions))),
        ("without a score", lambda system: str(system.failed)),
        ("flip rate", lambda system: number(system.flip_rate)),
        ("spread over repeats", lambda system: number(system.spread)),
    ]
    rows += [[name, *map(of, result.systems)] for name, of in counts]
    print_table([result.systems[0].protocol, *(system.subject.name for system in result.systems)], rows, numbers=True)
    for system in result.systems:
        _tell_failures(system)
    _tell_gate(result)


def _figure(system: "Judged", figure: "Figure | None") -> str:
    if figure is None:
        return ""
    ends = f" [{number(figure.interval.low)}, {number(figure.interval.high)}]" if figure.interval else ""
    return f"{number(figure.value)}{ends}" + (f" ({figure.tasks})" if figure.tasks != len(system.system.tasks) else "")


def _tell_failures(system: "Judged") -> None:
    name = system.subject.name
    for problem, tasks in system.problems.items():
        more = f" and {len(tasks) - SHOWN} more" if len(tasks) > SHOWN else ""
        typer.echo(f"{name}: task {', '.join(tasks[:SHOWN])}{more}: {problem}")
    told = [
        (system.system.failed, "with an empty report, which have the least score"),
        (system.subject.unscored, "without a report"),
    ]
    told += [(system.subject.unknown, "with a report that is on none of the tasks judged here")]
    if counts := [f"{len(tasks)} {what}" for tasks, what in told if tasks]:
        say(f"{name}: tasks: {', '.join(counts)}")


def _tell_gate(result: "Result") -> None:
    judge = result.stamp["judge"]
    who = f"{judge['parameters']['model']} as a judge by {judge['protocol']}"
    if result.label == "gated":
        typer.echo(f"gated: {who} has passed its check (card {result.stamp['card']})")
    elif result.stamp["card"]:
        typer.echo(f"ungated: {who} has failed its check (card {result.stamp['card']}): do not believe these numbers")
    else:
        typer.echo(f"ungated: {who} was never checked: do not believe these numbers before redraft eval judge-check")


def print_bill(found: "Foreseen", money: float | None) -> None:
    bill = found.bill
    print_table(["prompt", "calls"], [[name, str(calls)] for name, calls in bill.by_prompt.items()], numbers=True)
    how = "counted by the server" if found.is_counted else "estimated by its letters"
    typer.echo(f"{bill.calls} calls to make, {bill.cached} answered before")
    typer.echo(f"{bill.prompt_tokens:,} tokens of prompts, {how}; at most {bill.reply_tokens:,} of replies")
    if money is not None:
        typer.echo(f"at most {money:,.2f}; a reply that cannot be used is asked for up to three times more")
