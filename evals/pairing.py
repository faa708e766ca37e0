"""Two systems as they are named, files of scores or evaluation runs, side by side. Needs NumPy."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.errors import UserError
from redraft.evals import evaluated, scored
from redraft.evals.comparing import Compared, compare, sample
from redraft.evals.comparison import Noise, Row, noise, table
from redraft.evals.evaluated import Rows
from redraft.evals.scored import System
from redraft.store.database import Database

Groups = Mapping[str, str]
"""Task → group."""


@dataclass(frozen=True, kw_only=True)
class Side:
    system: System
    repeats: Sequence[Rows] = ()
    """The scores of each repeat; none of a file."""
    groups: Mapping[str, Groups] = field(default_factory=dict)
    """`language` and `topic` of each task; of a file nothing is known."""

    def noise(self, measure: str) -> Noise | None:
        """What another repeat would change; None where no task has several."""
        return noise([{task: row.get(measure) for task, row in rows.items()} for rows in self.repeats])


class Pair(NamedTuple):
    a: Side
    b: Side

    def compared(self, measures: Collection[str] = ()) -> dict[str, Compared]:
        """As `redraft.evals.comparing.compare`."""
        return compare(self.a.system, self.b.system, measures)

    def noise(self, measures: Collection[str]) -> dict[str, tuple[Noise | None, Noise | None]]:
        """By measure, of those where it can be told of either."""
        found = {measure: (self.a.noise(measure), self.b.noise(measure)) for measure in measures}
        return {measure: both for measure, both in found.items() if any(both)}

    def tables(self, measures: Collection[str], by: str) -> dict[str, tuple[list[Row], list[Row]]]:
        """By measure, the rows of both: of all tasks, then of each language or topic.

        Raises `UserError` where neither is an evaluation run.
        """
        groups = {**self.b.groups.get(by, {}), **self.a.groups.get(by, {})}
        if not groups:
            message = f"nothing is known of the {by} of these tasks: --by takes an evaluation run by its name"
            raise UserError(message)
        rows = [{m: table(sample(side.system, m), groups) for m in measures} for side in self]
        return {measure: (rows[0][measure], rows[1][measure]) for measure in measures}


def pair(a: str, b: str, protocol: str, store: Callable[[], Database]) -> Pair:
    """By two names, each of a file of scores or of an evaluation run that has scores by the protocol.

    Two of one name are called as they are given. Raises as `redraft.evals.scored.read` and
    `redraft.evals.evaluated.of_evaluation`, and `PathNotFound` for what is neither.
    """
    first, second = (_side(name, protocol, store) for name in (a, b))
    if first.system.name == second.system.name:
        first, second = (
            replace(side, system=replace(side.system, name=name)) for side, name in ((first, a), (second, b))
        )
    return Pair(first, second)


def data(both: Pair, found: Mapping[str, Compared], by: str | None) -> dict[str, Any]:
    """Ready for JSON."""
    told: dict[str, Any] = {
        "a": both.a.system.name,
        "b": both.b.system.name,
        "measures": {name: compared.data() for name, compared in found.items()},
        "repeats": {
            name: {side: one._asdict() if one else None for side, one in zip("ab", noises, strict=True)}
            for name, noises in both.noise(found).items()
        },
    }
    if by is None:
        return told
    tables = both.tables(found, by)
    rows = {
        name: {side: [row._asdict() for row in rows] for side, rows in zip("ab", sides, strict=True)}
        for name, sides in tables.items()
    }
    return told | {by: rows}


def _side(name: str, protocol: str, store: Callable[[], Database]) -> Side:
    found = evaluated.subject(name, store)
    if isinstance(found, Path):
        return Side(system=scored.read(found))
    return Side(
        system=evaluated.of_evaluation(store(), found, protocol),
        repeats=evaluated.repeats(store(), found, protocol),
        groups={by: evaluated.groups(store(), found, by) for by in ("language", "topic")},
    )
