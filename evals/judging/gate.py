"""A judge is judged before its scores are believed: on reports whose order is known, on what people say, on damage.

The card that comes of it vouches for one protocol, one model with its parameters, and the prompts as they were. All
other scores are called ungated.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import BaseModel, ConfigDict

from redraft.evals.comparison import Sample, compare
from redraft.evals.judging.cleaning import Way
from redraft.evals.judging.damages import DAMAGES, Damage, with_padding
from redraft.evals.judging.humans import accuracy
from redraft.evals.judging.judge import Profile
from redraft.evals.judging.scoring import Opinion, Score
from redraft.evals.statistics import Interval, deviation, kendall
from redraft.prompts import version

PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "race": ("race",),
    "race-pointwise": ("pointwise",),
    "fact": ("extract", "deduplicate", "validate"),
    "deepconsult": ("pairwise",),
    "preference": ("preference",),
    "rubric": ("rubric",),
}
"""The prompts of each protocol."""
LEAST_TAU = 0.6
"""Between a judge's order of known systems and the published one."""
LEAST_AGREEMENT = 0.6
"""With people, on which of two reports is better. In the 33 tasks at hand people agree with each other in 0.68 of such
cases by their weighted scores, and in 0.71 by their overall ones. It is not enough by itself: a judge that only counts
characters agrees with them in 0.70 (perplexity against grok), and fails by the order, by doubling and by padding."""
MOST_FLIPS = 0.25
MOST_SPREAD = 1.0
"""Standard deviation of the mean over all tasks from repeat to repeat, in points of 100. Starting point."""
LEAST_ANSWERED = 0.95
"""Of the scores asked for. Starting point."""
LEAST_TASKS = 8
"""Of fewer the intervals of a bootstrap are far too narrow (see `redraft.evals.statistics.interval`), and a judge could
pass by chance. Starting point."""
PROBES = 12
"""Reports that are damaged. Starting point: 12 can show a fall of 0.57 standard deviations of the change."""
REPEATS = 3


Detail = dict[str, float | None]


class Stamp(BaseModel):
    """What a card vouches for."""

    model_config = ConfigDict(frozen=True)

    protocol: str
    parameters: dict[str, Any]
    prompts: dict[str, str]
    """The version of each."""
    cleaning: Way = "rule"
    """How reports are cleaned of their citations, where the protocol wants them clean."""


def stamp(profile: Profile, protocol: str, cleaning: Way = "rule") -> Stamp:
    names = PROTOCOLS[protocol] if cleaning == "rule" else (*PROTOCOLS[protocol], "clean")
    prompts = {name: version(f"judging/{name}") for name in names}
    return Stamp(protocol=protocol, parameters=profile.parameters, prompts=prompts, cleaning=cleaning)


class Check(BaseModel):
    name: str
    value: float | None
    """None where it could not be measured, which does not pass."""
    bound: str
    passed: bool
    detail: Detail = {}


class Card(BaseModel):
    """How a judge did."""

    stamp: Stamp
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """PASS or FAIL, then a line for each check."""
        lines = (f"{'pass' if c.passed else 'FAIL'}  {c.name}: {_shown(c.value)} ({c.bound})" for c in self.checks)
        return "\n".join(["PASS" if self.passed else "FAIL", *lines])

    def write(self, path: Path) -> None:
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> Card:
    return Card.model_validate_json(path.read_text(encoding="utf-8"))


def gated(card: Card | None, wanted: Stamp) -> bool:
    """Whether scores with this stamp may be believed: the judge has passed, and nothing about it has changed since."""
    return card is not None and card.stamp == wanted and card.passed


def label(card: Card | None, wanted: Stamp) -> str:
    """What scores are called in a table."""
    return "gated" if gated(card, wanted) else "ungated"


@dataclass(frozen=True)
class Material:
    """What a judge is checked on."""

    systems: Mapping[str, Mapping[str, str]]
    """System → task → report, as the system wrote it. Of the same tasks, as far as there are reports: the order is that
    of the means."""
    known: Mapping[str, float]
    """System → published score, in any unit."""
    humans: Mapping[str, Mapping[str, float]]
    """Task → system → mean score by people."""


Opinions = Mapping[str, Mapping[str, Opinion]]
"""System → task → what the judge says."""


async def judge_check(
    score: Score, material: Material, of: Stamp, *, probes: int = PROBES, reads_citations: bool = False
) -> Card:
    """Scores every report once, those of one system `REPEATS` times, and `probes` of them damaged in every way.

    The system is the first of `material.systems`. `reads_citations`: whether the protocol is shown citations at all; if
    not, shuffling them changes nothing, and is not tried.
    """
    first, *_ = material.systems
    made = await asyncio.gather(*(_all(score, reports) for reports in material.systems.values()))
    opinions = dict(zip(material.systems, made, strict=True))
    again = await asyncio.gather(*(_all(score, material.systems[first], repeat) for repeat in range(1, REPEATS)))
    chosen = dict(sorted(material.systems[first].items())[:probes])
    wanted = {name: damage for name, damage in DAMAGES.items() if reads_citations or name != "citations shuffled"}
    damaging = (_damaged(score, chosen, name, damage, opinions[first]) for name, damage in wanted.items())
    damaged = await asyncio.gather(*damaging)
    padded = await _padded(score, chosen, opinions[first])
    asked = [opinion for made in (*opinions.values(), *again) for opinion in made.values()]
    checks = [_order(opinions, material.known), _people(opinions, material.humans), _flips(asked)]
    spread, enough = _spread([opinions[first], *again]), _enough(len(chosen))
    return Card(stamp=of, checks=[*checks, *damaged, padded, spread, _answered(asked), enough])


async def _all(score: Score, reports: Mapping[str, str], repeat: int = 0) -> dict[str, Opinion]:
    found = await asyncio.gather(*(score(task, report, repeat) for task, report in reports.items()))
    return dict(zip(reports, found, strict=True))


def _order(opinions: Opinions, known: Mapping[str, float]) -> Check:
    means = {system: mean for system in opinions if system in known and (mean := _mean(opinions[system])) is not None}
    tau = kendall([known[system] for system in means], list(means.values())) if len(means) > 2 else None
    return _at_least("order of known systems (Kendall's tau-b)", tau, LEAST_TAU, **means)


def _people(opinions: Opinions, humans: Mapping[str, Mapping[str, float]]) -> Check:
    right = accuracy([(_judged(opinions, task), means) for task, means in sorted(humans.items())])
    share = fmean(right) if right else None
    return _at_least("agreement with people, pair by pair", share, LEAST_AGREEMENT, pairs=len(right))


def _judged(opinions: Opinions, task: str) -> dict[str, float]:
    scores = ((system, made[task].score) for system, made in opinions.items() if task in made)
    return {system: score for system, score in scores if score is not None}


def _flips(asked: Sequence[Opinion]) -> Check:
    rates = [opinion.flip_rate for opinion in asked if opinion.flip_rate is not None]
    return _at_most("contradictions between the two orders", fmean(rates) if rates else None, MOST_FLIPS)


async def _changed(
    score: Score, name: str, bound: str, reports: Mapping[str, str], damage: Damage, whole: Mapping[str, Opinion]
) -> tuple[Check, Interval | None]:
    """What a change to reports does to their scores; whether that passes is for the caller."""
    made = await _all(score, {task: damage(report) for task, report in reports.items()})
    change = compare(_sample(name, made), _sample("whole", {task: whole[task] for task in made}))
    low, high = change.interval or (None, None)
    detail: Detail = {"low": low, "high": high, "tasks": change.tasks}
    value = change.difference if change.tasks else None
    return Check(name=name, value=value, bound=bound, passed=False, detail=detail), change.interval


async def _damaged(
    score: Score, reports: Mapping[str, str], name: str, damage: Damage, whole: Mapping[str, Opinion]
) -> Check:
    check, interval = await _changed(score, name, "the score falls", reports, damage, whole)
    return check.model_copy(update={"passed": interval is not None and interval.high < 0})


async def _padded(score: Score, reports: Mapping[str, str], whole: Mapping[str, Opinion]) -> Check:
    check, interval = await _changed(score, "padding", "the score does not rise", reports, with_padding, whole)
    return check.model_copy(update={"passed": interval is not None and interval.low <= 0})


def _spread(repeats: Sequence[Mapping[str, Opinion]]) -> Check:
    means = [mean for opinions in repeats if (mean := _mean(opinions)) is not None]
    return _at_most("spread of the mean over repeats", deviation(means) if len(means) > 1 else None, MOST_SPREAD)


def _answered(asked: Sequence[Opinion]) -> Check:
    share = fmean(opinion.score is not None for opinion in asked) if asked else None
    return _at_least("scores that were to be had", share, LEAST_ANSWERED, asked=len(asked))


def _enough(tasks: int) -> Check:
    return _at_least("reports that were damaged", tasks, LEAST_TASKS)


def _sample(name: str, opinions: Mapping[str, Opinion]) -> Sample:
    return Sample(name=name, scores={task: opinion.score for task, opinion in opinions.items()})


def _mean(opinions: Mapping[str, Opinion]) -> float | None:
    scores = [opinion.score for opinion in opinions.values() if opinion.score is not None]
    return fmean(scores) if scores else None


def _at_least(name: str, value: float | None, bound: float, **detail: float | None) -> Check:
    passed = value is not None and value >= bound
    return Check(name=name, value=value, bound=f"at least {bound}", passed=passed, detail=detail)


def _at_most(name: str, value: float | None, bound: float) -> Check:
    passed = value is not None and value <= bound
    return Check(name=name, value=value, bound=f"at most {bound}", passed=passed)


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"
