"""`redraft eval metrics`, `import-scores`: numbers on reports."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_research import with_flags
from redraft.cli_tables import number, print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.evals.cited import Texts
    from redraft.evals.measuring import Way
    from redraft.evals.metrics.given import Encode
    from redraft.evals.scored import System
    from redraft.store.database import Database
    from redraft.store.models import EvalRun

    Store = Callable[[], Database]

Bench = Annotated[str, typer.Argument(metavar="BENCH", help="Its name: see redraft eval list.", show_default=False)]
_FOLDER = "Folder with the benchmark's files, or with a folder of them."
Data = Annotated[Path, typer.Option(metavar="DIR", help=_FOLDER, show_default=False)]
OptionalData = Annotated[Path | None, typer.Option(metavar="DIR", help=_FOLDER)]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]


@dataclass(frozen=True, kw_only=True)
class WayFlags:
    """How reports are measured."""

    bench: Annotated[str | None, typer.Option(metavar="NAME", help="Hold them against this benchmark's tasks.")] = None
    data: OptionalData = None
    dense: Annotated[bool, typer.Option("--dense", help="Also what takes sentence vectors.")] = False
    watts: Annotated[
        float | None, typer.Option(min=0, metavar="W", help="What the model's machine drew, for the energy.")
    ] = None
    read_cited: Annotated[
        bool, typer.Option("--read-cited", help="Read the pages that they cite, and hold them against these.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class KeepFlags:
    """Where official scores are kept."""

    run: Annotated[str | None, typer.Option(metavar="NAME", help="Keep them as scores of this evaluation run.")] = None
    repeat: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="Of which repeat, from 0.")] = 0


@with_flags
def metrics(
    flags: WayFlags,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="Markdown, a folder of ID.md, or JSON lines with id and article; or an evaluation run by its name.",
        ),
    ] = None,
    run: Annotated[list[str] | None, typer.Option(metavar="ID", help="A run of redraft; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure reports, without a judge: means over the reports, with their number where it is not all.

    Of an evaluation run the numbers are kept.
    """
    from redraft.agent.errors import UserError
    from redraft.evals.evaluated import subject
    from redraft.evals.measuring import of_run

    if not what and not run:
        raise UserError("nothing to measure: name files of reports or evaluation runs, or a run with --run")
    store = cache(opened)
    subjects = [subject(name, store) for name in what or ()]
    cited = _read_cited(store(), subjects, run or ()) if flags.read_cited else {}
    systems = [_measured(one, store, flags, cited) for one in subjects]
    systems += [of_run(store(), run_id, _way(flags, cited, flags.bench)) for run_id in run or ()]
    if as_json:
        typer.echo(json.dumps({"benchmark": flags.bench, "systems": [system.data() for system in systems]}))
        return
    _print_metrics(systems)


@with_flags
def import_scores(
    bench: Bench,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What its scripts have written.", show_default=False)],
    to: KeepFlags,
    data: OptionalData = None,
    tasks: Annotated[bool, typer.Option("--tasks", help="Show every task.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the scores that a benchmark's own scripts have written: of the whole, and by task."""
    from redraft.agent.errors import UserError
    from redraft.evals.data import benchmark, existing, home
    from redraft.evals.scored import System, finite

    chosen = benchmark(bench)
    found = chosen.scores(existing(file), chosen.load(home(chosen, data)) if data else ())
    if not found.tasks and not found.aggregate:
        hint = "no task of this data is scored there" if data else "to know its tasks, this takes --data"
        message = f"{file}: {hint}"
        raise UserError(message)
    rows = {task: finite(row) for task, row in found.tasks.items()}
    system, whole = System(name=file.stem, tasks=rows, unscored=found.unscored), finite(found.aggregate)
    if to.run:
        _keep(bench, file, to.run, to.repeat, rows, whole)
    if as_json:
        typer.echo(json.dumps({"benchmark": bench, "aggregate": whole} | system.data()))
        return
    _print_official(system, whole, tasks=tasks)
    say(f"{len(rows)} tasks scored, " + (f"{len(found.unscored)} unscored" if data else "the unscored not known"))


def opened() -> "Database":
    """The store that the settings name."""
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings

    return open_database(load_settings())


def _measured(one: "Path | EvalRun", store: "Store", flags: WayFlags, cited: "Mapping[str, Texts]") -> "System":
    from redraft.evals.evaluated import METRICS, measured, of_evaluation, save
    from redraft.evals.measuring import of_file

    if isinstance(one, Path):
        return of_file(one, _way(flags, cited, flags.bench))
    way = _way(flags, cited, flags.bench or (one.benchmark if flags.data else None))
    save(store(), one, METRICS, _stamp(flags, way), measured(store(), one, way))
    return of_evaluation(store(), one, METRICS)


def _stamp(flags: WayFlags, way: "Way") -> dict[str, Any]:
    from importlib.metadata import version

    how = {name: getattr(flags, name) for name in ("dense", "watts", "read_cited")}
    return {"redraft": version("redraft"), "benchmark": way.held.name if way.held else None, **how}


def _read_cited(
    database: "Database", subjects: "Sequence[Path | EvalRun]", runs: Sequence[str]
) -> "Mapping[str, Texts]":
    from redraft.agent.archive import report
    from redraft.agent.render import markdown
    from redraft.agent.settings import load_settings
    from redraft.evals.cited import read_cited
    from redraft.evals.evaluated import articles

    found = [article for one in subjects for article in articles(database, one)]
    found += [markdown(report(database, run_id)) for run_id in runs]
    texts = asyncio.run(read_cited(found, load_settings(), database))
    return dict(zip(found, texts, strict=True))


def _way(flags: WayFlags, cited: "Mapping[str, Texts]", bench: str | None) -> "Way":
    from redraft.agent.errors import UserError
    from redraft.evals.data import benchmark, home
    from redraft.evals.measuring import Held, Way

    if (bench is None) != (flags.data is None):
        raise UserError("--bench and --data go together: the benchmark, and the folder with its data")
    held = None
    if bench is not None and flags.data is not None:
        chosen = benchmark(bench)
        held = Held(chosen, chosen.load(home(chosen, flags.data)))
    return Way(held=held, encode=_encode(dense=flags.dense), watts=flags.watts, cited=cited)


def _keep(
    bench: str,
    file: Path,
    name: str,
    repeat: int,
    rows: "Mapping[str, Mapping[str, float | None]]",
    whole: "Mapping[str, float | None]",
) -> None:
    """As the official scores of an evaluation run."""
    from hashlib import sha256

    from redraft.agent.errors import UserError
    from redraft.evals.evaluated import OFFICIAL, save
    from redraft.store import evals

    database = opened()
    eval_run = evals.get(database, name)
    known = {task.task_id for task in evals.tasks(database, eval_run) if task.repeat == repeat}
    if eval_run.benchmark != bench or not known.issuperset(rows):
        strange = next(iter(rows.keys() - known), None)
        about = f"a task {strange!r}" if eval_run.benchmark == bench else f"the benchmark {bench}"
        message = f"{file} scores {about}, which repeat {repeat} of evaluation run {name} has not"
        raise UserError(message)
    stamp = {"file": file.name, "sha256": sha256(file.read_bytes()).hexdigest()}
    save(database, eval_run, OFFICIAL, stamp, {repeat: rows}, whole)


def _print_official(system: "System", whole: "Mapping[str, float | None]", *, tasks: bool) -> None:
    totals = [[name, number(value), str(len(system.values(name)) or "")] for name, value in whole.items()]
    print_table(["measure", "whole", "tasks"], totals, numbers=True)
    if tasks:
        names = system.measures
        rows = [[task, *(number(row.get(name)) for name in names)] for task, row in system.tasks.items()]
        print_table(["task", *names], rows, numbers=True)


def _encode(*, dense: bool) -> "Encode | None":
    from redraft.agent.models import MINILM, find
    from redraft.agent.settings import load_settings
    from redraft.tools.dense import load

    return load(find(MINILM, load_settings().folders.cache)).encode if dense else None


def _print_metrics(systems: "list[System]") -> None:
    from redraft.evals.direction import arrowed
    from redraft.evals.metrics import METRICS

    means = [system.means for system in systems]
    names = list(dict.fromkeys(name for found in means for name in found))
    names.sort(key=[*METRICS, *names].index)  # those of METRICS first, in their order

    def cell(place: int, name: str) -> str:
        if name not in means[place]:
            return ""
        mean, count = means[place][name]["mean"], means[place][name]["n"]
        return number(mean) + (f" ({count})" if count != len(systems[place].tasks) else "")

    rows = [[arrowed(name), *(cell(place, name) for place in range(len(systems))), _unit(name)] for name in names]
    print_table(["metric", *(f"{system.name} ({len(system.tasks)})" for system in systems), "unit"], rows, numbers=True)
    for system in systems:
        _tell_left_out(system)


def _unit(name: str) -> str:
    from redraft.evals.metrics import METRICS

    return METRICS[name].unit if name in METRICS else ""


def _tell_left_out(system: "System") -> None:
    counts = (
        (system.failed, "with an empty report"),
        (system.unscored, "without a report"),
        (system.unknown, "with a report that are not in this data"),
    )
    if told := [f"{len(tasks)} {what}" for tasks, what in counts if tasks]:
        say(f"{system.name}: tasks: {', '.join(told)}")
