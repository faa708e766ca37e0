"""Two systems on the same tasks: which is better, and whether the difference is more than noise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

from redraft.evals.direction import Better
from redraft.evals.statistics import (
    Interval,
    detectable,
    deviation,
    effect_size,
    holm,
    interval,
    permutation_p,
    resolvable,
    sign_p,
)

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The scores of one system by one measure."""

    name: str
    scores: Mapping[str, float | None]
    """By task; None where the judge gave no score. Such a task is left out and counted as missing."""
    failed: frozenset[str] = frozenset()
    """Tasks of which the system made no report. They are in every mean, with the score `worst`."""
    worst: float = 0.0
    better: Better = "higher"

    @property
    def values(self) -> dict[str, float]:
        """What every task counts with, failed ones too; without the missing ones."""
        known = {task: score for task, score in self.scores.items() if score is not None}
        return dict(sorted((known | dict.fromkeys(self.failed, self.worst)).items()))

    @property
    def missing(self) -> frozenset[str]:
        return frozenset(task for task, score in self.scores.items() if score is None) - self.failed


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is to be said of `a` against `b`, over the tasks that both have a score for."""

    a: str
    b: str
    tasks: int
    difference: float
    """Mean of a's score less b's; 0 where they have no task in common."""
    interval: Interval | None
    """95 %, by paired bootstrap; None for fewer than two tasks."""
    p: float
    """Of the sign-flip permutation test; with several measures, adjusted by Holm's method."""
    sign_p: float
    effect: float | None
    resolvable: float
    """The smallest difference that these tasks can tell from 0."""
    detectable: float
    """The true difference that would be found with a power of 80 %."""
    failed: tuple[int, int]
    """Tasks without a report, of a and of b."""
    left_out: int
    """Tasks that one of the two has no score for."""
    better: Better = "higher"

    @property
    def is_noise(self) -> bool:
        return self.interval is None or 0 in self.interval or self.p >= ALPHA or abs(self.difference) < self.resolvable

    @property
    def verdict(self) -> str:
        """In words."""
        if self.interval is None:
            return f"noise: {self.tasks} task(s) in common, too few to compare{self._counts()}"
        low, high = self.interval
        if self.is_noise:
            return (
                f"noise: {_told(self.difference)} [{_told(low)}, {_told(high)}], p = {self.p:.3f}; {self.tasks} tasks "
                f"can show {_told(self.resolvable)}, and {_told(self.detectable)} with a power of 80 %{self._counts()}"
            )
        ends = sorted((abs(low), abs(high)))  # neither is 0, and both have one sign
        return (
            f"{self.winner} by {_told(abs(self.difference))} [{_told(ends[0])}, {_told(ends[1])}], p = {self.p:.3f} "
            f"({self.tasks} tasks; a power of 80 % for {_told(self.detectable)}){self._counts()}"
        )

    @property
    def winner(self) -> str:
        """As "new is better", or "new has more" of what is neither good nor bad; `noise` of noise."""
        if self.is_noise:
            return "noise"
        more, less = (self.a, self.b) if self.difference > 0 else (self.b, self.a)
        return {"higher": f"{more} is better", "lower": f"{less} is better", "neither": f"{more} has more"}[self.better]

    def _counts(self) -> str:
        failed = [
            f"{count} failed of {name}" for name, count in zip((self.a, self.b), self.failed, strict=True) if count
        ]
        left_out = [f"{self.left_out} without a score left out"] if self.left_out else []
        return "".join(f"; {said}" for said in (*failed, *left_out))


def _told(value: float) -> str:
    """With a digit more below 1: many scores are shares."""
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def compare(a: Sample, b: Sample, *, seed: int = 0) -> Comparison:
    """Of one measure. Swapping `a` and `b` turns signs and nothing else."""
    first, second = a.values, b.values
    common = sorted(first.keys() & second.keys())
    differences = [first[task] - second[task] for task in common]
    everything = first.keys() | second.keys() | a.missing | b.missing
    return Comparison(
        a=a.name,
        b=b.name,
        tasks=len(common),
        difference=fmean(differences) if differences else 0.0,
        interval=interval(differences, seed=seed) if len(differences) > 1 else None,
        p=permutation_p(differences, seed=seed),
        sign_p=sign_p(differences),
        effect=effect_size(differences),
        resolvable=resolvable(differences) if differences else math.inf,
        detectable=detectable(differences) if differences else math.inf,
        failed=(len(a.failed), len(b.failed)),
        left_out=len(everything) - len(common),
        better=a.better,
    )


def compare_all(a: Mapping[str, Sample], b: Mapping[str, Sample], *, seed: int = 0) -> dict[str, Comparison]:
    """By measure, of those that both have, with p-values adjusted for their number."""
    found = {measure: compare(a[measure], b[measure], seed=seed) for measure in a if measure in b}
    adjusted = holm({measure: comparison.p for measure, comparison in found.items()})
    return {measure: replace(comparison, p=adjusted[measure]) for measure, comparison in found.items()}


class Row(NamedTuple):
    """A line of a table."""

    group: str
    tasks: int
    """Those with a value, failed ones among them."""
    failed: int
    missing: int
    mean: float | None
    interval: Interval | None


def table(sample: Sample, groups: Mapping[str, str], *, seed: int = 0) -> list[Row]:
    """The mean over all tasks, then by group: language, topic. Tasks without a group are in the first row only."""
    members: dict[str, set[str]] = {}
    for task in (*sample.values, *sample.missing):
        if task in groups:
            members.setdefault(groups[task], set()).add(task)
    parts = (_row(group, _part(sample, tasks), seed) for group, tasks in sorted(members.items()))
    return [_row("all", sample, seed), *parts]


def _part(sample: Sample, tasks: set[str]) -> Sample:
    scores = {task: score for task, score in sample.scores.items() if task in tasks}
    return replace(sample, scores=scores, failed=sample.failed & tasks)


def _row(group: str, sample: Sample, seed: int) -> Row:
    values = list(sample.values.values())
    return Row(
        group=group,
        tasks=len(values),
        failed=len(sample.failed),
        missing=len(sample.missing),
        mean=fmean(values) if values else None,
        interval=interval(values, seed=seed) if len(values) > 1 else None,
    )


Repeats = Sequence[Mapping[str, float | None]]
"""The same tasks scored several times: by the same judge, or of several runs of the same writer."""


def averaged(repeats: Repeats) -> dict[str, float | None]:
    """Each task's mean over the repeats that have a score for it; None where none has."""
    return {task: fmean(scores) if scores else None for task, scores in _by_task(repeats).items()}


class Noise(NamedTuple):
    """Where the spread of scores comes from, by a one-way model of random effects. Standard deviations."""

    tasks: float
    """Of the tasks' true scores."""
    repeats: float
    """Of a task's score from one repeat to the next: the judge's noise, or the writer's."""
    mean_by_tasks: float
    """Of the mean over all: what other tasks would change."""
    mean_by_repeats: float
    """Of the mean over all: what asking again would change."""


def noise(repeats: Repeats) -> Noise | None:
    """None where no task was scored twice, or only one was scored."""
    scored = [scores for scores in _by_task(repeats).values() if scores]
    freedom = sum(len(scores) - 1 for scores in scored)
    if not freedom or len(scored) < 2:
        return None
    within = sum(deviation(scores) ** 2 * (len(scores) - 1) for scores in scored) / freedom
    of_means = within * fmean(1 / len(scores) for scores in scored)
    between = max(0.0, deviation([fmean(scores) for scores in scored]) ** 2 - of_means)
    return Noise(*(math.sqrt(v) for v in (between, within, between / len(scored), of_means / len(scored))))


def _by_task(repeats: Repeats) -> dict[str, list[float]]:
    tasks = sorted({task for scores in repeats for task in scores})
    return {task: [score for scores in repeats if (score := scores.get(task)) is not None] for task in tasks}
