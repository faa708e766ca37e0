"""Our own protocols for small judges: few criteria a call, both orders, and answers that the report itself can refute.

Neither is RACE, and no number of theirs belongs beside one of RACE. `race-pointwise` takes RACE's criteria and formula,
but asks for one dimension at a time. `rubric` takes one yes-or-no question at a time and wants it shown in the report.
"""

import asyncio
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from pydantic import BaseModel, Field

from redraft.agent.asking import Problem
from redraft.evals.judging.judge import Judge, Judgement
from redraft.evals.judging.race import Criterion, Mark, RaceScore, Rubric, aggregate

CHUNK = 8
"""Criteria of one call. RACE has 21 to 31 a task, so that each dimension takes one call or two in each order."""


class Point(BaseModel):
    number: int
    analysis: str
    a: float = Field(ge=0, le=10)
    b: float = Field(ge=0, le=10)


class Points(BaseModel):
    scores: list[Point]


@dataclass(frozen=True)
class Pointwise:
    score: RaceScore | None
    """0 to 100; 50 is as good as the reference. None where a call failed: part of the criteria is not the task."""
    flip_rate: float | None
    """The share of criteria on which the judge contradicts itself between the orders; None without a score."""
    problem: str = ""


class _Part(NamedTuple):
    dimension: str
    criteria: Sequence[Criterion]
    is_first: bool
    """Whether the article is read before the reference."""


async def race_pointwise(
    judge: Judge, task: str, article: str, reference: str, rules: Rubric, *, repeat: int = 0
) -> Pointwise:
    """`article` must be clean of citations, as the reference is. A criterion's scores are means over both orders."""
    parts = [
        _Part(dimension, chunk, is_first)
        for dimension in rules.weights
        for chunk in chunks(rules.criteria[dimension])
        for is_first in (True, False)
    ]
    judged = await asyncio.gather(*(_ask(judge, task, article, reference, part, repeat) for part in parts))
    problem = next((one.problem for one in judged if one.value is None), "")
    if problem:
        return Pointwise(None, None, problem)
    marks: dict[str, list[Mark]] = {dimension: [] for dimension in rules.weights}
    flips: list[bool] = []
    read = list(zip(parts, judged, strict=True))
    for (part, there), (_, back) in zip(read[::2], read[1::2], strict=True):
        pairs = list(zip(part.criteria, _points(there), _points(back), strict=True))
        marks[part.dimension] += [_mark(*pair) for pair in pairs]
        flips += [(first.a - first.b) * (second.b - second.a) < 0 for _, first, second in pairs]
    return Pointwise(aggregate(marks, rules), fmean(flips))


def chunks(criteria: Sequence[Criterion]) -> list[Sequence[Criterion]]:
    """As few as `CHUNK` allows, of equal length as far as possible."""
    count = math.ceil(len(criteria) / CHUNK)
    borders = [round(len(criteria) * number / count) for number in range(count + 1)]
    return [criteria[start:end] for start, end in pairwise(borders)]


async def _ask(judge: Judge, task: str, article: str, reference: str, part: _Part, repeat: int) -> Judgement[Points]:
    def complete(points: Points) -> Sequence[Problem]:
        wanted = list(range(1, len(part.criteria) + 1))
        is_complete = sorted(point.number for point in points.scores) == wanted
        return () if is_complete else [Problem("Give each criterion exactly one entry.")]

    a, b = (article, reference) if part.is_first else (reference, article)
    values = {"task": task, "a": a, "b": b, "dimension": part.dimension, "criteria": part.criteria}
    return await judge.ask("pointwise", values, Points, complete, repeat=repeat)


def _points(judged: Judgement[Points]) -> list[Point]:
    return sorted(judged.value.scores, key=lambda point: point.number) if judged.value else []


def _mark(criterion: Criterion, first: Point, second: Point) -> Mark:
    """Of the article, which `first` has as `a` and `second` as `b`, and of the reference."""
    return Mark(
        criterion=criterion.text,
        analysis=first.analysis,
        article_1_score=(first.a + second.b) / 2,
        article_2_score=(first.b + second.a) / 2,
    )


class Finding(BaseModel):
    why: str
    met: bool
    quote: str = ""


async def rubric_item(judge: Judge, task: str, article: str, item: str, *, repeat: int = 0) -> Judgement[Finding]:
    """Whether a report meets one thing. What is met must be shown by words that stand in the report: else the judge is
    asked anew, and at last there is no value."""

    def shown(finding: Finding) -> Sequence[Problem]:
        has_proof = not finding.met or is_quoted(finding.quote, article)
        return () if has_proof else [Problem("The quote does not stand in the report.")]

    return await judge.ask("rubric", {"task": task, "article": article, "item": item}, Finding, shown, repeat=repeat)


def is_quoted(quote: str, article: str) -> bool:
    """Whether the words stand in the article, whatever the white space, the capitals, the width of characters, and the
    marks of Markdown."""
    return bool(_plain(quote)) and _plain(quote) in _plain(article)


def _plain(text: str) -> str:
    return re.sub(r"[\s*_`#>|\"“”‘’']+", "", unicodedata.normalize("NFKC", text).casefold())
