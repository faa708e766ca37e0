"""The protocols that score a report against a reference, in one form: for runs and for the check of the judge."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

from redraft.evals.judging.cleaning import Way, cleaned
from redraft.evals.judging.judge import Judge
from redraft.evals.judging.pointwise import race_pointwise
from redraft.evals.judging.race import RaceScore, Rubric, race


@dataclass(frozen=True)
class Work:
    """What a task is scored by."""

    prompt: str
    reference: str
    """Clean of citations. Where the benchmark's own is not to be had, another report may stand in: say so."""
    rules: Rubric


@dataclass(frozen=True)
class Opinion:
    """What a judge makes of one report."""

    score: float | None
    """On the protocol's scale, which is 0 to 100 unless it says so; None where the judge gave none."""
    dimensions: Mapping[str, float] = field(default_factory=dict[str, float])
    flip_rate: float | None = None
    """How often the judge contradicted itself between the orders; None where it was asked in one."""
    problem: str = ""
    """What the judge failed on. Without a score, the reason why there is none."""


Score = Callable[[str, str, int], Awaitable[Opinion]]
"""Of a task's id, a report with its citations, and the number of the repeat. An empty report has the least score,
unasked."""
_Says = Callable[[Work, str, int], Awaitable[Opinion]]
"""Of a report that is clean."""


def by_race(judge: Judge, works: Mapping[str, Work], *, clean: Way = "rule", both_orders: bool = False) -> Score:
    """`race`. `both_orders` asks a second time, the other way round, for the flip rate alone: the score is the one of
    upstream's order."""
    return _of_clean(judge, works, clean, partial(_race, judge, both_orders))


def by_race_pointwise(judge: Judge, works: Mapping[str, Work], *, clean: Way = "rule") -> Score:
    """`race-pointwise`."""
    return _of_clean(judge, works, clean, partial(_pointwise, judge))


def _of_clean(judge: Judge, works: Mapping[str, Work], clean: Way, says: _Says) -> Score:
    async def score(task: str, article: str, repeat: int) -> Opinion:
        work, text, problem, _ = works[task], *await cleaned(judge, article, clean)
        if text is None:
            return Opinion(None, problem=f"the report could not be cleaned: {problem}")
        return await says(work, text, repeat) if text.strip() else Opinion(0.0, dict.fromkeys(work.rules.weights, 0.0))

    return score


async def _race(judge: Judge, both_orders: bool, work: Work, text: str, repeat: int) -> Opinion:
    values: dict[str, Any] = {"task": work.prompt, "article": text, "reference": work.reference, "rules": work.rules}
    judged = await race(judge, **values, repeat=repeat)
    other = await race(judge, **values, repeat=repeat, turned=True) if both_orders else judged
    if judged.score is None or other.score is None:
        return Opinion(None, problem=judged.problem or other.problem)
    flip_rate = _contradiction(judged.score, other.score) if both_orders else None
    return Opinion(judged.score.overall, judged.score.dimensions, flip_rate)


def _contradiction(there: RaceScore, back: RaceScore) -> float:
    """The share of dimensions on which another report is better once the order has changed."""
    return fmean((there.dimensions[name] - 50) * (back.dimensions[name] - 50) < 0 for name in there.dimensions)


async def _pointwise(judge: Judge, work: Work, text: str, repeat: int) -> Opinion:
    judged = await race_pointwise(judge, work.prompt, text, work.reference, work.rules, repeat=repeat)
    if judged.score is None:
        return Opinion(None, problem=judged.problem)
    return Opinion(judged.score.overall, judged.score.dimensions, judged.flip_rate)
