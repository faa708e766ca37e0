"""The command line: arguments become settings, settings a run, and the run what the terminal shows."""

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_history import diff, edit, explain, history, lock, undo, unlock
from redraft.cli_library import library_app
from redraft.cli_serve import model_app, serve_app
from redraft.cli_terminal import OneLineErrors, check_target, resumable, say, write_report
from redraft.cli_web import fetch, search

if TYPE_CHECKING:
    from redraft.agent.events import Emit
    from redraft.agent.settings import Settings
    from redraft.store.database import Database
    from redraft.store.models import Run

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cited research reports, written on your own machine by a local model.",
)
app.add_typer(library_app, name="library")
app.add_typer(model_app, name="model")
app.add_typer(serve_app, name="serve")

Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write the report to this file.")]
Url = Annotated[str | None, typer.Option(help="A running OpenAI-compatible server; its key: REDRAFT_LLM_API_KEY.")]
Events = Annotated[bool, typer.Option("--json", help="Print the run's events, one JSON object a line, to stdout.")]
RunId = Annotated[str, typer.Argument(help="The run's id, or how it begins.", show_default=False)]


@app.command()
def research(
    question: Annotated[str, typer.Argument(help="What the report is to answer.", show_default=False)],
    library: Annotated[str | None, typer.Option(help="The collection of documents to draw on.")] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="As en, de or zh; else the question's.")] = None,
    preset: Annotated[str | None, typer.Option(help="quick, standard or deep.")] = None,
    sections: Annotated[int | None, typer.Option(help="Number of sections, instead of the preset's.")] = None,
    words: Annotated[int | None, typer.Option(help="Wanted length, instead of the preset's.")] = None,
    pages: Annotated[int | None, typer.Option(help="Web pages to read, instead of the preset's.")] = None,
    search: Annotated[str | None, typer.Option(help="Search providers, such as 'searxng,scholar'; or none.")] = None,
    offline: Annotated[bool | None, typer.Option("--offline", help="Nothing goes out: use what is kept.")] = None,
    dense: Annotated[bool | None, typer.Option("--dense", help="Find passages by their meaning as well.")] = None,
    llm_url: Url = None,
    llm_model: Annotated[str | None, typer.Option(help="The model to ask for, or to serve.")] = None,
    output: Output = None,
    as_json: Events = False,
) -> None:
    """Research a question and write a cited report, to stdout or a file."""
    from redraft.agent import archive, run
    from redraft.agent.settings import load_settings

    settings = load_settings(
        library=library,
        language=language,
        preset=preset,
        sections=sections,
        words=words,
        pages=pages,
        search=search,
        offline=offline,
        dense=dense,
        llm_url=llm_url,
        llm_model=llm_model,
    )
    check_target(output)
    database = archive.open_database(settings)
    _carry_out(database, run.create(database, question, settings), settings, output, as_json=as_json)


@app.command()
def resume(
    run_id: RunId,
    llm_url: Url = None,
    llm_model: Annotated[str | None, typer.Option(help="The model to ask for, or to serve.")] = None,
    output: Output = None,
    as_json: Events = False,
) -> None:
    """Go on with an interrupted or failed run; of a finished one, print the report."""
    from redraft.agent import archive
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    settings = load_settings(llm_url=llm_url, llm_model=llm_model)
    check_target(output)
    database = archive.open_database(settings)
    _carry_out(database, runs.get(database, run_id), settings, output, as_json=as_json)


@app.command("runs")
def list_runs(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the runs, newest first."""
    from redraft.agent import archive
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = archive.open_database(load_settings())
    for row in runs.newest_first(database):
        fields = _summary(database, row)
        typer.echo(
            json.dumps(fields) if as_json else "{id}  {created_at:.16}  {status:11}  {question}".format(**fields)
        )


@app.command()
def show(
    run_id: RunId,
    output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything: texts, references, passages, calls.")] = False,
    log: Annotated[bool, typer.Option("--log", help="The events of the run, one JSON object a line.")] = False,
) -> None:
    """Print the report of a run, as far as it is written."""
    from redraft.agent import archive
    from redraft.agent.errors import UserError
    from redraft.agent.render import markdown
    from redraft.agent.settings import load_settings
    from redraft.agent.show import as_data
    from redraft.store import runs

    check_target(output)
    database = archive.open_database(load_settings())
    row = runs.get(database, run_id)
    if log:
        for event in runs.events(database, row.id):
            typer.echo(json.dumps({"at": event.at.isoformat(), "kind": event.kind, **event.data}))
        return
    report = archive.report(database, row.id)
    if as_json:
        typer.echo(json.dumps(_summary(database, row) | as_data(database, row.id, report)))
        return
    if not report.parts:
        message = f"nothing is written yet: run {row.id} is {archive.status(database, row)}"
        raise UserError(message)
    if row.status != "done":
        say(f"this report is not finished: run {row.id} is {archive.status(database, row)}")
    write_report(markdown(report), output, row.id)


# After the commands above: --help lists them in this order.
for command in (history, diff, explain, edit, undo, lock, unlock, search, fetch):
    app.command()(command)


def main() -> None:
    # Ended by the system, a run closes as after Ctrl-C: what it started is stopped, what it has is kept.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    app()


def _carry_out(database: "Database", row: "Run", settings: "Settings", output: Path | None, *, as_json: bool) -> None:
    import asyncio

    from redraft.agent import archive, run
    from redraft.agent.render import markdown
    from redraft.cli_progress import Progress

    with resumable(row.id):
        with Progress() as progress:
            asyncio.run(run.carry_out(database, row.id, settings, _listener(progress, as_json=as_json)))
        text = markdown(archive.report(database, row.id))
        if as_json:
            typer.echo(json.dumps({"kind": "Report", "run": row.id, "markdown": text}))
        if output or not as_json:
            write_report(text, output, row.id)


def _listener(progress: "Emit", *, as_json: bool) -> "Emit":
    def listen(event: Any) -> None:
        if as_json:
            typer.echo(json.dumps({"kind": event.kind, **event.data()}))
        progress(event)

    return listen


def _summary(database: "Database", row: "Run") -> dict[str, Any]:
    from redraft.agent import archive

    fields = row.model_dump(mode="json", include={"id", "question", "settings", "failure", "created_at", "finished_at"})
    return fields | {"status": archive.status(database, row)}


if __name__ == "__main__":
    main()
