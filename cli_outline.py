"""`redraft outline`: the sections of a report, before they are written and after; and the gate where a run waits."""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_editor import written
from redraft.cli_terminal import say, say_error

if TYPE_CHECKING:
    from redraft.agent.approval import Change
    from redraft.agent.contents import Entry
    from redraft.store.database import Database

RunId = Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)]
Pair = tuple[str, str]


def outline(
    run_id: RunId,
    as_json: Annotated[bool, typer.Option("--json", help="One section a line.")] = False,
    edit: Annotated[bool, typer.Option("--edit", help="Change it in $VISUAL or $EDITOR.")] = False,
    source: Annotated[str | None, typer.Option("--from", help="Take it from this file; - is stdin.")] = None,
    rename: Annotated[Pair | None, typer.Option(metavar="NUMBER TITLE", help="Give a section another title.")] = None,
    words: Annotated[
        tuple[str, int] | None, typer.Option(metavar="NUMBER WORDS", help="Give it another length.")
    ] = None,
    add: Annotated[list[str] | None, typer.Option(metavar="TITLE", help="Add a section at the end.")] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="NUMBER", help="Leave a section out.")] = None,
    move: Annotated[
        tuple[str, int] | None, typer.Option(metavar="NUMBER PLACE", help="Put a section elsewhere.")
    ] = None,
) -> None:
    """Show the outline of a run and how far each section is; change it until the first is written."""
    from redraft.agent.archive import open_database
    from redraft.agent.contents import contents
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = open_database(load_settings())
    found = runs.get(database, run_id).id
    if edit or source is not None:
        edit_outline(database, found, source)
    _carry_out(database, found, list(_changes(rename, words, add or [], move, drop or [])))
    entries = contents(database, found)
    if not entries:
        say(f"run {found} has no outline yet")
    for entry in entries:
        typer.echo(json.dumps(entry.to_dict()) if as_json else "\n".join(_shown(entry)))


def edit_outline(database: "Database", run_id: str, source: str | None = None) -> None:
    """Lets the user write the outline anew. Raises `UserError` for what is no outline; the text is then kept."""
    from redraft.agent import approval

    standing = approval.text(database, run_id)
    with written(source, standing, database.folder / "edits", f"{run_id}-outline-") as text:
        approval.apply(database, run_id, text)


def approved(database: "Database", run_id: str) -> bool:
    """Shows the outline of a run that waits, and asks whether to go on. Without a terminal to ask at: no.

    Whoever leaves is told how to go on.
    """
    from redraft.agent.contents import contents
    from redraft.agent.errors import UserError

    while sys.stdin.isatty() and sys.stderr.isatty():
        for entry in contents(database, run_id):
            say("\n".join(_shown(entry)))
        match _answer():
            case "c":
                return True
            case "e":
                try:
                    edit_outline(database, run_id)
                except UserError as error:
                    say_error(str(error))
            case "l":
                break
    say(f"the outline waits: redraft outline {run_id} shows and changes it, redraft resume {run_id} goes on")
    return False


def _answer() -> str:
    """The first letter of what the user answers: a blank line is continue, and no answer at all is leave."""
    # Not typer's prompt: it puts a space on stdout, which is the report's alone.
    typer.echo("continue, edit or leave? [continue] ", err=True, nl=False)
    line = sys.stdin.readline()
    return line.strip()[:1].lower() or ("c" if line else "l")


def _carry_out(database: "Database", run_id: str, changes: Sequence["Change"]) -> None:
    """All of the changes, or none."""
    from redraft.agent import approval
    from redraft.agent.outlining import Planned

    def together(sections: list[Planned]) -> list[Planned]:
        for change in changes:
            sections = change(sections)
        return sections

    if changes:
        approval.change(database, run_id, together)


def _changes(
    rename: Pair | None, words: tuple[str, int] | None, add: list[str], move: tuple[str, int] | None, drop: list[str]
) -> Iterator["Change"]:
    """In an order in which every number means the section that has it now."""
    from redraft.agent import outlining

    if rename:
        yield partial(outlining.renamed, number=rename[0], title=rename[1])
    if words:
        yield partial(outlining.resized, number=words[0], words=words[1])
    for title in add:
        yield partial(outlining.added, title=title)
    if move:
        yield partial(outlining.moved, number=move[0], place=move[1])
    for number in drop:
        yield partial(outlining.dropped, number=number)


def _shown(entry: "Entry") -> Iterator[str]:
    indent = "   " * (entry.depth - 1)
    length = f"{entry.words} of {entry.wanted} words" if entry.words else f"{entry.wanted} words"
    yield f"{indent}{entry.number}. {entry.title} ({entry.state}, {length})"
    if entry.stale:
        yield f"{indent}   {entry.stale}"
    if entry.state == "planned":
        yield f"{indent}   {entry.purpose}"
        yield from (f"{indent}   - {text}" for text in entry.hypotheses)
