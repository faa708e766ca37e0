"""Two reports held against each other, each read first as often as second.

Judges favour a place as much as a text (Zheng et al. 2023, arXiv 2306.05685). `deepconsult` grades as the benchmark of
that name does (six votes a question against a baseline), in our own words to the judge. `prefer` is our own protocol.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from pydantic import BaseModel, Field

from redraft.evals.judging.judge import Judge

DIMENSIONS = ("instruction_following", "comprehensiveness", "completeness", "writing_quality")
TRIALS = 3
"""In each order: DeepConsult's number."""
PARITY = 5
"""The score of two reports that are equally good."""

Outcome = Literal["win", "tie", "lose"]


class Vote(BaseModel):
    explanation: str
    preferred: Literal["a", "b"]
    gap_score: int = Field(ge=0, le=5)


class Ballot(BaseModel):
    instruction_following: Vote
    comprehensiveness: Vote
    completeness: Vote
    writing_quality: Vote


@dataclass(frozen=True)
class Grade:
    """Of the candidate, on one dimension."""

    outcome: Outcome
    """By majority of the votes."""
    score: float
    """0 to 10: the mean gap, above `PARITY` where the candidate is better."""


@dataclass(frozen=True)
class Graded:
    """One question."""

    grades: Mapping[str, Grade]
    """By dimension; empty where no vote could be had."""
    votes: int
    """Those that were to be had, of `2 * trials`."""
    problems: tuple[str, ...]

    @property
    def score(self) -> float | None:
        return fmean(grade.score for grade in self.grades.values()) if self.grades else None


async def deepconsult(
    judge: Judge, question: str, *, baseline: str, candidate: str, trials: int = TRIALS, repeat: int = 0
) -> Graded:
    """The candidate's grades. `trials` calls in each order."""
    orders = [is_first for _ in range(trials) for is_first in (False, True)]
    asked = (
        judge.ask(
            "pairwise",
            {"question": question} | _placed(candidate, baseline, is_first=is_first),
            Ballot,
            repeat=repeat * trials + number // 2,
        )
        for number, is_first in enumerate(orders)
    )
    judged = await asyncio.gather(*asked)
    ballots = [(one.value, first) for one, first in zip(judged, orders, strict=True) if one.value]
    gaps = {name: [_gap(getattr(ballot, name), first) for ballot, first in ballots] for name in DIMENSIONS}
    grades = {name: _grade(found) for name, found in gaps.items() if found}
    return Graded(grades, len(ballots), tuple(one.problem for one in judged if one.value is None))


def _placed(one: str, other: str, *, is_first: bool) -> dict[str, str]:
    return {"a": one, "b": other} if is_first else {"a": other, "b": one}


def _gap(vote: Vote, is_first: bool) -> tuple[int, int]:
    """The vote and the gap, both signed: above 0 for the candidate. A gap of 0 is still a vote."""
    sign = 1 if (vote.preferred == "a") == is_first else -1
    return sign, sign * vote.gap_score


def _grade(gaps: Sequence[tuple[int, int]]) -> Grade:
    balance = sum(vote for vote, _ in gaps)
    outcome: Outcome = "win" if balance > 0 else "lose" if balance < 0 else "tie"
    return Grade(outcome, PARITY + fmean(gap for _, gap in gaps))


@dataclass(frozen=True)
class Rates:
    """Over many questions, as shares of all grades; all 0 where there are none."""

    win: float
    tie: float
    lose: float
    net_win: float | None
    """Of those that were decided; None where none was."""
    score: float | None
    missing: int
    """Questions without a grade."""


def rates(graded: Sequence[Graded], dimension: str | None = None) -> Rates:
    """On one dimension, or over all four, as DeepConsult's overall row is their mean."""
    known = [one for one in graded if one.grades]
    wanted = (dimension,) if dimension else DIMENSIONS
    grades = [one.grades[name] for one in known for name in wanted]
    outcomes = [grade.outcome for grade in grades]
    win, tie, lose = (outcomes.count(o) / (len(outcomes) or 1) for o in ("win", "tie", "lose"))
    score = fmean(grade.score for grade in grades) if grades else None
    net = win / (win + lose) if win + lose else None
    return Rates(win, tie, lose, net, score, missing=len(graded) - len(known))


class Choice(BaseModel):
    why: str
    better: Literal["a", "b", "same"]


@dataclass(frozen=True)
class Preference:
    """Which of two reports is better, over several trials."""

    balance: float | None
    """1 where every trial prefers the first, -1 where every one prefers the second; None where no trial was whole."""
    flips: int
    """Trials in which the judge preferred the same place in both orders: such a trial is a tie."""
    trials: int
    """Those that were whole."""
    problems: tuple[str, ...] = ()


async def prefer(judge: Judge, question: str, one: str, other: str, *, trials: int = 1, repeat: int = 0) -> Preference:
    """Each trial is two calls, one in each order. It counts for a report only if both calls do not contradict."""
    found = await asyncio.gather(
        *(_trial(judge, question, one, other, repeat * trials + number) for number in range(trials))
    )
    whole = [votes for votes, _ in found if votes is not None]
    flips = sum(votes in ((1, -1), (-1, 1)) for votes in whole)
    balance = fmean(_sign(sum(votes)) for votes in whole) if whole else None
    return Preference(balance, flips, len(whole), tuple(problem for _, problem in found if problem))


async def _trial(judge: Judge, question: str, one: str, other: str, repeat: int) -> tuple[tuple[int, int] | None, str]:
    """The votes for `one` read first and read second; or why they are not to be had."""
    there, back = await asyncio.gather(
        *(
            judge.ask("preference", {"question": question} | _placed(one, other, is_first=first), Choice, repeat=repeat)
            for first in (True, False)
        )
    )
    if there.value is None or back.value is None:
        return None, there.problem or back.problem
    votes = {"a": 1, "b": -1, "same": 0}
    return (votes[there.value.better], -votes[back.value.better]), ""


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
