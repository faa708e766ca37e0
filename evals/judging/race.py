"""RACE: a report scored against a reference report, by weighted criteria of its task (DeepResearch Bench,
arXiv 2506.11763).

What is computed is what the benchmark's own script computes. What the judge is told is in our own words, so scores are
near those of the script with the same judge, and not the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from redraft.evals.judging.judge import Judge

DIMENSIONS = ("comprehensiveness", "insight", "instruction_following", "readability")


class Criterion(NamedTuple):
    text: str
    explanation: str
    weight: float


@dataclass(frozen=True)
class Rubric:
    """How one task is scored. By dimension."""

    weights: Mapping[str, float]
    criteria: Mapping[str, Sequence[Criterion]]


def rubric(row: Mapping[str, Any]) -> Rubric:
    """From a line of the benchmark's `criteria.jsonl`."""
    criteria = {
        dimension: tuple(Criterion(one["criterion"], one["explanation"], one["weight"]) for one in listed)
        for dimension, listed in row["criterions"].items()
    }
    return Rubric(row["dimension_weight"], criteria)


class Mark(BaseModel):
    """What a judge gives two reports for one criterion."""

    criterion: str
    analysis: str
    article_1_score: float = Field(ge=0, le=10)
    article_2_score: float = Field(ge=0, le=10)

    @property
    def turned(self) -> "Mark":
        """As it would be with the reports in the other order."""
        scores = {"article_1_score": self.article_2_score, "article_2_score": self.article_1_score}
        return self.model_copy(update=scores)


class Sheet(BaseModel):
    """A judge's marks. Every dimension has some: without one of them a reply is asked for anew, as upstream."""

    comprehensiveness: list[Mark] = Field(min_length=1)
    insight: list[Mark] = Field(min_length=1)
    instruction_following: list[Mark] = Field(min_length=1)
    readability: list[Mark] = Field(min_length=1)

    @property
    def marks(self) -> dict[str, Sequence[Mark]]:
        return {dimension: getattr(self, dimension) for dimension in DIMENSIONS}


@dataclass(frozen=True)
class RaceScore:
    """0 to 100; 50 is as good as the reference."""

    overall: float
    """Of the weighted sums: not a mean of the dimensions."""
    dimensions: Mapping[str, float]
    unmatched: tuple[str, ...] = ()
    """Criteria of the judge's own wording, which counted with the mean weight of their dimension."""


@dataclass(frozen=True)
class Scored:
    score: RaceScore | None
    problem: str = ""
    """Why there is no score."""


async def race(
    judge: Judge, task: str, article: str, reference: str, rules: Rubric, *, repeat: int = 0, turned: bool = False
) -> Scored:
    """One call: the score of `article`, which must be clean of citations, as the reference is.

    `turned` shows the reference first, which upstream never does: to see what the order is worth to the judge.
    """
    first, second = (reference, article) if turned else (article, reference)
    values = {"task": task, "first": first, "second": second, "dimensions": rules.criteria}
    judged = await judge.ask("race", values, Sheet, repeat=repeat)
    if judged.value is None:
        return Scored(None, judged.problem)
    marks = judged.value.marks
    if turned:
        marks = {dimension: [mark.turned for mark in made] for dimension, made in marks.items()}
    return Scored(aggregate(marks, rules))


def aggregate(marks: Mapping[str, Sequence[Mark]], rules: Rubric) -> RaceScore:
    """The score of the first article: of its weighted mean, and of that of each dimension, the share in both articles'.

    A mark belongs to the criterion of the same words, then of the same but for capitals, then to the first that holds
    its words or is held by them. A mark without one has the mean weight of its dimension.
    """
    target, reference = 0.0, 0.0
    dimensions: dict[str, float] = {}
    unmatched: list[str] = []
    for dimension, weight in rules.weights.items():
        found = [_weight(mark.criterion, rules.criteria[dimension]) for mark in marks[dimension]]
        unmatched += [mark.criterion for mark, its in zip(marks[dimension], found, strict=True) if its is None]
        mean_weight = fmean(criterion.weight for criterion in rules.criteria[dimension])
        weights = [mean_weight if its is None else its for its in found]
        first = _mean((mark.article_1_score for mark in marks[dimension]), weights)
        second = _mean((mark.article_2_score for mark in marks[dimension]), weights)
        dimensions[dimension] = _share(first, second)
        target, reference = target + weight * first, reference + weight * second
    return RaceScore(_share(target, reference), dimensions, tuple(unmatched))


def _weight(said: str, criteria: Sequence[Criterion]) -> float | None:
    words = said.strip()
    folded = words.lower()
    tests = (
        lambda text: text == words,
        lambda text: text.lower() == folded,
        lambda text: folded in text.lower() or text.lower() in folded,
    )
    return next((one.weight for test in tests for one in criteria if test(one.text)), None)


def _mean(scores: Iterable[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum(score * weight for score, weight in zip(scores, weights, strict=True)) / total if total else 0.0


def _share(target: float, reference: float) -> float:
    both = target + reference
    return 100 * target / both if both else 0.0
