"""The check of a judge: what it is checked on, and the card that is kept of it."""

import csv
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from redraft.agent.errors import UserError
from redraft.evals.assessing import Assessment, Desk
from redraft.evals.benchmarks.base import Task
from redraft.evals.data import existing
from redraft.evals.judged import Entry, Told, common
from redraft.evals.judging import cards
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.gate import PROBES, Card, Material, judge_check
from redraft.evals.judging.judge import Judge, Profile, judge_at
from redraft.evals.judging.rehearsal import Rehearsal
from redraft.evals.judging.scoring import Opinion


def known_scores(given: Sequence[str]) -> dict[str, float]:
    """Of `NAME=SCORE`, and of leaderboards: tables with the columns `model` and `overall_score`.

    Raises `PathNotFound`, and `UserError` for what is neither.
    """
    found: dict[str, float] = {}
    for one in given:
        name, is_pair, score = one.rpartition("=")
        found |= _table(Path(one)) if Path(one).exists() or not is_pair else {name: _number(one, score)}
    return found


def _table(path: Path) -> dict[str, float]:
    with existing(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"model", "overall_score"} <= rows[0].keys():
        message = f"{path} is no table with the columns model and overall_score"
        raise UserError(message)
    return {row["model"]: _number(str(path), row["overall_score"]) for row in rows}


def _number(where: str, said: str) -> float:
    try:
        return float(said)
    except ValueError as error:
        message = f"{where}: {said!r} is no score"
        raise UserError(message) from error


def material(
    wanted: Assessment, tasks: Sequence[Task], known: Mapping[str, float], *, most: int | None = None
) -> Material:
    """The systems' reports on the tasks that all of them have one on, `most` of these at most: the first.

    Raises `UserError` where there is none.
    """
    shared = common(wanted.subjects)
    chosen = [task for task in tasks if task.id in shared][:most]
    if not chosen:
        raise UserError("there is no task that all of these systems have a report on")
    ids = {task.id for task in chosen}
    return Material(
        systems={
            one.name: {entry.task: entry.article for entry in one.entries if entry.task in ids and not entry.repeat}
            for one in wanted.subjects
        },
        known=known,
        humans={
            task.id: {system: means["overall"] for system, means in task.meta["people"].items()}
            for task in chosen
            if "people" in task.meta
        },
    )


async def checked(
    wanted: Assessment, of: Material, profile: Profile, desk: Desk, told: Told, *, probes: int | None = None
) -> Card:
    """The judge's card, which is kept whether it has passed or not. Raises as `scored`."""
    with closing(Cache(desk.cache)) as cache:
        async with judge_at(profile, cache, patience=desk.patience, transport=desk.transport) as judge:
            card = await judge_check(
                _told(wanted, judge, told), of, wanted.stamp(judge.profile), probes=probes or PROBES
            )
    cards.keep(desk.cards, card)
    return card


def _told(wanted: Assessment, judge: Judge, told: Told) -> Callable[[str, str, int], Any]:
    score = wanted.scorer.of(judge, {})

    async def one(task: str, article: str, repeat: int) -> Opinion:
        opinion = await score(task, article, repeat)
        told("", Entry(task, article, repeat), opinion)
        return opinion

    return one


async def rehearsed(wanted: Assessment, judge: Rehearsal, of: Material, *, probes: int | None = None) -> None:
    """Has the judge see all that its check would ask."""
    await judge_check(wanted.scorer.of(judge, {}), of, wanted.stamp(judge.profile), probes=probes or PROBES)
