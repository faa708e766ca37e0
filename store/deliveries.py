"""What is to be sent and what came of it. Each try is one process's, and a killed one's comes again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select, update

from redraft.store.database import Database
from redraft.store.models import Delivery, Job, JobRun


class Due(NamedTuple):
    """A delivery with what it tells of."""

    delivery: Delivery
    turn: JobRun
    job: Job


def due(database: Database, now: datetime) -> Sequence[Due]:
    """Those to be tried, in the order in which they were asked for."""
    whole = select(Delivery, JobRun, Job).join(JobRun, col(JobRun.id) == col(Delivery.job_run_id))
    waiting = whole.join(Job, col(Job.id) == col(JobRun.job_id)).where(
        Delivery.state == "pending", col(Delivery.not_before) <= now
    )
    with database.session() as session:
        return [Due(*row) for row in session.exec(waiting.order_by(col(Delivery.id)))]


def take(database: Database, delivery: Delivery, until: datetime) -> bool:
    """Takes one for a try that is over by `until`: after that another may. False where another process has it."""
    found = (col(Delivery.id) == delivery.id, col(Delivery.state) == "pending", col(Delivery.tries) == delivery.tries)
    with database.session(lock=True) as session:
        taken = update(Delivery).where(*found).values(tries=delivery.tries + 1, not_before=until)
        return bool(session.exec(taken).rowcount)


def arrived(database: Database, delivery: Delivery, at: datetime) -> bool:
    """Notes that a try has succeeded, however long it took. False where another has before, or the job is gone."""
    return _note(database, delivery, state="done", error="", finished_at=at)


def put_off(database: Database, delivery: Delivery, error: str, until: datetime) -> bool:
    """Notes why the try that `delivery` was taken for has failed, and when the next one may come.

    False, and nothing is noted, where that one has begun already, or the job is gone.
    """
    return _note(database, delivery, _is_last(delivery), error=error, not_before=until)


def give_up(database: Database, delivery: Delivery, error: str, at: datetime) -> bool:
    """The same, where no other try comes."""
    return _note(database, delivery, _is_last(delivery), state="failed", error=error, finished_at=at)


def of_turn(database: Database, turn_id: int) -> Sequence[Delivery]:
    with database.session() as session:
        mine = select(Delivery).where(Delivery.job_run_id == turn_id)
        return session.exec(mine.order_by(col(Delivery.number))).all()


def of_job(database: Database, job_id: int, state: str) -> Sequence[Delivery]:
    mine = select(Delivery).join(JobRun, col(JobRun.id) == col(Delivery.job_run_id))
    with database.session() as session:
        return session.exec(mine.where(JobRun.job_id == job_id, Delivery.state == state)).all()


def _is_last(delivery: Delivery) -> Any:
    """No other try has begun since that for which it was taken."""
    return col(Delivery.tries) == delivery.tries + 1


def _note(database: Database, delivery: Delivery, *found: Any, **fields: Any) -> bool:
    pending = (col(Delivery.id) == delivery.id, col(Delivery.state) == "pending")
    with database.session(lock=True) as session:
        return bool(session.exec(update(Delivery).where(*pending, *found).values(**fields)).rowcount)
