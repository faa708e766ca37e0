"""FACT: whether the sources of a report bear out what it cites them for (DeepResearch Bench, arXiv 2506.11763).

Claims are extracted by the judge, or come from our own table of claims. There are two ways of counting, named apart:
`fact` as the benchmark's script counts, and `fact-all`, in which a report without citations counts too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from redraft.agent.asking import Problem
from redraft.evals.judging.judge import Judge, Judgement

Result = Literal["supported", "unsupported", "unknown"]
Contents = Callable[[Sequence[str]], Awaitable[Mapping[str, str | None]]]
"""What pages say, by address; None or absent for those that are not to be had."""


class Citation(BaseModel):
    """A statement and a source that it cites."""

    fact: str
    ref_idx: int = 0
    url: str


class Extracted(BaseModel):
    citations: list[Citation]


class Kept(BaseModel):
    keep: list[int]


class Verdict(BaseModel):
    idx: int
    result: Result


class Verdicts(BaseModel):
    results: list[Verdict]


@dataclass(frozen=True)
class Page:
    """What became of the statements that cite one source."""

    url: str
    facts: tuple[str, ...]
    results: tuple[Result, ...]
    """One for each fact; none where the page is not to be had or the judge did not do as asked."""
    problem: str = ""


@dataclass(frozen=True)
class Cited:
    """A report as FACT sees it."""

    task: str
    pages: tuple[Page, ...]
    """None for a report that cites nothing."""
    problem: str = ""
    """Why nothing could be extracted."""

    def count(self, result: Result) -> int:
        return sum(page.results.count(result) for page in self.pages)


async def fact(
    judge: Judge,
    task: str,
    article: str,
    contents: Contents,
    *,
    citations: Sequence[Citation] | None = None,
    repeat: int = 0,
) -> Cited:
    """One report, which may be empty. With `citations` the first step, extraction, is left out.

    `contents` is asked once, for all pages that the report cites.
    """
    if citations is None and article.strip():
        extracted = await judge.ask("extract", {"article": article}, Extracted, repeat=repeat)
        if extracted.value is None:
            return Cited(task, (), extracted.problem)
        citations = extracted.value.citations
    by_url: dict[str, list[str]] = {}
    for citation in citations or ():
        by_url.setdefault(citation.url, []).append(citation.fact)
    read = await contents(list(by_url)) if by_url else {}
    checks = (_page(judge, url, facts, read.get(url), repeat) for url, facts in by_url.items())
    return Cited(task, tuple(await asyncio.gather(*checks)))


async def _page(judge: Judge, url: str, facts: Sequence[str], content: str | None, repeat: int) -> Page:
    facts = await deduplicated(judge, facts, repeat=repeat)
    if content is None:
        return Page(url, tuple(facts), (), "the page is not to be had")
    judged = await validated(judge, facts, content, repeat=repeat)
    if judged.value is None:
        return Page(url, tuple(facts), (), judged.problem)
    results = {verdict.idx: verdict.result for verdict in judged.value.results}
    return Page(url, tuple(facts), tuple(results[number] for number in range(1, len(facts) + 1)))


async def deduplicated(judge: Judge, facts: Sequence[str], *, repeat: int = 0) -> Sequence[str]:
    """The facts without those that repeat an earlier one; all of them where the judge's list makes no sense."""
    if len(facts) < 2:
        return facts
    judged = await judge.ask("deduplicate", {"facts": facts}, Kept, repeat=repeat)
    keep = judged.value.keep if judged.value else []
    sensible = 0 < len(keep) <= len(facts) and all(0 < number <= len(facts) for number in keep)
    return [facts[number - 1] for number in keep] if sensible else facts


async def validated(judge: Judge, facts: Sequence[str], content: str, *, repeat: int = 0) -> Judgement[Verdicts]:
    """A verdict for each fact, by numbers from 1."""

    def complete(verdicts: Verdicts) -> Sequence[Problem]:
        is_complete = sorted(verdict.idx for verdict in verdicts.results) == list(range(1, len(facts) + 1))
        return () if is_complete else [Problem("Give each statement exactly one result.")]

    return await judge.ask("validate", {"source": content, "facts": facts}, Verdicts, complete, repeat=repeat)


@dataclass(frozen=True)
class FactScore:
    """Over many reports."""

    protocol: Literal["fact", "fact-all"]
    tasks: int
    """The denominator of what is told per task."""
    accuracy: float | None
    """Percent of supported ones among the citations that were judged supported or unsupported; None without any."""
    effective: float | None
    """Supported citations per task."""
    cited: float | None
    """Judged citations per task."""
    unknown: int
    """Citations of pages that say nothing: in neither number."""
    unchecked: int
    """Citations of pages that are not to be had or that the judge failed on."""
    failed: int
    """Reports of which nothing could be extracted."""


def stat(reports: Sequence[Cited]) -> FactScore:
    """As the benchmark counts. A report without citations, or that failed, is in no denominator."""
    return _score("fact", [report for report in reports if report.pages], reports)


def stat_all(reports: Sequence[Cited]) -> FactScore:
    """The same with every report in the denominator that the judge could read: who cites nothing has no effective
    citations."""
    return _score("fact-all", [report for report in reports if not report.problem], reports)


def _score(protocol: Literal["fact", "fact-all"], counted: Sequence[Cited], reports: Sequence[Cited]) -> FactScore:
    supported = sum(report.count("supported") for report in counted)
    judged = supported + sum(report.count("unsupported") for report in counted)
    return FactScore(
        protocol=protocol,
        tasks=len(counted),
        accuracy=100 * supported / judged if judged else None,
        effective=supported / len(counted) if counted else None,
        cited=judged / len(counted) if counted else None,
        unknown=sum(report.count("unknown") for report in counted),
        unchecked=sum(len(page.facts) for report in counted for page in report.pages if not page.results),
        failed=sum(bool(report.problem) for report in reports),
    )
