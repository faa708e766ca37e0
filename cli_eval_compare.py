"""`redraft eval compare`: two systems by their scores."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from redraft.cli_eval_scores import AsJson, opened
from redraft.cli_tables import number, print_table
from redraft.cli_terminal import check_installed

if TYPE_CHECKING:
    from redraft.evals.comparing import Compared
    from redraft.evals.comparison import Row
    from redraft.evals.pairing import Pair
    from redraft.evals.statistics import Interval

What = Annotated[
    str, typer.Argument(help="JSON of metrics or import-scores, or an evaluation run by its name.", show_default=False)
]


def compare(
    a: What,
    b: What,
    measure: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="This one only; may be given again.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(metavar="NAME", help="Of evaluation runs: the scores by this one.")
    ] = "metrics",
    by: Annotated[
        Literal["language", "topic"] | None, typer.Option(help="Of evaluation runs: each language or topic apart.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare two systems on the tasks they share: which is better, or whether the difference is noise.

    The intervals hold 95 % (paired bootstrap); p is of a permutation test, adjusted for the number of measures.
    """
    check_installed("comparing", "NumPy")
    from redraft.evals.pairing import data, pair

    both = pair(a, b, protocol, cache(opened))
    found = both.compared(measure or ())
    if as_json:
        typer.echo(json.dumps(data(both, found, by)))
    elif by:
        _print_groups(both, both.tables(found, by), by)
    else:
        _print_compared(both, found)


def _print_compared(both: "Pair", found: "Mapping[str, Compared]") -> None:
    names = [side.system.name for side in both]
    rows = [_row(name, compared) for name, compared in found.items()]
    print_table(["measure", *names, "difference", "95 %", "p", "tasks", "verdict"], rows, numbers=True)
    if noises := both.noise(found):
        typer.echo("\nStandard deviation from one repeat to the next: of a task, and of the mean over all")
        cells = [
            [
                name,
                *(
                    number(value)
                    for one in pair
                    for value in ((one.repeats, one.mean_by_repeats) if one else (None, None))
                ),
            ]
            for name, pair in noises.items()
        ]
        print_table(["measure", *(f"{name}{of}" for name in names for of in ("", ", mean"))], cells, numbers=True)


def _print_groups(both: "Pair", tables: "Mapping[str, tuple[Sequence[Row], Sequence[Row]]]", by: str) -> None:
    names = [side.system.name for side in both]
    rows = [
        [measure, group, *(cell for side in sides for cell in _group_cells(side, group))]
        for measure, sides in tables.items()
        for group in dict.fromkeys(row.group for side in sides for row in side)
    ]
    print_table(["measure", by, *(cell for name in names for cell in (name, "95 %", "tasks"))], rows, numbers=True)


def _group_cells(rows: "Sequence[Row]", group: str) -> list[str]:
    row = next((row for row in rows if row.group == group), None)
    if row is None:
        return ["", "", ""]
    return [number(row.mean), _ends(row.interval), str(row.tasks)]


def _row(name: str, compared: "Compared") -> list[str]:
    found = compared.comparison
    numbers = [
        number(compared.a),
        number(compared.b),
        f"{found.difference:+.3g}",
        _ends(found.interval),
        f"{found.p:.3f}",
        str(found.tasks),
    ]
    return [name, *numbers, found.winner]


def _ends(interval: "Interval | None") -> str:
    return f"[{number(interval.low)}, {number(interval.high)}]" if interval else ""
