"""What a report is on, from where it lies: evaluation runs of the store, and files of scores."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.reading import json_object
from redraft.evals.evaluated import METRICS, OFFICIAL, repeats, system
from redraft.evals.report.subjects import Scored, Subject
from redraft.evals.scored import read
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, Scoring
from redraft.tools.errors import PathNotFound


class _Document(BaseModel):
    """What beside the scores stands in a file of them."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    benchmark: str | None = None
    label: str = ""
    stamp: dict[str, Any] = {}
    aggregate: dict[str, float | None] = {}
    systems: tuple[Any, ...] | None = None

    @property
    def protocol(self) -> str:
        """The judge's, where one has scored; of what takes no judge, only `metrics` knows several systems."""
        judge = self.stamp.get("judge")
        if isinstance(judge, dict) and "protocol" in judge:
            return str(judge["protocol"])
        return OFFICIAL if self.systems is None else METRICS


def subjects(named: Sequence[str], database: Callable[[], Database]) -> list[Subject]:
    """The systems that these names stand for, of files or else of evaluation runs; `database` is asked for these alone.

    Raises `PathNotFound` for what is neither, and `UserError` for a file that holds no scores of one system, for
    systems of one name, and for those of several benchmarks: their tasks have nothing to do with each other.
    """
    found = _told_apart([_subject(name, database) for name in named], named)
    benchmarks = {one.benchmark: one.name for one in found if one.benchmark}
    if len(benchmarks) > 1:
        told = ", ".join(f"{name} is on {benchmark}" for benchmark, name in benchmarks.items())
        message = f"a report is on one benchmark: {told}"
        raise UserError(message)
    return found


def _told_apart(found: list[Subject], named: Sequence[str]) -> list[Subject]:
    """Two files of one name are called by their whole paths."""
    count = Counter(one.name for one in found)
    called = [
        replace(one, name=name) if count[one.name] > 1 and not one.eval_run else one
        for one, name in zip(found, named, strict=True)
    ]
    if twice := [name for name, times in Counter(one.name for one in called).items() if times > 1]:
        message = f"{twice[0]} is named twice"
        raise UserError(message)
    return called


def _subject(name: str, database: Callable[[], Database]) -> Subject:
    if Path(name).is_file():
        return of_file(Path(name))
    eval_run = evals.find(database(), name)
    if eval_run is None:
        message = f"{name} is neither a file of scores nor an evaluation run: `redraft eval runs` names these"
        raise PathNotFound(message)
    return of_eval_run(database(), eval_run)


def of_file(path: Path) -> Subject:
    """Raises as `redraft.evals.scored.read`."""
    about = json_object(path, _Document)
    scored = Scored(system=read(path), whole=about.aggregate, stamp=about.stamp, label=about.label)
    return Subject(name=path.stem, benchmark=about.benchmark or "", scored={about.protocol: scored})


def of_eval_run(database: Database, eval_run: EvalRun) -> Subject:
    """With all its scorings."""
    tasks = evals.tasks(database, eval_run)

    def scored(scoring: Scoring) -> Scored:
        found, scores = repeats(database, eval_run, scoring.protocol), evals.scores(database, scoring)
        return Scored(
            system=system(eval_run.name, tasks, found),
            whole={score.measure: score.value for score in scores if not score.task_id},
            repeats=found,
            problems=[score for score in scores if score.problem],
            stamp=scoring.stamp,
            label=scoring.label,
        )

    return Subject(
        name=eval_run.name,
        benchmark=eval_run.benchmark,
        scored={scoring.protocol: scored(scoring) for scoring in evals.scorings(database, eval_run)},
        eval_run=eval_run,
        tasks=tasks,
    )
