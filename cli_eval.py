"""`redraft eval`: benchmarks, their data and their files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_eval_ablate import ablate
from redraft.cli_eval_compare import compare
from redraft.cli_eval_generate import generate
from redraft.cli_eval_judge import cost, judge_check, score
from redraft.cli_eval_report import report
from redraft.cli_eval_runs import list_runs, rm, show
from redraft.cli_eval_scores import AsJson, Bench, Data, OptionalData, import_scores, metrics, opened
from redraft.cli_eval_speed import speed_app
from redraft.cli_tables import print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redraft.evals.benchmarks.base import Benchmark, Output, Task

eval_app = typer.Typer(no_args_is_help=True, help="How good reports are: benchmarks, metrics and comparisons.")
UNITS = ((1_000_000, "MB"), (1_000, "kB"))


@eval_app.command("list")
def list_benchmarks(data: OptionalData = None, *, as_json: AsJson = False) -> None:
    """List the benchmarks: name, licence, and what is here of each."""
    from redraft.evals.data import listed

    found = list(listed(data))
    if as_json:
        typer.echo(json.dumps({"benchmarks": found}))
        return
    rows = [
        [
            *(entry[field] for field in ("name", "title", "licence")),
            _tasks(entry) if data else str(entry["total"] or ""),
        ]
        for entry in found
    ]
    print_table(["name", "title", "licence", "tasks"], rows)
    for entry in found:
        for line in entry.get("missing", ()):
            typer.echo(f"{entry['name']}: {line}")


@eval_app.command()
def prepare(
    bench: Bench,
    data: Data,
    closed: Annotated[bool, typer.Option("--closed", help="Also keep its closed world as a library.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Read and check the data of a benchmark, and print what is there, with the SHA-256 of each file."""
    from redraft.evals.data import benchmark, described, home

    chosen = benchmark(bench)
    found = described(chosen.describe(home(chosen, data)))
    if closed:
        found["closed"] = _filled(chosen, home(chosen, data))
    if as_json:
        typer.echo(json.dumps(found))
        return
    languages = ", ".join(f"{count} {language}" for language, count in found["languages"].items())
    typer.echo(f"{found['title']} ({found['licence']}): {_tasks(found)} tasks; {languages}")
    for line in found["missing"]:
        typer.echo(line)
    print_table(
        ["file", "size", "sha256"], [[file["name"], _size(file["size"]), file["sha256"]] for file in found["files"]]
    )
    if closed:
        say("library {library!r}: {documents} documents, {changed} of them changed".format(**found["closed"]))


def _tasks(found: "Mapping[str, Any]") -> str:
    return f"{found['tasks']} of {found['total']}" if found["total"] else str(found["tasks"])


def _filled(chosen: "Benchmark", folder: Path) -> dict[str, Any]:
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.evals.closed import fill

    return fill(open_database(load_settings()), chosen, folder)._asdict()


@eval_app.command()
def export(
    bench: Bench,
    data: Data,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the files are put.", show_default=False)],
    run: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The evaluation run whose reports they are.")
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Others: JSON lines with id and article, or a folder of ID.md."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the run is called in the files; else by its name.")] = None,
    repeat: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="Of an evaluation run, from 0.")] = 0,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Reports to compare with instead of the published ones (deepconsult)."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write reports in the form that the benchmark's own scripts read. A task without a report has an empty one."""
    from os.path import commonpath

    from redraft.evals.data import benchmark, home

    chosen = benchmark(bench)
    tasks = chosen.load(home(chosen, data))
    called, outputs = _reports(run, reports, name, repeat, tasks)
    files = [str(file) for file in _exported(chosen, tasks, outputs, against, to, called)]
    written = sum(bool(output.article) for output in outputs)
    if as_json:
        counts = {"benchmark": bench, "name": called, "tasks": len(tasks), "reports": written}
        typer.echo(json.dumps(counts | {"empty": len(tasks) - written, "files": files}))
        return
    typer.echo(commonpath(files))
    say(f"{len(tasks)} tasks in {len(files)} file(s): {written} with a report, {len(tasks) - written} empty")


def _exported(
    chosen: "Benchmark", tasks: "list[Task]", outputs: "list[Output]", against: Path | None, to: Path, name: str
) -> tuple[Path, ...]:
    from redraft.agent.errors import UserError
    from redraft.evals.benchmarks import deepconsult

    if against is None:
        return chosen.export(tasks, outputs, to, name)
    if chosen is not deepconsult.BENCHMARK:
        raise UserError("--against is for deepconsult, which compares reports with others")
    return deepconsult.export_against(_outputs(against, tasks), tasks, outputs, to, name)


def _reports(
    run: str | None, reports: Path | None, name: str | None, repeat: int, tasks: "list[Task]"
) -> "tuple[str, list[Output]]":
    """What the run is called, and its reports. Raises `UserError` for one on no task."""
    from redraft.agent.errors import UserError
    from redraft.evals.evaluated import outputs
    from redraft.store import evals

    if reports is not None and name is not None and run is None:
        return name, _outputs(reports, tasks)
    if run is None or reports is not None:
        raise UserError("name an evaluation run, or else reports with --reports and what they are called with --name")
    database = opened()
    found = outputs(database, evals.get(database, run), repeat)
    known = {task.id for task in tasks}
    if strange := [output.task_id for output in found if output.task_id not in known]:
        message = f"{run}: {len(strange)} reports are on no task of this data, the first on {strange[0]}"
        raise UserError(message)
    return name or run, found


def _outputs(path: Path, tasks: "list[Task]") -> "list[Output]":
    """Raises `UserError` for a report on no task: a wrong id would be a failed task otherwise."""
    from redraft.agent.errors import UserError
    from redraft.evals.reports import of_tasks, read

    reports = read(path)
    known = {report.task_id for report in of_tasks(reports, tasks)}
    if strange := [report.task_id for report in reports if report.task_id not in known]:
        message = f"{path}: {len(strange)} reports are on no task of this data, the first on {strange[0]}"
        raise UserError(message)
    return [report.output for report in reports]


def _size(count: int) -> str:
    return next((f"{count / unit:.1f} {name}" for unit, name in UNITS if count >= unit), f"{count} B")


eval_app.command()(generate)
eval_app.command("runs")(list_runs)
eval_app.command()(show)
eval_app.command()(rm)
eval_app.command()(metrics)
eval_app.command("import-scores")(import_scores)
eval_app.command()(compare)
eval_app.command()(score)
eval_app.command("judge-check")(judge_check)
eval_app.command()(cost)
eval_app.command()(report)
eval_app.command()(ablate)
eval_app.add_typer(speed_app, name="speed")
