"""Evaluation runs as systems: their reports, and the scores that are kept of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from redraft.agent.errors import UserError
from redraft.agent.stated_length import stated_words
from redraft.evals.benchmarks.base import Output
from redraft.evals.measuring import Row, Way, in_signs, of_article, of_own, with_failures
from redraft.evals.reports import read
from redraft.evals.scored import System
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, EvalTask, Score, Scoring, now
from redraft.tools.errors import PathNotFound

METRICS = "metrics"
"""The protocol of what takes no judge."""
OFFICIAL = "official"
"""The protocol of what a benchmark's own scripts have found."""
Rows = Mapping[str, Row]
"""By task."""


def of_evaluation(database: Database, eval_run: EvalRun, protocol: str) -> System:
    """The scores by a protocol: of a task with several repeats their mean, over those that have one.

    Tasks that wait are unscored. Raises `UserError` where nothing was scored by this protocol.
    """
    return system(eval_run.name, evals.tasks(database, eval_run), repeats(database, eval_run, protocol))


def system(name: str, tasks: Sequence[EvalTask], repeats: Sequence[Rows]) -> System:
    """One of several repeats, each with its scores."""
    ids = list(dict.fromkeys(task.task_id for task in tasks))
    written = {task.task_id for task in tasks if task.state != "failed"}
    mean = {task: _mean([rows[task] for rows in repeats if task in rows]) for task in ids}
    scored = {task: row for task, row in mean.items() if row}
    return System(
        name=name,
        tasks=scored,
        failed=tuple(task for task in scored if task not in written),
        unscored=tuple(task for task in ids if task not in scored),
    )


def repeats(database: Database, eval_run: EvalRun, protocol: str) -> list[Rows]:
    """The scores by a protocol, of each repeat its own. Raises as `of_evaluation`."""
    found: dict[int, dict[str, dict[str, float | None]]] = {}
    for score in evals.scores(database, _scoring(database, eval_run, protocol)):
        if score.task_id:
            found.setdefault(score.repeat, {}).setdefault(score.task_id, {})[score.measure] = score.value
    return [found[repeat] for repeat in sorted(found)]


def measured(database: Database, eval_run: EvalRun, way: Way) -> dict[int, dict[str, Row]]:
    """Every metric that takes no judge, by repeat and task, of all tasks that have ended.

    A report that redraft has written is held against all that its run has read. Raises `UserError` where no task has
    ended, and for one that the benchmark's data does not have.
    """
    ended = {(task.repeat, task.task_id): task for task in evals.tasks(database, eval_run) if task.state != "waiting"}
    if not ended:
        message = f"evaluation run {eval_run.name} has no report yet: redraft eval generate --name {eval_run.name}"
        raise UserError(message)
    written = {key: _measured(database, eval_run, task, way) for key, task in ended.items() if task.state == "done"}
    found: dict[int, dict[str, Row]] = {}
    for (repeat, task_id), row in with_failures(ended, written).items():
        found.setdefault(repeat, {})[task_id] = row
    return found


def save(
    database: Database,
    eval_run: EvalRun,
    protocol: str,
    stamp: Mapping[str, Any],
    scores: Mapping[int, Rows],
    whole: Mapping[str, float | None] | None = None,
) -> Scoring:
    """Keeps scores that take no judge, by repeat, in the place of those that the protocol has given these repeats.

    `whole`: measures of the evaluation run as such.
    """
    old = next((one for one in evals.scorings(database, eval_run) if one.protocol == protocol), None)
    kept = [score for score in evals.scores(database, old) if score.task_id] if old else []
    rows = [
        *(Score(**score.model_dump(exclude={"id"})) for score in kept if score.repeat not in scores),
        *(score for repeat, tasks in scores.items() for score in _scores(tasks, repeat)),
        *_scores({"": whole or {}}, 0),
    ]
    scoring = Scoring(eval_run_id=0, protocol=protocol, stamp=dict(stamp), created_at=now())
    return evals.save_scores(database, eval_run, scoring, rows)


def subject(name: str, store: Callable[[], Database]) -> Path | EvalRun:
    """The file or folder that is there, else the evaluation run of this name. Raises `PathNotFound`."""
    if Path(name).exists():
        return Path(name)
    found = evals.find(store(), name)
    if found is None:
        message = f"{name} is not there, neither as a file nor as an evaluation run: `redraft eval runs` names these"
        raise PathNotFound(message)
    return found


def articles(database: Database, one: Path | EvalRun) -> list[str]:
    """The reports of a file, a folder or an evaluation run, without the empty ones."""
    if isinstance(one, Path):
        return [report.output.article for report in read(one) if report.output.article]
    return [task.article for task in evals.tasks(database, one) if task.article]


def outputs(database: Database, eval_run: EvalRun, repeat: int = 0) -> list[Output]:
    """The reports of one repeat: of a task that failed an empty one, of one that waits none."""
    tasks = [task for task in evals.tasks(database, eval_run) if task.repeat == repeat]
    if not tasks:
        message = f"evaluation run {eval_run.name} has no repeat {repeat}: they count from 0"
        raise UserError(message)
    return [
        Output(task.task_id, task.article, task.seconds, task.tokens, task.run_id, task.failure or None)
        for task in tasks
        if task.state != "waiting"
    ]


def groups(database: Database, eval_run: EvalRun, by: str) -> dict[str, str]:
    """Task → its `language` or `topic`."""
    return {task.task_id: getattr(task, by) for task in evals.tasks(database, eval_run)}


def _measured(database: Database, eval_run: EvalRun, task: EvalTask, way: Way) -> Row:
    output = Output(task.task_id, task.article, task.seconds, task.tokens)
    if task.run_id is not None:
        return of_own(database, task.run_id, output, way)
    words = eval_run.settings.get("words") or stated_words(task.prompt)
    asked = in_signs(words, task.language) if words else None
    return of_article(output, way, asked, task.language)


def _scoring(database: Database, eval_run: EvalRun, protocol: str) -> Scoring:
    known = {scoring.protocol: scoring for scoring in evals.scorings(database, eval_run)}
    if protocol not in known:
        there = f"there are scores by {', '.join(known)}" if known else "nothing has scored it yet"
        message = f"evaluation run {eval_run.name} has no scores by {protocol}: {there}"
        raise UserError(message)
    return known[protocol]


def _mean(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """By measure, over the rows that have a value, in the order of the measures."""
    told: dict[str, list[float]] = {}
    for row in rows:
        for measure, value in row.items():
            told.setdefault(measure, []).extend([] if value is None else [value])
    return {measure: fmean(values) if values else None for measure, values in told.items()}


def _scores(tasks: Rows, repeat: int) -> Iterator[Score]:
    for task, row in tasks.items():
        for measure, value in row.items():
            yield Score(scoring_id=0, task_id=task, repeat=repeat, measure=measure, value=value)
