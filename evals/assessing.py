"""A scoring from what is asked for to what is kept of it, and what it would take."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, get_args

import httpx

from redraft.agent.errors import UserError
from redraft.agent.retrying import Patience
from redraft.evals.benchmarks.base import Task
from redraft.evals.evidence import ByArticle
from redraft.evals.judged import Judged, Subject, Told, judged, subject
from redraft.evals.judging import cards
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.cleaning import Way
from redraft.evals.judging.gate import Stamp, label, stamp
from redraft.evals.judging.judge import Profile, connected, judge_at
from redraft.evals.judging.rehearsal import Bill, Rehearsal, bill, estimated
from redraft.evals.reports import name_of, read
from redraft.evals.scorers import Choices, Scorer, scorer
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import Scoring, now


@dataclass(frozen=True, kw_only=True)
class Used:
    """A protocol, and how it is used, as the user says it."""

    protocol: str
    benchmark: str
    clean: str = "rule"
    both_orders: bool = False
    reference: Path | None = None
    """Reports that stand in for the benchmark's references."""
    against: Path | None = None
    """Reports to compare with."""
    most: int | None = None
    """Of the tasks that the protocol can be used for, so many: the first."""
    repeats: int = 1


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What is to be judged, and how."""

    used: Used
    clean: Way
    scorer: Scorer
    subjects: Sequence[Subject]

    @property
    def about(self) -> dict[str, Any]:
        """What the numbers depend on beside the judge and the reports, ready for JSON."""
        used = self.used
        others = {"reference": used.reference, "against": used.against}
        return {
            "benchmark": used.benchmark,
            "repeats": used.repeats,
            "both_orders": used.both_orders,
            **{name: _described(path) for name, path in others.items()},
        }

    def stamp(self, profile: Profile) -> Stamp:
        return stamp(profile, self.used.protocol, self.clean)


def assessment(what: Sequence[str], tasks: Sequence[Task], used: Used, database: Callable[[], Database]) -> Assessment:
    """Raises `UserError` for what cannot be used for these tasks, and as `redraft.evals.judged.subject`."""
    clean = _way(used.clean)
    choices = Choices(
        clean=clean,
        both_orders=used.both_orders,
        reference=_articles(used.reference),
        against=_articles(used.against),
    )
    made = scorer(used.protocol, tasks, choices)
    usable = [task for task in tasks if task.id in made.tasks][: used.most]
    subjects = [subject(one, usable, database) for one in what]
    names = [one.name for one in subjects]
    if len(set(names)) < len(names):
        message = f"two of these are called the same: {', '.join(names)}"
        raise UserError(message)
    for run in filter(None, (one.eval_run for one in subjects)):
        if run.benchmark != used.benchmark:
            message = f"the evaluation run {run.name!r} is on {run.benchmark}, and not on {used.benchmark}"
            raise UserError(message)
    return Assessment(used=used, clean=clean, scorer=made, subjects=subjects)


def _way(said: str) -> Way:
    ways: dict[str, Way] = {way: way for way in get_args(Way)}
    if said not in ways:
        message = f"there is no way {said!r} to clean reports: there are {', '.join(ways)}"
        raise UserError(message)
    return ways[said]


def _articles(path: Path | None) -> dict[str, str] | None:
    return None if path is None else {report.task_id: report.output.article for report in read(path)}


def _described(path: Path | None) -> dict[str, str] | None:
    """The name of a system, and what its reports are, whatever file they lie in; None for the benchmark's own."""
    if path is None:
        return None
    articles = sorted((_articles(path) or {}).items())
    return {"name": name_of(path), "sha256": hashlib.sha256(json.dumps(articles).encode()).hexdigest()}


class Result(NamedTuple):
    """Scores by a judge."""

    systems: Sequence[Judged]
    label: str
    """`gated` or `ungated`."""
    stamp: Mapping[str, Any]
    """All that the scores depend on beside the reports."""


class Desk(NamedTuple):
    """Where judges work: what they have said, and the cards of those that were checked."""

    folder: Path
    patience: Patience | None = None
    """With the judge's server."""
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def cache(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / "judge.db"

    @property
    def cards(self) -> Path:
        return self.folder / "judges"


async def scored(wanted: Assessment, profile: Profile, desk: Desk, evidence: ByArticle, told: Told) -> Result:
    """Raises as `redraft.evals.judging.judge.judge_at`; what was answered until then is not asked again."""
    with closing(Cache(desk.cache)) as cache:
        async with judge_at(profile, cache, patience=desk.patience, transport=desk.transport) as judge:
            score = wanted.scorer.of(judge, evidence)
            systems = [
                await judged(score, one, wanted.used.protocol, repeats=wanted.used.repeats, told=told)
                for one in wanted.subjects
            ]
    of = wanted.stamp(judge.profile)
    card = cards.find(desk.cards, of)
    said = {
        "judge": of.model_dump(mode="json"),
        "redraft": version("redraft"),
        "card": cards.path_of(desk.cards, of).stem if card else None,
    }
    return Result(systems, label(card, of), {**wanted.about, **said})


def save(database: Database, result: Result) -> None:
    """The scores of those systems that are evaluation runs, in the place of earlier ones by the protocol."""
    for system in result.systems:
        if system.subject.eval_run is not None:
            scoring = Scoring(
                eval_run_id=0,
                protocol=system.protocol,
                stamp=dict(result.stamp),
                label=result.label,
                created_at=now(),
            )
            evals.save_scores(database, system.subject.eval_run, scoring, list(system.rows()))


class Foreseen(NamedTuple):
    bill: Bill
    is_counted: bool
    """Whether the judge's server has counted the prompts' tokens: else they are estimated."""


async def foreseen(
    profile: Profile, desk: Desk, rehearse: Callable[[Rehearsal], Awaitable[object]], *, counted: bool
) -> Foreseen:
    """What is still to be asked of what `rehearse` asks. Raises as `redraft.agent.client.connect` where the server is
    to count."""
    with closing(Cache(desk.cache)) as cache:
        if not counted:
            return await _estimated(Rehearsal(profile, cache), rehearse)
        async with connected(profile, patience=desk.patience, transport=desk.transport) as llm:
            judge = Rehearsal(replace(profile, model=llm.served.model), cache)
            await rehearse(judge)
            found = await bill(judge, llm.count)
            return Foreseen(found, is_counted=True) if llm.counts else await _estimated(judge, rehearse)


async def _estimated(judge: Rehearsal, rehearse: Callable[[Rehearsal], Awaitable[object]]) -> Foreseen:
    await rehearse(judge)
    return Foreseen(await bill(judge, estimated), is_counted=False)


async def rehearsed(wanted: Assessment, judge: Rehearsal, evidence: ByArticle) -> None:
    """Has the judge see all that a scoring would ask."""
    score = wanted.scorer.of(judge, evidence)
    for one in wanted.subjects:
        await judged(score, one, wanted.used.protocol, repeats=wanted.used.repeats)
