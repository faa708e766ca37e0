"""What reports took, and which there are none of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from redraft.evals.evaluated import METRICS
from redraft.evals.report.subjects import Subject


@dataclass(frozen=True)
class Costs:
    """Of one system."""

    tokens: Mapping[str, float]
    """Of each task whose report is written, the mean over its repeats, as far as it is known."""
    seconds: Mapping[str, float]
    all_tokens: float | None
    """Of everything, failed tasks too; None where nothing is known."""
    reports: int

    @property
    def tokens_each(self) -> float | None:
        """For each report that was written: what the failed ones took is on its account."""
        return self.all_tokens / self.reports if self.all_tokens is not None and self.reports else None

    @property
    def seconds_each(self) -> float | None:
        """The mean over the reports that were written."""
        return fmean(self.seconds.values()) if self.seconds else None


def costs(subject: Subject) -> Costs:
    """By the rows of an evaluation run, or else by the metrics `tokens` and `seconds` of a file."""
    if subject.eval_run is None:
        return _of_metrics(subject)
    spent = [task.tokens for task in subject.tasks if task.tokens is not None]
    done = [task for task in subject.tasks if task.state == "done"]
    return Costs(
        tokens=_means((task.task_id, task.tokens) for task in done),
        seconds=_means((task.task_id, task.seconds) for task in done),
        all_tokens=sum(spent) if spent else None,
        reports=len(done),
    )


def _of_metrics(subject: Subject) -> Costs:
    scored = subject.scored.get(METRICS)
    tokens, seconds = (scored.system.values(name) if scored else {} for name in ("tokens", "seconds"))
    return Costs(tokens, seconds, sum(tokens.values()) if tokens else None, len(tokens))


def _means(pairs: Iterator[tuple[str, float | None]]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for task, value in pairs:
        if value is not None:
            values.setdefault(task, []).append(value)
    return {task: fmean(of) for task, of in values.items()}


class Failure(NamedTuple):
    """What there is none of, for one reason."""

    system: str
    what: str
    """`report`, or by what protocol it has no score."""
    why: str
    tasks: Sequence[str]
    """Each with the number of its repeat, but for the first."""


def failures(subject: Subject) -> list[Failure]:
    """Reports that failed and scores that a judge did not give, by reason."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for what, why, task in _failed(subject):
        found.setdefault((what, why), {})[task] = None
    return [Failure(subject.name, what, why, list(tasks)) for (what, why), tasks in found.items()]


def _failed(subject: Subject) -> Iterator[tuple[str, str, str]]:
    for row in subject.tasks:
        if row.state == "failed":
            yield "report", row.failure, _called(row.task_id, row.repeat)
    for protocol, scored in subject.scored.items():
        for task in scored.system.failed if subject.eval_run is None else ():
            yield "report", "the file does not say", task
        for score in scored.problems:
            yield protocol, score.problem, _called(score.task_id, score.repeat)


def _called(task: str, repeat: int) -> str:
    return f"{task} (repeat {repeat + 1})" if repeat else task
