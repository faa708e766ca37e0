"""`redraft eval`: benchmarks, their data and their files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_eval_scores import AsJson, Bench, Data, OptionalData, compare, import_scores, metrics
from redraft.cli_tables import print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
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
            f"{entry['tasks']} of {entry['total']}" if data else str(entry["total"]),
        ]
        for entry in found
    ]
    print_table(["name", "title", "licence", "tasks"], rows)
    for entry in found:
        for line in entry.get("missing", ()):
            typer.echo(f"{entry['name']}: {line}")


@eval_app.command()
def prepare(bench: Bench, data: Data, *, as_json: AsJson = False) -> None:
    """Read and check the data of a benchmark, and print what is there, with the SHA-256 of each file."""
    from redraft.evals.data import benchmark, described, home

    chosen = benchmark(bench)
    found = described(chosen.describe(home(chosen, data)))
    if as_json:
        typer.echo(json.dumps(found))
        return
    languages = ", ".join(f"{count} {language}" for language, count in found["languages"].items())
    typer.echo(f"{found['title']} ({found['licence']}): {found['tasks']} of {found['total']} tasks; {languages}")
    for line in found["missing"]:
        typer.echo(line)
    print_table(
        ["file", "size", "sha256"], [[file["name"], _size(file["size"]), file["sha256"]] for file in found["files"]]
    )


@eval_app.command()
def export(
    bench: Bench,
    data: Data,
    reports: Annotated[
        Path,
        typer.Option(metavar="FILE", help="JSON lines with id and article, or a folder of ID.md.", show_default=False),
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the files are put.", show_default=False)],
    name: Annotated[str, typer.Option(help="What the run is called in the files.", show_default=False)],
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
    outputs = _outputs(reports, tasks)
    files = [str(file) for file in _exported(chosen, tasks, outputs, against, to, name)]
    written = sum(bool(output.article) for output in outputs)
    if as_json:
        counts = {"benchmark": bench, "name": name, "tasks": len(tasks), "reports": written}
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


eval_app.command()(metrics)
eval_app.command("import-scores")(import_scores)
eval_app.command()(compare)
