"""`redraft eval report`: what evaluations have found, as tables, Markdown, HTML or data."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

import typer

from redraft.cli_eval_scores import AsJson
from redraft.cli_tables import print_table
from redraft.cli_terminal import check_installed, check_target, write

if TYPE_CHECKING:
    from redraft.evals.report.document import Block, Document
    from redraft.evals.report.findings import Findings

By = Literal["language", "topic"]
FORMATS = ("html", "md", "json")


What = Annotated[
    list[str],
    typer.Argument(metavar="WHAT…", help="Evaluation runs, or JSON of metrics, score or import-scores."),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file: .html, .md or .json.")
]
Names = list[str] | None


def report(
    what: What,
    output: Output = None,
    protocol: Annotated[Names, typer.Option(metavar="NAME", help="Scores by this one only; may be repeated.")] = None,
    measure: Annotated[Names, typer.Option(metavar="NAME", help="This measure only; may be repeated.")] = None,
    by: Annotated[By | None, typer.Option(help="Means by this one only; else by both, where they differ.")] = None,
    plots: Annotated[bool, typer.Option("--plots", help="With Markdown: the plots too, as SVG beside it.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Report what evaluations have found: means, differences from the first one, noise, cost, failures, and all that
    it takes to repeat them."""
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings

    form = _format(output, as_json=as_json, plots=plots)
    check_target(output)
    check_installed("a report on an evaluation", "NumPy", *(["Matplotlib"] if form == "html" or plots else []))
    from redraft.evals.report.findings import find
    from redraft.evals.report.reading import subjects

    found = find(
        subjects(what, lambda: open_database(load_settings())),
        protocols=protocol or (),
        measures=measure or (),
        by=(by,) if by else (),
    )
    command = ["redraft", "eval", "report", *what]
    for option, values in {"--protocol": protocol, "--measure": measure, "--by": [by] if by else None}.items():
        command += [word for value in values or () for word in (option, value)]
    _put(found, shlex.join(command), form, output, plots=plots)


def _format(output: Path | None, *, as_json: bool, plots: bool) -> str:
    """Empty for tables. Raises `UserError` for what cannot be."""
    from redraft.agent.errors import UserError

    form = "json" if as_json else output.suffix[1:].lower() if output else ""
    if output and output.suffix[1:].lower() not in FORMATS:
        message = f"{output} should end in {', '.join(f'.{name}' for name in FORMATS)}: that says in which form"
        raise UserError(message)
    if as_json and output and output.suffix.lower() != ".json":
        message = f"--json and {output} are two forms: give one of them"
        raise UserError(message)
    if plots and form != "md":
        raise UserError("--plots is for Markdown, -o FILE.md: HTML has them anyway, and nothing else can")
    return form


def _put(found: "Findings", command: str, form: str, output: Path | None, *, plots: bool) -> None:
    from redraft.evals.report.data import data
    from redraft.evals.report.sections import document

    if form == "json":
        text = json.dumps(data(found, command), indent=2 if output else None)
        typer.echo(text) if output is None else write(f"{text}\n", output)
    elif output is None:
        _print(document(found, command))
    elif form == "html":
        from redraft.evals.report.html import html

        write(html(document(found, command)), output)
    else:
        _write_markdown(output, document(found, command), plots=plots)


def _write_markdown(output: Path, document: "Document", *, plots: bool) -> None:
    from redraft.evals.report.markdown import markdown

    pictures = {}
    if plots:
        from redraft.evals.report.plots import svg

        for number, plot in enumerate(document.plots, 1):
            picture = output.with_name(f"{output.stem}-{number}.svg")
            write(svg(plot), picture)
            pictures[plot.caption] = quote(picture.name)
    write(markdown(document, pictures), output)


def _print(document: "Document") -> None:
    for section in document.sections:
        _print_line(section.title)
        for block in section.blocks:
            _print_block(block)


def _print_block(block: "Block") -> None:
    from redraft.evals.report.document import Paragraph, Table

    if isinstance(block, Paragraph):
        _print_line(block.text)
    elif isinstance(block, Table) and not block.long:
        _print_line(f"{block.caption}:")
        print_table(block.header, block.rows, numbers=block.numbers)
        typer.echo()


def _print_line(text: str) -> None:
    from redraft.tools.sanitize import visible

    typer.echo(" ".join(visible(text).split()))
