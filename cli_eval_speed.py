"""`redraft eval speed`: what drafting ahead is worth, replayed from transcripts or timed on a server."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from redraft.cli_eval_scores import AsJson
from redraft.cli_tables import number, print_table
from redraft.cli_terminal import check_installed, say

speed_app = typer.Typer(no_args_is_help=True, help="How fast reports are written, with drafting ahead and without.")

_TRANSCRIPTS = "A file of transcripts, or a folder of them: runs made with REDRAFT_TRANSCRIPTS=FOLDER write them."
Transcripts = Annotated[Path, typer.Argument(metavar="PATH", help=_TRANSCRIPTS, show_default=False)]
Concurrency = Annotated[str, typer.Option(metavar="N,…", help="Requests at once.")]
Drafters = Annotated[
    str | None, typer.Option(metavar="NAME,…", help="Of off, ngram, suffix, redraft. [default: all that are installed]")
]
POSITIONS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Of a draft, that are shown."""


@speed_app.command()
def replay(
    path: Transcripts,
    drafters: Drafters = None,
    concurrency: Concurrency = "1,4,8",
    *,
    as_json: AsJson = False,
) -> None:
    """Replay transcripts through drafters: tokens per step, exactly, and the speed-up that GPUs would make of it.

    No model is needed. The speed-up is that of decoding an 8B model in bf16; in brackets, if drafting took no time.
    """
    check_installed("measuring", "NumPy")
    from redraft.agent.transcripts import read
    from redraft.evals.speed.drafters import chosen
    from redraft.evals.speed.report import bench

    made = {name: named.make for name, named in chosen(drafters).items()}
    found = bench(read(path), made, _counts(concurrency))
    if as_json:
        typer.echo(json.dumps(found))
        return
    _print_replayed(found)


@speed_app.command()
def live(
    path: Transcripts,
    drafters: Drafters = None,
    concurrency: Concurrency = "1,4,8",
    rounds: Annotated[int, typer.Option(min=1, help="How often each server takes its turn.")] = 3,
    prompts: Annotated[int, typer.Option(min=1, help="Calls of the transcripts that are answered again.")] = 24,
    model: Annotated[str | None, typer.Option(help="The model, as for serve start.")] = None,
    context: Annotated[int | None, typer.Option(help="Tokens of context to serve it with.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Time servers with and without a drafter, in turns, on the prompts of transcripts; and compare their answers.

    Each turn starts a server anew. Decoding is greedy, so that every answer should be the same with a drafter.
    """
    import asyncio
    from functools import partial

    check_installed("measuring", "NumPy")
    from redraft.agent.settings import load_settings
    from redraft.agent.transcripts import read
    from redraft.evals.speed import live as bench
    from redraft.evals.speed.drafters import servable

    settings = load_settings(llm_model=model, context=context)
    asked = bench.prompts(read(path), prompts, settings.context)
    serve = partial(bench.served, settings, lambda step: None)
    timed = bench.timed(asked, servable(drafters), serve, rounds=rounds, concurrencies=_counts(concurrency), tell=say)
    found = bench.compared(asyncio.run(timed))
    if as_json:
        typer.echo(json.dumps(found))
        return
    _print_timed(found)


def _counts(text: str) -> list[int]:
    from redraft.agent.errors import UserError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        message = f"{text!r} is no list of numbers of requests, such as 1,4,8"
        raise UserError(message)
    return list(dict.fromkeys(map(int, parts)))


def _print_replayed(found: Mapping[str, Any]) -> None:
    said, drafters = found["transcripts"], found["drafters"]
    first = next(iter(drafters["off"]))
    rows: dict[str, Any] = {name: row[first] for name, row in drafters.items() if name != "off"}
    say(f"{said['runs']} runs, {said['calls']} calls, {said['output_tokens']:,} tokens of output; {first} at once:")
    measures = ("tokens_per_step", "draft_rate", "hit_rate", "draft_length", "acceptance")
    cells = [
        [name, *(number(row["all"][measure]) for measure in measures), f"{row['drafting_ms']:.2f}"]
        for name, row in rows.items()
    ]
    print_table(["drafter", *(measure.replace("_", " ") for measure in measures), "ms a step"], cells, numbers=True)
    _print_positions(rows)
    _print_nodes(rows)
    _print_speedups(drafters)


def _print_positions(rows: Mapping[str, Any]) -> None:
    typer.echo("\nShare of drafted tokens that is taken, by position in the draft")
    cells = [[name, *_at(row["all"]["acceptance_by_position"])] for name, row in rows.items()]
    print_table(["drafter", *map(str, POSITIONS)], cells, numbers=True)


def _at(shares: Sequence[float]) -> list[str]:
    return [f"{shares[position - 1]:.2f}" if position <= len(shares) else "" for position in POSITIONS]


def _print_nodes(rows: Mapping[str, Any]) -> None:
    typer.echo("\nTokens a step, by what was asked for")
    nodes = next(iter(rows.values()))["nodes"] if rows else {}
    cells = [
        [node, f"{counts['tokens']:,}", *(number(row["nodes"][node]["tokens_per_step"]) for row in rows.values())]
        for node, counts in nodes.items()
    ]
    print_table(["node", "tokens", *rows], cells, numbers=True)


def _print_speedups(drafters: Mapping[str, Any]) -> None:
    typer.echo("\nPredicted speed-up of decoding, by GPU and requests at once")
    names = [name for name in drafters if name != "off"]
    cells = [
        [gpu, places, *(_times(drafters[name][places]["speedup"][gpu]) for name in names)]
        for gpu in next(iter(drafters["off"].values()))["speedup"]
        for places in drafters["off"]
    ]
    print_table(["GPU", "at once", *names], cells, numbers=True)


def _times(speedup: Mapping[str, float | None]) -> str:
    whole, free = speedup["whole"], speedup["free"]
    return "" if whole is None or free is None else f"{whole:.2f} ({free:.2f})"


def _print_timed(found: Mapping[str, Any]) -> None:
    cells = [
        [name, places, f"{row['tokens_per_second']:.1f}", *_ratio(row), f"{row['identical']} of {row['answers']}"]
        for name, rows in found["drafters"].items()
        for places, row in rows.items()
    ]
    print_table(["drafter", "at once", "tokens a second", "ratio", "from … to", "same answers"], cells, numbers=True)
    again = found["off_repeats"]
    say(f"without a drafter, {again['identical']} of {again['answers']} answers were the same in another round")


def _ratio(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['ratio']:.2f}", f"{min(row['ratios']):.2f} … {max(row['ratios']):.2f}"]
