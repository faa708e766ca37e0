"""What the scores of systems come to. Pure, and nothing in it is rounded; needs NumPy."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from redraft.agent.errors import UserError
from redraft.evals.comparing import Compared, compare, sample
from redraft.evals.comparison import Noise, Row, noise, table
from redraft.evals.evaluated import METRICS
from redraft.evals.report.costs import Costs, costs
from redraft.evals.report.flat import flat
from redraft.evals.report.subjects import Scored, Subject
from redraft.evals.scored import System
from redraft.evals.statistics import holm

By = Literal["language", "topic"]
BYS: Sequence[By] = ("language", "topic")
LEADING = (
    *("citation_coverage", "supported_claims", "fabricated_citations", "vital_nugget_recall", "key_point_recall"),
    *("reference_f1", "duplication", "words"),
)
"""Of the metrics without a judge, those that are shown by group and drawn where no others are asked for."""
MOST = 6
"""Of other protocols so many: RACE's overall score, its four dimensions, and one more."""

ByMeasure = Mapping[str, Mapping[str, Sequence[Row]]]
"""Measure → system → the rows of its groups."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What the scores by one protocol come to."""

    name: str
    scored: Mapping[str, Scored]
    """By system; those that it has not scored are not among them."""
    measures: Sequence[str]
    leading: Sequence[str]
    """Of the measures, those that are shown by group and drawn. The first is taken for the quality of a report."""
    means: Mapping[str, Mapping[str, Row]]
    """Measure → system → mean over its tasks."""
    whole: Mapping[str, Mapping[str, float | None]]
    """Measure → system → what it comes to of all tasks together, where that is no mean over them."""
    comparisons: Mapping[tuple[str, str], Compared]
    """Measure and system, held against the first. p-values are adjusted for the number of all of these."""
    groups: Mapping[By, ByMeasure]
    noise: Mapping[tuple[str, str], Noise]
    """Measure and system, of those with several repeats."""

    @property
    def differing(self) -> list[str]:
        """Entries of the stamps that are not the same of all systems: such scores are hardly comparable."""
        stamps = [dict(flat(scored.stamp)) for scored in self.scored.values() if scored.stamp]
        names = dict.fromkeys(name for stamp in stamps for name in stamp)
        return [name for name in names if any(stamp.get(name) != stamps[0].get(name) for stamp in stamps)]


@dataclass(frozen=True, kw_only=True)
class Findings:
    subjects: Sequence[Subject]
    """The first is what the others are held against."""
    protocols: Sequence[Protocol]
    costs: Mapping[str, Costs]
    """By system."""


def find(
    subjects: Sequence[Subject],
    *,
    protocols: Collection[str] = (),
    measures: Collection[str] = (),
    by: Sequence[By] = (),
) -> Findings:
    """By these protocols and measures alone, or by all. `by`: the groups that are wanted; else those that there are.

    Raises `UserError` for a protocol or a measure that no system has scores by, and for groups that are not known.
    """
    names = sorted({name for subject in subjects for name in subject.scored})
    _known("protocol", protocols, names)
    wanted = [name for name in names if not protocols or name in protocols]
    scored = {name: {s.name: s.scored[name] for s in subjects if name in s.scored} for name in wanted}
    _known(
        "measure", measures, dict.fromkeys(m for of in scored.values() for one in of.values() for m in _measures(one))
    )
    groups = _groups(subjects, by)
    found = (_protocol(name, of, measures, groups) for name, of in scored.items())
    return Findings(
        subjects=subjects,
        protocols=[protocol for protocol in found if protocol.measures or protocol.whole],
        costs={subject.name: costs(subject) for subject in subjects},
    )


def _known(what: str, wanted: Collection[str], there: Collection[str]) -> None:
    if missing := [name for name in wanted if name not in there]:
        message = f"no system has scores by the {what} {missing[0]!r}: there are {', '.join(there) or 'none'}"
        raise UserError(message)


def _measures(scored: Scored) -> list[str]:
    return list(dict.fromkeys([*scored.system.measures, *scored.whole]))


def _groups(subjects: Sequence[Subject], by: Sequence[By]) -> dict[By, dict[str, str]]:
    """Task → group, of tasks whose group is known: a file does not say, but an evaluation run beside it does."""
    tasks = [task for subject in subjects for task in subject.tasks]
    found: dict[By, dict[str, str]] = {
        name: {task.task_id: group for task in tasks if (group := str(getattr(task, name)))} for name in by or BYS
    }
    if unknown := [name for name in by if not found[name]]:
        message = f"nothing is known of the {unknown[0]} of these tasks"
        raise UserError(message)
    return {name: groups for name, groups in found.items() if name in by or len(set(groups.values())) > 1}


def _protocol(
    name: str, scored: Mapping[str, Scored], wanted: Collection[str], groups: Mapping[By, Mapping[str, str]]
) -> Protocol:
    known = dict.fromkeys(measure for one in scored.values() for measure in one.system.measures)
    measures = [measure for measure in known if not wanted or measure in wanted]
    leading = measures if wanted else _leading(name, measures)
    systems = {system: one.system for system, one in scored.items()}
    means = {measure: {n: _rows(s, measure)[0] for n, s in systems.items()} for measure in measures}
    return Protocol(
        name=name,
        scored=scored,
        measures=measures,
        leading=leading,
        means=means,
        whole=_whole(scored, wanted, means),
        comparisons=_compared(list(systems.values()), measures),
        groups={
            by: {measure: {n: _rows(s, measure, of) for n, s in systems.items()} for measure in leading}
            for by, of in groups.items()
        },
        noise=dict(_noise(scored, leading)),
    )


def _leading(protocol: str, measures: Sequence[str]) -> list[str]:
    if protocol == METRICS:
        return [measure for measure in LEADING if measure in measures] or list(measures[:MOST])
    return list(measures[:MOST])


def _whole(
    scored: Mapping[str, Scored], wanted: Collection[str], means: Mapping[str, Mapping[str, Row]]
) -> dict[str, dict[str, float | None]]:
    names = dict.fromkeys(name for one in scored.values() for name in one.whole if not wanted or name in wanted)
    found = {name: {system: one.whole.get(name) for system, one in scored.items()} for name in names}
    return {
        name: of
        for name, of in found.items()
        if any(_is_more(value, means.get(name, {}).get(s)) for s, value in of.items())
    }


def _is_more(value: float | None, row: Row | None) -> bool:
    """Whether a number of the whole says what the mean over the tasks does not."""
    return value is not None and (row is None or row.mean is None or not math.isclose(value, row.mean))


def _rows(system: System, measure: str, groups: Mapping[str, str] | None = None) -> list[Row]:
    return table(sample(system, measure), groups or {})


def _compared(systems: Sequence[System], measures: Sequence[str]) -> dict[tuple[str, str], Compared]:
    raw = {
        (measure, other.name): compare(other, systems[0], [measure])[measure]
        for measure in measures
        for other in systems[1:]
        if measure in other.measures and measure in systems[0].measures
    }
    keys = list(raw)
    adjusted = holm({str(place): raw[key].comparison.p for place, key in enumerate(keys)})
    return {
        key: raw[key]._replace(comparison=replace(raw[key].comparison, p=adjusted[str(place)]))
        for place, key in enumerate(keys)
    }


def _noise(scored: Mapping[str, Scored], measures: Sequence[str]) -> Iterator[tuple[tuple[str, str], Noise]]:
    for measure in measures:
        for name, one in scored.items():
            if found := noise(one.repeated(measure)):
                yield (measure, name), found
