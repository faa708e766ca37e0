"""`redraft history`, `diff`, `explain`, `edit`, `undo`, `lock`, `unlock`: how a report came to say what it says."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.store.database import Database

RunId = Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)]
Number = Annotated[int, typer.Argument(help="The section's number; the summary's is 0.", show_default=False)]
COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}


def history(
    run_id: RunId,
    section: Annotated[int | None, typer.Argument(help="One section by its number; 0 is the summary.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One version a line, with its text.")] = False,
) -> None:
    """List every version of every section: what made it, and whether and why it was refused."""
    from redraft.agent.history import as_data, chapter, chapters

    database, found = _run(run_id)
    told = chapters(database, found) if section is None else [chapter(database, found, section)]
    for entry in told:
        if not as_json:
            locked = " (locked)" if entry.section.locked else ""
            typer.secho(f"{entry.section.number}. {entry.section.title}{locked}", bold=True)
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
    section: Annotated[int | None, typer.Option(help="Where to look for the sentence.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Tell why a section or a sentence stands there: plan, refused drafts, model call, and the evidence under it."""
    from redraft.agent.explain import explain_section, explain_sentence

    database, found = _run(run_id)
    if what.strip().isdecimal():
        data = explain_section(database, found, int(what))
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
        with _written(source, standing, database.path.with_name("edits"), name) as text:
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


def lock(run_id: RunId, section: Number) -> None:
    """Let nobody but yourself write a section."""
    _lock(run_id, section, locked=True)


def unlock(run_id: RunId, section: Number) -> None:
    """Take the lock off a section."""
    _lock(run_id, section, locked=False)


def _lock(run_id: str, section: int, *, locked: bool) -> None:
    from redraft.agent import editing
    from redraft.store import drafts

    database, found = _run(run_id)
    with editing.opened(database, found, section) as chapter:
        drafts.set_locked(database, chapter.section, locked=locked)
    say(f"section {section} is {'locked' if locked else 'unlocked'}")


def _run(run_id: str) -> "tuple[Database, str]":
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = open_database(load_settings())
    return database, runs.get(database, run_id).id


@contextmanager
def _written(source: str | None, standing: str, folder: Path, name: str) -> Iterator[str]:
    """What the user wrote. Until it is kept as a version it lies in a file, which is named if that fails."""
    path = Path(source) if source not in (None, "-") else _new_file(folder, name)
    try:
        if source == "-":
            path.write_bytes(sys.stdin.buffer.read())
        elif source is None:
            path.write_text(standing, encoding="utf-8")
            _edit_file(path)
        yield _read(path)
    except BaseException:
        if path.is_file() and path.read_bytes() != standing.encode():
            say(f"nothing is changed; the text is kept in {path}")
        elif source in (None, "-"):
            path.unlink()
        raise
    if source in (None, "-"):
        path.unlink()


def _new_file(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    handle, path = tempfile.mkstemp(".md", name, folder)
    os.close(handle)
    return Path(path)


def _edit_file(path: Path) -> None:
    from redraft.agent.errors import UserError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UserError("there is no editor: set EDITOR to one, or give the text with --from")
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)  # noqa: S603 - the user's own choice
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        message = f"the editor {editor!r} failed: {error}"
        raise UserError(message) from error


def _read(path: Path) -> str:
    from redraft.agent.errors import UserError
    from redraft.tools.errors import PathNotFound

    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"there is no file {path}"
        raise PathNotFound(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {path} as text: {error}"
        raise UserError(message) from error


def _version(data: dict[str, Any]) -> str:
    state = "stands" if data["stands"] else "accepted" if data["accepted"] else "refused"
    counts = f"{data['words']:5} words  {data['citations']:3} citations"
    taken_out = f"  {data['invented']} invented  {data['unsupported']} unsupported"
    line = f"{data['version']:5}  {data['op']:5}  {state:8}  {counts}{taken_out}  {data['at']:.16}"
    return "\n".join([line, *(f"       {problem}" for problem in data["problems"])])


def _explanation(data: dict[str, Any]) -> Iterator[str]:
    section, standing = data["section"], data["standing"]
    locked = "; locked" if section["locked"] else ""
    yield f"{section['number']}. {section['title']}"
    yield f"   {section['purpose']}"
    yield f"   {section['words']} words wanted; title by: {section['origin']}{locked}"
    yield from (f"   searched for “{query['text']}”: {query['hits']} passages" for query in data["queries"])
    if standing is None:
        yield "\nNothing stands there yet."
        return
    yield "\nVersions"
    yield from map(_version, [*data["before"], standing])
    if data["origin"] != standing["version"]:
        yield f"       brings back version {data['origin']}"
    if data["call"]:
        yield _call(data["origin"], data["call"])
    yield "\nSentences"
    yield from (f"   {sentence['text']}" for sentence in data["sentences"])
    yield "\nEvidence"
    for evidence in data["evidence"]:
        yield from _evidence(evidence)


def _call(number: int, call: dict[str, Any]) -> str:
    took = f"{call['prompt_tokens']} tokens in ({call['cached_tokens']} cached), {call['output_tokens']} out"
    who = f"version {number} was written by {call['model']} in step {call['node']}, attempt {call['attempt'] + 1}"
    return f"       {who}: {took}, {call['ms']} ms"


def _evidence(evidence: dict[str, Any]) -> Iterator[str]:
    number, reference = evidence["evidence"], evidence["reference"]
    yield f"   [e{number}], in the report [{reference}]: {evidence['title']}. {evidence['url']}"
    yield f"       characters {evidence['start']}–{evidence['end']}: {' '.join(evidence['text'].split())}"
    if evidence["trail"]:
        yield f"       found with “{evidence['query']}”: {evidence['trail']}"
