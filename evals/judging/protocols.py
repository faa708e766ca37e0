"""The other protocols in the form of `redraft.evals.judging.scoring`: sources, comparisons, and yes-or-no questions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from redraft.evals.judging.fact import Citation, Cited, Contents, fact
from redraft.evals.judging.judge import Judge
from redraft.evals.judging.pairwise import DIMENSIONS, PARITY, Graded, deepconsult, prefer
from redraft.evals.judging.pointwise import rubric_item
from redraft.evals.judging.scoring import Opinion, Score


@dataclass(frozen=True)
class Evidence:
    """What the citations of one report are checked by."""

    contents: Contents
    citations: Sequence[Citation] | None = None
    """None: the judge extracts them."""


def by_fact(judge: Judge, evidence: Mapping[str, Evidence]) -> Score:
    """`fact`: the percentage of supported citations, none for a report that cites nothing which could be judged.

    `evidence`: by report. What is counted keeps both of the denominators apart: `effective_citations` is told of
    reports that cite alone, as the benchmark does, and `effective_citations_of_all` of all.
    """

    async def score(task: str, article: str, repeat: int) -> Opinion:
        its = evidence[article]
        cited = await fact(judge, task, article, its.contents, citations=its.citations, repeat=repeat)
        if cited.problem:
            return Opinion(None, problem=cited.problem)
        return _counted(cited)

    return score


def _counted(cited: Cited) -> Opinion:
    supported = cited.count("supported")
    judged = supported + cited.count("unsupported")
    failed = [page for page in cited.pages if not page.results]
    counts = {"effective_citations_of_all": supported}
    if cited.pages:
        counts |= {"effective_citations": supported, "judged_citations": judged}
        counts |= {
            "unknown_citations": cited.count("unknown"),
            "unchecked_citations": sum(len(p.facts) for p in failed),
        }
    problem = "; ".join(f"{page.url}: {page.problem}" for page in failed)
    return Opinion(100 * supported / judged if judged else None, counts, problem=problem if not judged else "")


@dataclass(frozen=True)
class Rival:
    """What a report is held against."""

    prompt: str
    article: str
    """Of the other system; empty where it failed."""


def by_deepconsult(judge: Judge, rivals: Mapping[str, Rival]) -> Score:
    """`deepconsult`: 0 to 10, 5 where both are equally good."""

    async def score(task: str, article: str, repeat: int) -> Opinion:
        rival = rivals[task]
        if not (article and rival.article):
            outcome = bool(article) - bool(rival.article)
            return Opinion(
                PARITY + PARITY * outcome, dict.fromkeys(DIMENSIONS, PARITY + PARITY * outcome) | _shares([outcome])
            )
        return _graded(await deepconsult(judge, rival.prompt, baseline=rival.article, candidate=article, repeat=repeat))

    return score


def _graded(graded: Graded) -> Opinion:
    signs = {"win": 1, "tie": 0, "lose": -1}
    problem = f"{len(graded.problems)} votes missing: {graded.problems[0]}" if graded.problems else ""
    if not graded.grades:
        return Opinion(None, problem=problem)
    scores = {name: grade.score for name, grade in graded.grades.items()}
    shares = _shares([signs[grade.outcome] for grade in graded.grades.values()])
    return Opinion(graded.score, scores | shares, problem=problem)


def _shares(outcomes: Sequence[int]) -> dict[str, float]:
    return {name: fmean(one == sign for one in outcomes) for name, sign in (("win", 1), ("tie", 0), ("lose", -1))}


def by_preference(judge: Judge, rivals: Mapping[str, Rival]) -> Score:
    """`preference`: 100 where the report is preferred, 0 where the other is, 50 for a tie."""

    async def score(task: str, article: str, repeat: int) -> Opinion:
        rival = rivals[task]
        if not (article and rival.article):
            return _preferred(bool(article) - bool(rival.article))
        found = await prefer(judge, rival.prompt, article, rival.article, repeat=repeat)
        if found.balance is None:
            return Opinion(None, problem=found.problems[0])
        return _preferred(found.balance, found.flips / found.trials)

    return score


def _preferred(balance: float, flip_rate: float | None = None) -> Opinion:
    return Opinion(50 + 50 * balance, _shares([round(balance)]), flip_rate)


@dataclass(frozen=True)
class Items:
    """What a report has to meet."""

    prompt: str
    groups: Mapping[str, Sequence[str]]


def by_rubric(judge: Judge, items: Mapping[str, Items]) -> Score:
    """`rubric`: the percentage of a task's items that the report meets, in all and by group."""

    async def score(task: str, article: str, repeat: int) -> Opinion:
        its = items[task]
        asked = [(group, item) for group, listed in its.groups.items() for item in listed]
        if not article:
            return Opinion(0.0, dict.fromkeys(its.groups, 0.0))
        judged = await asyncio.gather(
            *(rubric_item(judge, its.prompt, article, item, repeat=repeat) for _, item in asked)
        )
        if problems := [one.problem for one in judged if one.value is None]:
            return Opinion(None, problem=f"{len(problems)} of {len(judged)} items without an answer: {problems[0]}")
        met = [(group, bool(one.value and one.value.met)) for (group, _), one in zip(asked, judged, strict=True)]
        groups = {name: 100 * fmean(is_met for group, is_met in met if group == name) for name in its.groups}
        return Opinion(100 * fmean(is_met for _, is_met in met), groups)

    return score
