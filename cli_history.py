"""`redraft history`, `diff`, `explain`, `edit`, `undo`, `accept`, `lock`, `unlock`: how each section came to be."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_editor import written
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.store.database import Database

RunId = Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)]
Number = Annotated[str, typer.Argument(help="Its number, as 2 or 2.1; the summary's is 0.", show_default=False)]
COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}


def history(
    run_id: RunId,
    section: Annotated[str | None, typer.Argument(help="One section by its number; 0 is the summary.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One version a line, with its text.")] = False,
) -> None:
    """List every version of every section: what made it, and whether and why it was refused."""
    from redraft.agent.history import as_data, chapter, chapters

    database, found = _run(run_id)
    told = chapters(database, found) if section is None else [chapter(database, found, section)]
    for entry in told:
        if not as_json:
            typer.secho(_heading(entry.section.model_dump()), bold=True)
        for version in entry.versions:
            data = as_data(entry, version)
            typer.echo(json.dumps(data) if as_json else _version(data))


def diff(
    run_id: RunId,
    section: Number,
    old: Annotated[int | None, typer.Argument(metavar="FROM", help="A version by its number.")] = None,
    new: Annotated[int | None, typer.Argument(metavar="TO", help="Another; the one that stands if not given.")] = None,
) -> None:
    """Compare two versions of a section, sentence by sentence: the one that stands with the accepted one before it."""
    from redraft.agent.history import chapter, difference

    database, found = _run(run_id)
    lines = difference(chapter(database, found, section), old, new)
    for line in lines:
        typer.secho(line, fg=COLOURS.get(line[:1]))
    if not lines:
        say("both versions have the same text")


def explain(
    run_id: RunId,
    what: Annotated[
        str, typer.Argument(metavar="SECTION|SENTENCE", help="A section's number, or words of a sentence.")
    ],
    section: Annotated[str | None, typer.Option(help="Where to look for the sentence.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Tell why a section or a sentence stands there: plan, refused drafts, model call, and the evidence under it."""
    from redraft.agent.explain import explain_section, explain_sentence

    database, found = _run(run_id)
    if re.fullmatch(r"\d+(?:\.\d+)*", what.strip()):
        data = explain_section(database, found, what.strip())
    else:
        data = explain_sentence(database, found, what, section)
    typer.echo(json.dumps(data) if as_json else "\n".join(_explanation(data)))


def edit(
    run_id: RunId,
    section: Number,
    source: Annotated[str | None, typer.Option("--from", help="Take the text of this file; - is stdin.")] = None,
) -> None:
    """Write a section yourself, in $VISUAL or $EDITOR. Evidence is cited by its id, as [e12]. Locks the section."""
    from redraft.agent import editing

    database, found = _run(run_id)
    with editing.opened(database, found, section) as chapter:
        standing = chapter.newest.text if chapter.newest else ""
        name = f"{found}-{section}-"
        with written(source, standing, database.folder / "edits", name) as text:
            version = editing.edit(database, chapter, text)
    if version is None:
        say(f"section {section} is unchanged")
    else:
        say(f"section {section} is now version {version.number}, and locked")


def undo(run_id: RunId, section: Number) -> None:
    """Bring back the accepted version before the one that stands; again, the one before that."""
    from redraft.agent import editing
    from redraft.store.drafts import lineage

    database, found = _run(run_id)
    with editing.opened(database, found, section) as chapter:
        version = editing.undo(database, chapter)
    origin = lineage([*chapter.versions, version])[-1]
    say(f"section {section} is now version {version.number}, with the text of version {origin.number} ({origin.op})")


def accept(
    run_id: RunId,
    section: Number,
    version: Annotated[int | None, typer.Argument(help="Its number; else the one that waits.")] = None,
) -> None:
    """Let a version stand that was proposed beside a locked text, or refused."""
    from redraft.agent import editing

    database, found = _run(run_id)
    with editing.opened(database, found, section) as chapter:
        accepted = editing.accept(database, chapter, version)
    say(f"section {section} is now version {accepted.number}")


def lock(run_id: RunId, section: Number) -> None:
    """Let nobody but yourself write a section."""
    _lock(run_id, section, locked=True)


def unlock(run_id: RunId, section: Number) -> None:
    """Take the lock off a section."""
    _lock(run_id, section, locked=False)


def _lock(run_id: str, section: str, *, locked: bool) -> None:
    from redraft.agent import editing

    database, found = _run(run_id)
    with editing.opened(database, found, section) as chapter:
        editing.set_lock(database, chapter, locked=locked)
    say(f"section {section} is {'locked' if locked else 'unlocked'}")


def _run(run_id: str) -> "tuple[Database, str]":
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = open_database(load_settings())
    return database, runs.get(database, run_id).id


def _heading(section: dict[str, Any]) -> str:
    locked = " (locked)" if section["locked"] else ""
    added = f" (added in wave {section['wave']})" if section["wave"] else ""
    stale = f"\n       stale: {section['stale']}" if section["stale"] else ""
    return f"{section['number']}. {section['title']}{locked}{added}{stale}"


def _version(data: dict[str, Any]) -> str:
    state = "stands" if data["stands"] else "accepted" if data["accepted"] else "refused"
    state = "proposed" if data["proposed"] else state
    counts = f"{data['words']:5} words  {data['citations']:3} citations"
    taken_out = f"  {data['invented']} invented  {data['unsupported']} unsupported"
    wave = f"  wave {data['wave']}" if data["wave"] else ""
    line = f"{data['version']:5}  {data['op']:7}  {state:8}  {counts}{taken_out}  {data['at']:.16}{wave}"
    why = [f"       to mend: {data['reason']}"] if data["reason"] else []
    return "\n".join([line, *why, *(f"       {problem}" for problem in data["problems"])])


def _explanation(data: dict[str, Any]) -> Iterator[str]:
    section, standing = data["section"], data["standing"]
    yield _heading(section)
    yield f"   {section['purpose']}"
    yield f"   {section['words']} words wanted; title by: {section['origin']}"
    yield from (f"   searched for “{query['text']}”: {query['hits']} passages" for query in data["queries"])
    if standing is None:
        yield "\nNothing stands there yet."
        return
    yield "\nVersions"
    yield from map(_version, [*data["before"], standing, *filter(None, [data["proposed"]])])
    if data["origin"] != standing["version"]:
        yield f"       brings back version {data['origin']}"
    if data["call"]:
        yield _call(data["call"])
    if data["carried_from"]:
        yield f"       carried over from run {data['carried_from']}, which explains it"
    yield "\nSentences"
    yield from (f"   {sentence['text']}" for sentence in data["sentences"])
    for title, entries in (("Evidence", _evidence), ("Claims", _claim), ("Rounds", _round)):
        if data[title.lower()]:
            yield f"\n{title}"
        for entry in data[title.lower()]:
            yield from entries(entry)


def _claim(claim: dict[str, Any]) -> Iterator[str]:
    yield f"   {claim['verdict']}, {claim['action']}: {claim['claim']}"
    if claim["question"]:
        yield f"       {claim['question']} {claim['answer']}"


def _round(row: dict[str, Any]) -> Iterator[str]:
    kind = f" ({row['gap']['kind']})" if row["gap"] else ""
    yield f"   round {row['number']}, wave {row['wave']}{kind}: {row['question']}"
    yield f"       {row['route'] or 'no route'}, {row['outcome'] or 'under way'}: {row['reason']}"


def _call(call: dict[str, Any]) -> str:
    took = f"{call['prompt_tokens']} tokens in ({call['cached_tokens']} cached), {call['output_tokens']} out"
    step = f"step {call['node']}, attempt {call['attempt'] + 1}"
    return f"       version {call['version']} was written by {call['model']} in {step}: {took}, {call['ms']} ms"


def _evidence(evidence: dict[str, Any]) -> Iterator[str]:
    number, reference = evidence["evidence"], evidence["reference"]
    yield f"   [e{number}], in the report [{reference}]: {evidence['title']}. {evidence['url']}"
    yield f"       characters {evidence['start']}–{evidence['end']}: {' '.join(evidence['text'].split())}"
    if evidence["trail"]:
        yield f"       found with “{evidence['query']}”: {evidence['trail']}"
