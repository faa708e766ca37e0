"""What the files of official scores have in common."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from redraft.evals.benchmarks.base import Scores, Task

TaskScores = Mapping[str, float]
"""Measure → value, of one task."""


def means(rows: Sequence[TaskScores]) -> dict[str, float]:
    """Each measure's mean over the tasks that have it, in the order in which they come up."""
    measures = dict.fromkeys(measure for row in rows for measure in row)
    return {measure: fmean(row[measure] for row in rows if measure in row) for measure in measures}


def collected(
    tasks: Sequence[Task],
    scored: Mapping[str, TaskScores],
    aggregate: Callable[[Sequence[TaskScores]], Mapping[str, float]] = means,
) -> Scores:
    """The scores of the tasks given, by id. `scored` may hold others. Without tasks, of all that are scored."""
    if not tasks:
        return Scores(scored, aggregate(list(scored.values())))
    kept = {task.id: scored[task.id] for task in tasks if task.id in scored}
    unscored = tuple(task.id for task in tasks if task.id not in scored)
    return Scores(kept, aggregate(list(kept.values())), unscored)
