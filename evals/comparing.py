"""Two systems' scores by task, measure by measure. Needs NumPy, which the extra `evals` brings."""

from collections.abc import Collection
from statistics import fmean
from typing import Any, NamedTuple

from redraft.agent.errors import UserError
from redraft.evals.comparison import Comparison, Sample, compare_all
from redraft.evals.direction import better
from redraft.evals.scored import System


class Compared(NamedTuple):
    a: float | None
    """The mean over the tasks that both have a score for; None where there are none."""
    b: float | None
    comparison: Comparison

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        found = self.comparison
        return {
            "a": self.a,
            "b": self.b,
            "difference": found.difference,
            "interval": found.interval,
            "p": found.p,
            "tasks": found.tasks,
            "left_out": found.left_out,
            "failed": found.failed,
            "better": found.better,
            "noise": found.is_noise,
            "verdict": found.verdict,
        }


def compare(a: System, b: System, measures: Collection[str] = ()) -> dict[str, Compared]:
    """By measure, of these or else of all that can be told of both; p-values are adjusted for their number.

    Raises `UserError` for a measure that one of them does not have, and for systems that have none in common.
    """
    both = [measure for measure in a.measures if measure in b.measures]
    if missing := sorted(set(measures) - set(both)):
        message = (
            f"{a.name} and {b.name} do not both have {', '.join(missing)}: they have {', '.join(both) or 'nothing'}"
        )
        raise UserError(message)
    if not both:
        message = f"{a.name} and {b.name} have no measure in common"
        raise UserError(message)
    wanted = [measure for measure in both if not measures or measure in measures]
    first, second = ({measure: sample(system, measure) for measure in wanted} for system in (a, b))
    found = compare_all(first, second)
    return {measure: _compared(first[measure], second[measure], found[measure]) for measure in wanted}


def sample(system: System, measure: str) -> Sample:
    """The scores of a system by one measure, ready to be compared."""
    values = system.values(measure)
    scores = {task: values.get(task) for task in (*system.tasks, *system.unscored)}
    # What is better lower is not 0 of a task that failed: it counts with its own value, if it has one.
    failed = frozenset(system.failed) & values.keys() if better(measure) == "higher" else frozenset[str]()
    return Sample(name=system.name, scores=scores, failed=failed, better=better(measure))


def _compared(a: Sample, b: Sample, comparison: Comparison) -> Compared:
    common = sorted(a.values.keys() & b.values.keys())
    first, second = (fmean(sample.values[task] for task in common) if common else None for sample in (a, b))
    return Compared(first, second, comparison)
