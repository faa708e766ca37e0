"""`redraft export`: a report as a file for readers elsewhere."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_terminal import check_target, say, write_report

if TYPE_CHECKING:
    from redraft.agent.render import Report
    from redraft.store.database import Database
    from redraft.store.models import Run


def export(
    run_id: Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)],
    form: Annotated[str | None, typer.Option("--format", help="html, pdf, json or md; else as FILE ends.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the report to this file.")
    ] = None,
) -> None:
    """Export a report as a web page, a PDF, data or Markdown, to stdout or a file."""
    from redraft.agent.archive import open_database
    from redraft.agent.export import FORMATS, check_available
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    check_target(output)
    name = _format(form, output)
    check_available(name)
    database = open_database(load_settings())
    run = runs.get(database, run_id)
    write_report(FORMATS[name](written(database, run), run), output, run.id)


def _format(form: str | None, output: Path | None) -> str:
    """Its name. Raises `UserError` where nothing tells it, and for a PDF on a terminal."""
    from redraft.agent.errors import UserError
    from redraft.agent.export import FORMATS, parse_formats

    names = parse_formats(form or (output.suffix[1:] if output else ""))
    if len(names) != 1:
        message = f"say in which form: --format {', '.join(FORMATS)}, or -o with a file that ends in one of them"
        raise UserError(message)
    if names == ["pdf"] and output is None and sys.stdout.isatty():
        message = "a PDF is nothing for a terminal: give it a file with -o"
        raise UserError(message)
    return names[0]


def written(database: "Database", run: "Run") -> "Report":
    """The report as far as it is written; says so where that is not all. Raises `UserError` where it is nothing."""
    from redraft.agent import archive
    from redraft.agent.errors import UserError

    report = archive.report(database, run.id)
    if not report.parts:
        message = f"nothing is written yet: run {run.id} is {archive.status(database, run)}"
        raise UserError(message)
    if run.status != "done":
        say(f"this report is not finished: run {run.id} is {archive.status(database, run)}")
    return report
