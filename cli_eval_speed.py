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

    found = bench(read(path), chosen(drafters), _counts(concurrency))
    if as_json:
        typer.echo(json.dumps(found))
        return
    _print_replayed(found)


@speed_app.command()
def live(
    path: Transcripts,
    drafters: Drafters = None,
    concurrency: Concurrency = "1,4,8",
    nodes: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="Steps of the run that are asked again. [default: all]")
    ] = None,
    each: Annotated[int, typer.Option(min=1, help="Calls of each of them.")] = 8,
    most: Annotated[int, typer.Option(min=1, help="Tokens of an answer at most.")] = 256,
    rounds: Annotated[int, typer.Option(min=1, help="How often each drafter takes its turn.")] = 3,
    model: Annotated[str | None, typer.Option(help="The model, as for serve start.")] = None,
    context: Annotated[int, typer.Option(min=1024, help="Tokens of context to serve it with.")] = 8192,
    *,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compute in float32, where rounding does not change answers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Time one server with a drafter and without, in turns, on the prompts of transcripts; and compare the answers.

    Decoding is greedy, so that every answer should be the same with a drafter. In 16 bits the two likeliest tokens are
    often as likely as each other, and how many are computed at once decides; with --exact they are told apart.
    """
    import asyncio

    check_installed("measuring", "NumPy")
    from redraft.agent.settings import load_settings
    from redraft.agent.transcripts import read
    from redraft.evals.speed.comparison import compared
    from redraft.evals.speed.drafters import chosen
    from redraft.evals.speed.live import prompts
    from redraft.evals.speed.served import bench

    settings = load_settings(llm_model=model, context=context)
    names, counts = list(chosen(drafters)), _counts(concurrency)
    asked = prompts(read(path), each=each, most=most, context=context, nodes=_names(nodes))
    passes = bench(settings, asked, names, rounds=rounds, concurrencies=counts, tell=say, exact=exact)
    found = compared(asyncio.run(passes))
    if as_json:
        typer.echo(json.dumps(found))
        return
    _print_timed(found)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []


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
    drafters = found["drafters"]
    head = ["drafter", "at once", "tokens a second", "ratio", "from … to", "tokens a step", "ms a step", "same answers"]
    cells = [
        [
            *(name, places, f"{row['all']['tokens_per_second']:.1f}", *_ratio(row["all"])),
            *(f"{row['tokens_per_step']:.2f}", f"{row['drafting_ms']:.2f}", f"{row['identical']} of {row['answers']}"),
        ]
        for name, rows in drafters.items()
        for places, row in rows.items()
    ]
    print_table(head, cells, numbers=True)
    _print_node_ratios(drafters)
    for places, noise in found["off"].items():
        again, alone = noise["again"], noise["alone"]
        say(
            f"without a drafter, {places} at once: {again['identical']} of {again['answers']} answers were the same in "
            f"another round, and {alone['identical']} of {alone['answers']} as one at a time"
        )
    say(f"reading all prompts took {found['reading_seconds']:.0f} s; it is in none of these times")


def _print_node_ratios(drafters: Mapping[str, Any]) -> None:
    typer.echo("\nTimes as fast as without a drafter, by what was asked for: the median, and between what it lies")
    columns = [(name, places) for name, rows in drafters.items() if name != "off" for places in rows]
    cells = [
        [node, *(" ".join(_ratio(drafters[name][places]["nodes"][node])) for name, places in columns)]
        for node in next(iter(drafters["off"].values()))["nodes"]
    ]
    print_table(["node", *(f"{name}, {places}" for name, places in columns)], cells, numbers=True)


def _ratio(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['ratio']:.2f}", f"{min(row['ratios']):.2f} … {max(row['ratios']):.2f}"]
