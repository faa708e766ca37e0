"""`redraft rounds` and `redo`: what was done to mend a report, and one section mended again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any

import typer

from redraft.cli_research import Events, Output, RunId, Urls, resume
from redraft.cli_terminal import STOPPED, check_target

LONGEST = 120
"""Characters of a text on the terminal: `--json` has the whole."""


def rounds(
    run_id: RunId,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object, with every text whole.")] = False,
) -> None:
    """Tell how a report came about: its brief, every round, every claim, every state of it, and what it cost."""
    from redraft.agent.account import account
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = open_database(load_settings())
    data = account(database, runs.get(database, run_id).id)
    typer.echo(json.dumps(data) if as_json else "\n".join(_account(data)))


def redo(
    run_id: RunId,
    section: Annotated[str, typer.Argument(help="Its number, as 2 or 2.1; the summary's is 0.", show_default=False)],
    note: Annotated[str, typer.Option(help="What is wrong with it, in a sentence.", show_default=False)],
    llm_url: Urls = None,
    llm_model: Annotated[str | None, typer.Option(help="The model to ask for, or to serve.")] = None,
    output: Output = None,
    as_json: Events = False,
) -> None:
    """Have a section of a finished report mended, and print the report."""
    from redraft.agent import redoing
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    check_target(output)
    database = open_database(load_settings())
    found = runs.get(database, run_id).id
    redoing.ask_again(database, found, section, note)
    resume(found, llm_url, llm_model, output, as_json)


def _account(data: dict[str, Any]) -> Iterator[str]:
    yield f"Run {data['run']} ({data['status']}): {' '.join(data['question'].split())}"
    if data["brief"]:
        yield from _brief(data["brief"])
    yield from _part("Outline", map(_section, data["outline"]))
    for wave, group in groupby(data["rounds"], itemgetter("wave")):
        yield from _part(f"Wave {wave}", map(_round, group))
    if data["stopped"]:
        yield f"\nThe rounds ended: {STOPPED.get(data['stopped'], data['stopped'])}."
    yield from _part("Open", map(_gap, data["open_gaps"]))
    yield from _part("Claims", _claims(data["claims"]))
    yield from _part("Disputes", map(_dispute, data["disputes"]))
    yield from _part("States of the report", map(_snapshot, data["snapshots"]))
    yield from _part("Cost", _cost(data["cost"]))


def _part(title: str, entries: Iterable[str]) -> Iterator[str]:
    """A heading with its entries, each set off; nothing where there are none."""
    lines = [f"   {line}" for entry in entries for line in entry.splitlines()]
    if lines:
        yield f"\n{title}"
        yield from lines


def _brief(brief: dict[str, Any]) -> Iterator[str]:
    words = brief["words"]
    lines = [
        f"{brief['title']}: {_short(brief['intent'])}",
        *([f"for: {_short(brief['audience'])}"] if brief["audience"] else []),
        *(f"demanded: {_short(constraint)}" for constraint in brief["constraints"]),
        f"{words['wanted']} words wanted (set by: {words['from']}), {words['written']} written",
        f"points covered, by weight: {brief['covered']:.0%}",
    ]
    yield from _part("Brief", lines)
    yield from _part("Specification", map(_point, brief["specification"]))
    yield from _part("Checklist", map(_point, brief["checklist"]))


def _point(point: dict[str, Any]) -> str:
    place = point["place"]
    if place:
        where = f"section {place['section']}: “{_short(place['sentence'])}”"
    else:
        where = "not covered" if point["measured"] else "not a matter of words"
    return f"{_short(point['text'])}\n   {where}"


def _section(section: dict[str, Any]) -> str:
    words = section["words"]
    told = [
        f"{words['written']} of {words['wanted']} words",
        *([f"added in wave {section['wave']}"] if section["wave"] else []),
        *(["locked"] if section["locked"] else []),
        *([f"stale: {_short(section['stale'])}"] if section["stale"] else []),
    ]
    indent = "   " * section["number"].count(".")
    lines = [f"{section['number']} {section['title']} ({'; '.join(told)})", *map(_version, section["versions"])]
    return "\n".join(f"{indent}{line}" for line in lines)


def _version(version: dict[str, Any]) -> str:
    state = "stands" if version["stands"] else "accepted" if version["accepted"] else "refused"
    state = "proposed" if version["proposed"] else state
    why = " ".join(filter(None, (version["reason"], *version["problems"])))
    return f"   version {version['number']}, {version['op']}, {state}{f': {_short(why)}' if why else ''}"


def _round(row: dict[str, Any]) -> str:
    gap = row["gap"]
    kind = f"{gap['kind']}, {gap['priority']}, by {gap['opened_by']}, section {gap['section'] or '-'}" if gap else "-"
    searched = "; ".join(f"“{query}”" for query in row["queries"])
    found = f"{row['passages']} passages of {row['sources']} sources, {row['fresh']} new"
    novelty = "" if row["novelty"] is None else f", novelty {row['novelty']:.2f}"
    worked_on = f" of section {row['worked_on']}" if row["worked_on"] else ""
    return "\n".join(
        [
            f"round {row['number']} ({kind}): {_short(row['question'] or 'no question')}",
            *(f"   part: {_short(part)}" for part in row["parts"]),
            *([f"   searched for {_short(searched)}: {found}"] if searched else []),
            f"   {row['route'] or 'no route'}{worked_on}{novelty}: {row['outcome'] or 'under way'}. "
            f"{_short(row['reason'])}".rstrip(),
        ]
    )


def _gap(gap: dict[str, Any]) -> str:
    return f"{gap['priority']}, {gap['kind']}, section {gap['section'] or '-'}: {_short(gap['question'])}"


def _claims(claims: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Those that somebody has looked at; how many others hold, by the words of their evidence, is a number."""
    asked = [claim for claim in claims if claim["question"] or claim["verdict"] != "supported"]
    yield from map(_claim, asked)
    if len(claims) > len(asked):
        yield f"{len(claims) - len(asked)} claims stand in the words of their evidence (--json has them)"


def _claim(claim: dict[str, Any]) -> str:
    sources = "; ".join(f"[e{source['evidence']}] {_short(source['title'], 40)}" for source in claim["sources"])
    rest = (_short(claim["question"]), _short(claim["answer"]), sources, claim["verdict"], claim["action"])
    return f"section {claim['section'] or '-'}: {_short(claim['claim'])}\n   {' | '.join(rest)}"


def _dispute(dispute: dict[str, Any]) -> str:
    sides = "\n".join(f"   {_short(side['text'])}" for side in dispute["sides"])
    return f"section {dispute['section']}: {_short(dispute['topic'])}\n{sides}"


def _snapshot(snapshot: dict[str, Any]) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in snapshot["counts"].items())
    return f"{snapshot['name']}: {counts}{' (chosen)' if snapshot['chosen'] else ''}"


def _cost(cost: dict[str, Any]) -> Iterator[str]:
    yield f"{'step':12} {'calls':>6} {'tokens in':>10} {'cached':>7} {'tokens out':>10}"
    for node, taken in [*cost["nodes"].items(), ("all", cost["total"])]:
        tokens_in, tokens_out = taken["prompt_tokens"], taken["output_tokens"]
        yield f"{node:12} {taken['calls']:6} {tokens_in:10} {taken['cached']:7.0%} {tokens_out:10}"


def _short(text: str, longest: int = LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
