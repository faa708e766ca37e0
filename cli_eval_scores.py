"""`redraft eval metrics`, `import-scores`, `compare`: numbers on reports."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_tables import number, print_table
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.evals.comparing import Compared
    from redraft.evals.measuring import Held
    from redraft.evals.metrics.given import Encode
    from redraft.evals.scored import System

Bench = Annotated[str, typer.Argument(metavar="BENCH", help="Its name: see redraft eval list.", show_default=False)]
_FOLDER = "Folder with the benchmark's files, or with a folder of them."
Data = Annotated[Path, typer.Option(metavar="DIR", help=_FOLDER, show_default=False)]
OptionalData = Annotated[Path | None, typer.Option(metavar="DIR", help=_FOLDER)]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
ARROWS = {"higher": "↑", "lower": "↓", "neither": "–"}


def metrics(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Markdown, a folder of ID.md, or JSON lines with id and article."),
    ] = None,
    run: Annotated[list[str] | None, typer.Option(metavar="ID", help="A run of redraft; may be given again.")] = None,
    data: OptionalData = None,
    bench: Annotated[str | None, typer.Option(metavar="NAME", help="Hold them against this benchmark's tasks.")] = None,
    dense: Annotated[bool, typer.Option("--dense", help="Also what takes sentence vectors.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure reports, without a judge. Means over each file's reports, with their number where it is not all."""
    from redraft.agent.archive import open_database
    from redraft.agent.errors import UserError
    from redraft.agent.settings import load_settings
    from redraft.evals import measuring

    if not files and not run:
        raise UserError("nothing to measure: name files of reports, or a run with --run")
    held, encode = _held(bench, data), _encode(dense=dense)
    systems = [measuring.of_file(path, held, encode) for path in files or ()]
    if run:
        database = open_database(load_settings())
        systems += [measuring.of_run(database, run_id, held, encode) for run_id in run]
    if as_json:
        typer.echo(json.dumps({"benchmark": bench, "systems": [system.data() for system in systems]}))
        return
    _print_metrics(systems)


def import_scores(
    bench: Bench,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What its scripts have written.", show_default=False)],
    data: OptionalData = None,
    tasks: Annotated[bool, typer.Option("--tasks", help="Show every task.")] = False,
    *,
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
    if as_json:
        typer.echo(json.dumps({"benchmark": bench, "aggregate": whole} | system.data()))
        return
    totals = [[name, number(value), str(len(system.values(name)) or "")] for name, value in whole.items()]
    print_table(["measure", "whole", "tasks"], totals, numbers=True)
    if tasks:
        names = system.measures
        print_table(["task", *names], [[t, *(number(r.get(n)) for n in names)] for t, r in rows.items()], numbers=True)
    say(
        f"{len(found.tasks)} tasks scored, " + (f"{len(found.unscored)} unscored" if data else "the unscored not known")
    )


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="JSON of metrics or import-scores.", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="The same of the other.", show_default=False)],
    measure: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="This one only; may be given again.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare two systems on the tasks they share: which is better, or whether the difference is noise.

    The intervals hold 95 % (paired bootstrap); p is of a permutation test, adjusted for the number of measures.
    """
    from importlib.util import find_spec

    from redraft.evals.scored import read_both
    from redraft.tools.dense import INSTALL
    from redraft.tools.errors import Misconfigured

    if find_spec("numpy") is None:
        message = f"comparing needs NumPy: run `{INSTALL}`"
        raise Misconfigured(message)
    from redraft.evals.comparing import compare as compare_systems

    first, second = read_both(a, b)
    found = compare_systems(first, second, measure or ())
    if as_json:
        measures = {name: compared.data() for name, compared in found.items()}
        typer.echo(json.dumps({"a": first.name, "b": second.name, "measures": measures}))
        return
    rows = [_row(name, compared) for name, compared in found.items()]
    print_table(["measure", first.name, second.name, "difference", "95 %", "p", "tasks", "verdict"], rows, numbers=True)


def _held(bench: str | None, data: Path | None) -> "Held | None":
    from redraft.agent.errors import UserError
    from redraft.evals.data import benchmark, home
    from redraft.evals.measuring import Held

    if (bench is None) != (data is None):
        raise UserError("--bench and --data go together: the benchmark, and the folder with its data")
    if bench is None or data is None:
        return None
    chosen = benchmark(bench)
    return Held(chosen, chosen.load(home(chosen, data)))


def _encode(*, dense: bool) -> "Encode | None":
    from redraft.agent.models import MINILM, find
    from redraft.agent.settings import load_settings
    from redraft.tools.dense import load

    return load(find(MINILM, load_settings().folders.cache)).encode if dense else None


def _print_metrics(systems: "list[System]") -> None:
    from redraft.evals.direction import better
    from redraft.evals.metrics import METRICS

    means = [system.means for system in systems]
    names = list(dict.fromkeys(name for found in means for name in found))
    names.sort(key=[*METRICS, *names].index)  # those of METRICS first, in their order

    def cell(place: int, name: str) -> str:
        if name not in means[place]:
            return ""
        mean, count = means[place][name]["mean"], means[place][name]["n"]
        return number(mean) + (f" ({count})" if count != len(systems[place].tasks) else "")

    rows = [
        [f"{ARROWS[better(name)]} {name}", *(cell(place, name) for place in range(len(systems))), _unit(name)]
        for name in names
    ]
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


def _row(name: str, compared: "Compared") -> list[str]:
    found = compared.comparison
    ends = f"[{number(found.interval.low)}, {number(found.interval.high)}]" if found.interval else ""
    numbers = [
        number(compared.a),
        number(compared.b),
        f"{found.difference:+.3g}",
        ends,
        f"{found.p:.3f}",
        str(found.tasks),
    ]
    return [name, *numbers, found.winner]
