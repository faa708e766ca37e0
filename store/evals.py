"""Evaluation runs, their tasks, and their scores."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, select, update

from redraft.store.database import Database
from redraft.store.errors import EvalExists, NoSuchEval
from redraft.store.models import EvalRun, EvalTask, Run, Score, Scoring


def create(database: Database, run: EvalRun, tasks: Sequence[EvalTask]) -> EvalRun:
    """Keeps a new evaluation run with its tasks. Raises `EvalExists` where the name is taken."""
    with database.session(lock=True) as session:
        if session.exec(select(EvalRun).where(EvalRun.name == run.name)).first():
            message = f"there is an evaluation run {run.name!r} already: choose another name"
            raise EvalExists(message)
        session.add(run)
        session.flush()
        for task in tasks:
            task.eval_run_id = run.id or 0
        session.add_all(tasks)
    return run


def get(database: Database, name: str) -> EvalRun:
    """Raises `NoSuchEval`."""
    found = find(database, name)
    if found is None:
        message = f"there is no evaluation run {name!r}: `redraft eval runs` names them"
        raise NoSuchEval(message)
    return found


def find(database: Database, name: str) -> EvalRun | None:
    with database.session() as session:
        return session.exec(select(EvalRun).where(EvalRun.name == name)).first()


def everyone(database: Database) -> Sequence[EvalRun]:
    """All evaluation runs, oldest first."""
    with database.session() as session:
        return session.exec(select(EvalRun).order_by(col(EvalRun.id))).all()


def tasks(database: Database, run: EvalRun) -> Sequence[EvalTask]:
    """In the order that they are begun in: all of one repeat before the next."""
    order = col(EvalTask.repeat), col(EvalTask.number)
    with database.session() as session:
        return session.exec(select(EvalTask).where(EvalTask.eval_run_id == run.id).order_by(*order)).all()


def task(database: Database, task_id: int) -> EvalTask:
    """By the number of its row."""
    with database.session() as session:
        return session.get_one(EvalTask, task_id)


def begin(database: Database, task: EvalTask, run: Run) -> str:
    """Keeps the run that writes a task's report. Returns the id of that run, or of the one that is there already."""
    with database.session(lock=True) as session:
        kept = session.get_one(EvalTask, task.id)
        if kept.run_id is None:
            session.add(run)
            session.flush()
            kept.run_id = run.id
        return kept.run_id


def finish(
    database: Database,
    task: EvalTask,
    *,
    state: str,
    article: str = "",
    failure: str = "",
    seconds: float | None = None,
    tokens: int | None = None,
) -> None:
    """Notes what became of a task."""
    ended: dict[str, Any] = {"state": state, "article": article, "failure": failure}
    with database.session(lock=True) as session:
        kept = session.get_one(EvalTask, task.id)
        kept.sqlmodel_update({**ended, "seconds": seconds, "tokens": tokens})


def reopen(database: Database, run: EvalRun) -> None:
    """Has the tasks that failed tried again: one that redraft writes goes on from where its run stands."""
    failed = col(EvalTask.eval_run_id) == run.id, col(EvalTask.state) == "failed"
    with database.session(lock=True) as session:
        session.exec(update(EvalTask).where(*failed).values(state="waiting", failure=""))


def remove(database: Database, run: EvalRun) -> None:
    """Forgets an evaluation run with its tasks and scores. The reports that redraft wrote stay as runs."""
    with database.session(lock=True) as session:
        _forget(session, select(Scoring.id).where(Scoring.eval_run_id == run.id))
        session.exec(delete(EvalTask).where(col(EvalTask.eval_run_id) == run.id))
        session.delete(session.get_one(EvalRun, run.id))


def save_scores(database: Database, run: EvalRun, scoring: Scoring, scores: Sequence[Score]) -> Scoring:
    """Keeps the scores by a protocol, in the place of those that it has given before."""
    with database.session(lock=True) as session:
        mine = Scoring.eval_run_id == run.id, Scoring.protocol == scoring.protocol
        _forget(session, select(Scoring.id).where(*mine))
        scoring.eval_run_id = run.id or 0
        session.add(scoring)
        session.flush()
        for score in scores:
            score.scoring_id = scoring.id or 0
        session.add_all(scores)
    return scoring


def scorings(database: Database, run: EvalRun) -> Sequence[Scoring]:
    """By the name of the protocol."""
    with database.session() as session:
        mine = select(Scoring).where(Scoring.eval_run_id == run.id)
        return session.exec(mine.order_by(col(Scoring.protocol))).all()


def scores(database: Database, scoring: Scoring) -> Sequence[Score]:
    """In the order that they were given in."""
    with database.session() as session:
        return session.exec(select(Score).where(Score.scoring_id == scoring.id).order_by(col(Score.id))).all()


def _forget(session: Session, scorings: Any) -> None:
    """Removes these scorings with their scores."""
    session.exec(delete(Score).where(col(Score.scoring_id).in_(scorings)))
    session.exec(delete(Scoring).where(col(Scoring.id).in_(scorings)))
