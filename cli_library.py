"""`redraft library`: the user's own documents."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_terminal import exit_code, say, say_error

if TYPE_CHECKING:
    from redraft.agent.meaning import Meaning

library_app = typer.Typer(no_args_is_help=True, help="Your own documents, which reports draw on.")

Name = Annotated[str | None, typer.Option("--library", help="Name of the collection.  [default: default]")]
LISTED = {"url", "title", "site", "date", "author", "added_at", "missing_since"}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@library_app.command()
def add(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or patterns such as 'notes/**/*.md'.")],
    library: Name = None,
) -> None:
    """Add text, Markdown, HTML, PDF, Word and EPUB documents; what has not changed is left alone.

    Folders are searched to the bottom. A document that cannot be read is reported and the others are added. One whose
    file is gone is marked as missing, and stays.
    """
    from redraft.agent.archive import open_database
    from redraft.agent.library import add as add_documents
    from redraft.agent.settings import load_settings
    from redraft.cli_progress import Count

    settings = load_settings(library=library)
    try:
        with Count("documents") as count:
            result = add_documents(open_database(settings), settings.library, paths, count)
    except KeyboardInterrupt:
        say("interrupted; go on with the same command: what is kept is not read again")
        raise
    say(
        f"library {settings.library!r}: {result.added} added, {result.changed} changed, "
        f"{result.unchanged} unchanged, {len(result.failed)} unreadable, {result.missing} missing"
    )
    for failure in result.failed:
        say_error(str(failure))
    if result.failed:
        raise typer.Exit(exit_code(result.failed[0]))


@library_app.command("list")
def list_documents(library: Name = None, as_json: AsJson = False) -> None:
    """Show the documents of a library."""
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.store.library import holdings, libraries

    settings = load_settings(library=library)
    database = open_database(settings)
    for source, passages in holdings(database, settings.library):
        if as_json:
            typer.echo(json.dumps(source.model_dump(mode="json", include=LISTED) | {"passages": passages}))
        else:
            missing = "  (missing)" if source.missing_since else ""
            typer.echo(f"{passages:5} passages  {source.title}  {source.url}{missing}")
    others = {name: count for name, count in libraries(database).items() if name != settings.library}
    if others and not as_json:
        say("other libraries: " + ", ".join(f"{name} ({count} documents)" for name, count in others.items()))


@library_app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to look for; a passage need not hold them all.")],
    library: Name = None,
    limit: Annotated[int, typer.Option(min=1, help="Passages to show.")] = 5,
    dense: Annotated[bool | None, typer.Option("--dense", help="Find passages by their meaning as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the passages that say most about some words."""
    from redraft.agent.archive import open_database
    from redraft.agent.corpus import search_library
    from redraft.agent.dense import open_meaning
    from redraft.agent.settings import load_settings

    settings = load_settings(library=library, dense=dense)
    database = open_database(settings)
    meaning = open_meaning(settings, database)
    if meaning is not None:
        _encode(meaning, settings.library)
    found = search_library(database, settings.library, query, limit=limit, meaning=meaning)
    for passage, source in found:
        if as_json:
            place = passage.model_dump(include={"start", "end", "heading", "text"})
            typer.echo(json.dumps({"title": source.title, "url": source.url} | place))
        else:
            typer.secho(f"{source.title} ({source.url}, characters {passage.start}–{passage.end})", bold=True)
            typer.echo(passage.text + "\n")
    if not found:
        say(f"nothing found in the library {settings.library!r}")


@library_app.command()
def embed(library: Name = None) -> None:
    """Encode the passages of a library, to be found by their meaning (--dense); what is encoded already is left alone.

    Whatever needs it does so by itself. It takes a second for about fifteen passages.
    """
    from redraft.agent.archive import open_database
    from redraft.agent.dense import open_meaning
    from redraft.agent.settings import load_settings

    settings = load_settings(library=library, dense=True)
    meaning = open_meaning(settings, open_database(settings))
    if meaning is not None:
        say(f"library {settings.library!r}: {_encode(meaning, settings.library)} passages encoded")


@library_app.command()
def remove(
    paths: Annotated[list[str] | None, typer.Argument(help="Documents or folders, by path or file:// address.")] = None,
    library: Name = None,
    missing: Annotated[bool, typer.Option("--missing", help="All documents whose files are gone.")] = False,
) -> None:
    """Take documents out of a library. Reports that cite them keep their passages."""
    from redraft.agent.archive import open_database
    from redraft.agent.errors import UserError
    from redraft.agent.library import check_name
    from redraft.agent.settings import load_settings
    from redraft.store.library import remove as remove_documents
    from redraft.store.library import remove_missing

    if not paths and not missing:
        raise UserError("nothing to remove: name documents or folders, or use --missing")
    settings = load_settings(library=library)
    check_name(settings.library)
    database = open_database(settings)
    if missing:
        say(f"library {settings.library!r}: {remove_missing(database, settings.library)} removed")
    for path in paths or []:
        address = path if "://" in path else Path(path).expanduser().resolve().as_uri()
        say(f"library {settings.library!r}: {remove_documents(database, settings.library, address)} removed")


def _encode(meaning: "Meaning", library: str) -> int:
    """How many passages had to be."""
    import asyncio

    from redraft.cli_progress import Count

    try:
        with Count("passages") as count:
            return asyncio.run(meaning.learn_library(library, count.at))
    except KeyboardInterrupt:
        say("interrupted; go on with the same command: what is encoded is kept")
        raise
