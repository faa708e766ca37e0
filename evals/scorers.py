"""What each protocol takes of a benchmark's tasks, and the judging that it makes of a system's reports."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Task
from redraft.evals.gold import gold
from redraft.evals.judging import protocols
from redraft.evals.judging.cleaning import Way, by_rule
from redraft.evals.judging.judge import Judge
from redraft.evals.judging.protocols import Evidence, Items, Rival
from redraft.evals.judging.race import rubric
from redraft.evals.judging.scoring import Score, Work, by_race, by_race_pointwise

Reports = Mapping[str, str]
"""Task → article, of another system."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How a protocol is used, beside the judge."""

    clean: Way = "rule"
    both_orders: bool = False
    reference: Reports | None = None
    """In the place of the benchmark's own references."""
    against: Reports | None = None


class Scorer(NamedTuple):
    """A protocol, ready for a judge."""

    tasks: Collection[str]
    """Those that it can be used for."""
    of: Callable[[Judge, Mapping[str, Evidence]], Score]
    """With what the citations of each report are checked by, for the one protocol that looks at it."""


def scorer(protocol: str, tasks: Sequence[Task], choices: Choices) -> Scorer:
    """Raises `UserError` for an unknown protocol, and where the benchmark lacks what it takes."""
    if protocol not in _SCORERS:
        message = f"there is no protocol {protocol!r}: there are {', '.join(_SCORERS)}"
        raise UserError(message)
    made, lacking = _SCORERS[protocol](tasks, choices)
    if not made.tasks:
        message = f"{protocol} cannot be used for these tasks: {lacking}"
        raise UserError(message)
    return made


def works(tasks: Sequence[Task], reference: Reports | None) -> dict[str, Work]:
    """Of the tasks that have criteria and a reference."""
    return {
        task.id: Work(
            task.prompt,
            by_rule(its),
            rubric({"criterions": task.meta["criteria"], "dimension_weight": task.meta["weights"]}),
        )
        for task in tasks
        if (its := (reference or {}).get(task.id) if reference is not None else task.meta.get("reference"))
        and "criteria" in task.meta
    }


_Made = tuple[Scorer, str]
"""With what is lacking where it can be used for no task."""


def _race(tasks: Sequence[Task], choices: Choices) -> _Made:
    found = works(tasks, choices.reference)
    asking = partial(by_race, clean=choices.clean, both_orders=choices.both_orders)
    return Scorer(found, lambda judge, _: asking(judge, found)), _NO_REFERENCE


def _pointwise(tasks: Sequence[Task], choices: Choices) -> _Made:
    found = works(tasks, choices.reference)
    return Scorer(found, lambda judge, _: by_race_pointwise(judge, found, clean=choices.clean)), _NO_REFERENCE


def _fact(tasks: Sequence[Task], choices: Choices) -> _Made:
    return Scorer([task.id for task in tasks], protocols.by_fact), "there are none"


def _deepconsult(tasks: Sequence[Task], choices: Choices) -> _Made:
    own = {task.id: task.meta["baseline"] for task in tasks if "baseline" in task.meta}
    found = _rivals(tasks, own if choices.against is None else choices.against)
    return Scorer(found, lambda judge, _: protocols.by_deepconsult(judge, found)), _NO_RIVAL


def _preference(tasks: Sequence[Task], choices: Choices) -> _Made:
    found = _rivals(tasks, choices.against or {})
    return Scorer(found, lambda judge, _: protocols.by_preference(judge, found)), _NO_RIVAL


def _rivals(tasks: Sequence[Task], reports: Reports) -> dict[str, Rival]:
    return {task.id: Rival(task.prompt, reports[task.id]) for task in tasks if task.id in reports}


def _rubric(tasks: Sequence[Task], choices: Choices) -> _Made:
    found = {task.id: Items(task.prompt, groups) for task in tasks if (groups := items(task))}
    lacking = "this benchmark has neither key points nor nuggets nor criteria"
    return Scorer(found, lambda judge, _: protocols.by_rubric(judge, found)), lacking


def items(task: Task) -> Mapping[str, Sequence[str]]:
    """What a report on a task has to meet, in groups: its key points, else its nuggets, else RACE's criteria."""
    known = gold(task)
    said = {"key_points": known.key_points, "vital_nuggets": known.vital, "okay_nuggets": known.okay}
    points = {name: [f"The report says this: {point}" for point in listed] for name, listed in said.items() if listed}
    criteria: Mapping[str, Sequence[Mapping[str, str]]] = task.meta.get("criteria", {})
    return points or {
        name: [f"{one['criterion']}: {one['explanation']}" for one in listed] for name, listed in criteria.items()
    }


_NO_REFERENCE = "RACE takes criteria and a reference report of a task; --reference FILE gives the latter"
_NO_RIVAL = "there is no report to compare with: name some with --against"
_SCORERS: Mapping[str, Callable[[Sequence[Task], Choices], _Made]] = {
    "race": _race,
    "race-pointwise": _pointwise,
    "fact": _fact,
    "deepconsult": _deepconsult,
    "preference": _preference,
    "rubric": _rubric,
}
