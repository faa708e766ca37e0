"""The command line: arguments become settings, settings a run, and the run what the terminal shows."""

import json
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_doctor import doctor
from redraft.cli_eval import eval_app
from redraft.cli_export import export, written
from redraft.cli_history import accept, diff, edit, explain, history, lock, undo, unlock
from redraft.cli_job import job_app
from redraft.cli_library import library_app
from redraft.cli_outline import outline
from redraft.cli_research import Output, RunId, research, resume
from redraft.cli_rounds import redo, rounds
from redraft.cli_serve import model_app, serve_app
from redraft.cli_terminal import OneLineErrors, check_target, write_report
from redraft.cli_web import fetch, search

if TYPE_CHECKING:
    from redraft.store.database import Database
    from redraft.store.models import Run

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cited research reports, written on your own machine by a local model.",
)
app.add_typer(eval_app, name="eval")
app.add_typer(job_app, name="job")
app.add_typer(library_app, name="library")
app.add_typer(model_app, name="model")
app.add_typer(serve_app, name="serve")
app.command()(research)
app.command()(resume)


@app.command("runs")
def list_runs(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the runs, newest first."""
    from redraft.agent import archive
    from redraft.agent.settings import load_settings
    from redraft.store import runs

    database = archive.open_database(load_settings())
    for row in runs.newest_first(database):
        fields = _summary(database, row)
        asked = " ".join(row.question.split())
        line = "{id}  {created_at:.16}  {status:11}  ".format(**fields) + asked
        typer.echo(json.dumps(fields) if as_json else line)


@app.command()
def show(
    run_id: RunId,
    output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything: texts, references, passages, calls.")] = False,
    log: Annotated[bool, typer.Option("--log", help="The events of the run, one JSON object a line.")] = False,
) -> None:
    """Print the report of a run, as far as it is written."""
    from redraft.agent import archive
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
    if as_json:
        data = as_data(database, row.id, archive.report(database, row.id))
        typer.echo(json.dumps(_summary(database, row) | data))
        return
    write_report(markdown(written(database, row)), output, row.id)


# After the commands above: --help lists them in this order.
for command in (
    export,
    outline,
    rounds,
    history,
    diff,
    explain,
    edit,
    undo,
    accept,
    redo,
    lock,
    unlock,
    search,
    fetch,
    doctor,
):
    app.command()(command)


def _interrupted(*_: object) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a script, which Ctrl-C spares
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    # Ended by the system, a run closes as after Ctrl-C: what it started is stopped, what it has is kept.
    signal.signal(signal.SIGTERM, _interrupted)
    app()


_TOLD = {"id", "question", "settings", "failure", "follows", "created_at", "finished_at"}


def _summary(database: "Database", row: "Run") -> dict[str, Any]:
    from redraft.agent import archive

    fields = row.model_dump(mode="json", include=_TOLD)
    return fields | {"status": archive.status(database, row)}


if __name__ == "__main__":
    main()
