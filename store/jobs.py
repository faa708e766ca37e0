"""Jobs and their runs: each tick is taken by one process, whoever else looks, and what a killed one held is taken on.

Every verb that decides something does so under the write lock, by a change that names what it found: of two processes
that found the same, one succeeds.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, func, select, update

from redraft.store.database import Database
from redraft.store.errors import JobBusy, JobExists, NoSuchJob
from redraft.store.holders import is_gone
from redraft.store.models import Delivery, Job, JobRun, Seen
from redraft.store.models.jobs import ACTIVE

OVERLAP = "the run before it was not over"
SERVERS = ","
"""Stands between the servers of a turn."""


def add(database: Database, job: Job) -> Job:
    """Keeps a new job. Raises `JobExists` where the name is taken."""
    with database.session(lock=True) as session:
        if session.exec(select(Job).where(Job.name == job.name)).first():
            message = f"there is a job {job.name!r} already: choose another name, or change it with `redraft job edit`"
            raise JobExists(message)
        session.add(job)
    return job


def get(database: Database, name: str) -> Job:
    """Raises `NoSuchJob`."""
    with database.session() as session:
        job = session.exec(select(Job).where(Job.name == name)).first()
    if job is None:
        message = f"there is no job {name!r}: `redraft job list` names them"
        raise NoSuchJob(message)
    return job


def by_id(database: Database, job_id: int) -> Job:
    with database.session() as session:
        return session.get_one(Job, job_id)


def everyone(database: Database) -> Sequence[Job]:
    """All jobs, by name."""
    with database.session() as session:
        return session.exec(select(Job).order_by(col(Job.name))).all()


def change(database: Database, job: Job, **fields: Any) -> Job:
    with database.session(lock=True) as session:
        kept = session.get_one(Job, job.id)
        for name, value in fields.items():
            setattr(kept, name, value)
    return kept


def remove(database: Database, job: Job, now: datetime) -> None:
    """Forgets a job, with what became of its turns. The reports stay as runs. Raises `JobBusy` while it is run."""
    mine = select(JobRun.id).where(JobRun.job_id == job.id)
    with database.session(lock=True) as session:
        if active := _active(session, job.id or 0):
            if active.state == "running" and not _is_lost(active, now):
                message = f"a run of the job {job.name!r} is under way: pause the job, and wait for it or end it"
                raise JobBusy(message)
            session.delete(active)
            session.flush()
        session.exec(delete(Delivery).where(col(Delivery.job_run_id).in_(mine)))
        session.exec(delete(JobRun).where(col(JobRun.job_id) == job.id))
        session.exec(delete(Seen).where(col(Seen.job_id) == job.id))
        session.delete(session.get_one(Job, job.id))


def due(database: Database, now: datetime) -> Sequence[Job]:
    """Those whose next tick has come, the longest due first."""
    waiting = select(Job).where(col(Job.paused).is_(None), col(Job.next_at) <= now)
    with database.session() as session:
        return session.exec(waiting.order_by(col(Job.next_at), col(Job.id))).all()


def tick(database: Database, job: Job, turn: JobRun, next_at: datetime | None) -> JobRun | None:
    """Takes the tick that `job` says comes next, and notes the one after it. None where another process has taken it.

    `turn` is kept as `ready`; where the job's last run is not over, as `skipped`.
    """
    found = (col(Job.id) == job.id, col(Job.next_at) == job.next_at, col(Job.paused).is_(None))
    with database.session(lock=True) as session:
        if not session.exec(update(Job).where(*found).values(next_at=next_at)).rowcount:
            return None
        if session.exec(select(JobRun).where(JobRun.job_id == job.id, JobRun.due_at == turn.due_at)).first():
            return None  # its schedule was changed, and comes to a tick that it had before
        if _active(session, job.id or 0):
            turn.state, turn.reason, turn.finished_at = "skipped", OVERLAP, turn.not_before
        session.add(turn)
    return turn


def begin_by_hand(database: Database, turn: JobRun) -> JobRun:
    """Keeps a turn that the user asked for, or has the one begin that waits. Raises `JobBusy` if one is under way."""
    with database.session(lock=True) as session:
        active = _active(session, turn.job_id)
        if active and active.state == "running" and not _is_lost(active, turn.not_before):
            message = "a run of this job is under way: `redraft job history` tells how far it is"
            raise JobBusy(message)
        if active:
            active.not_before = min(active.not_before, turn.not_before)
            return active
        session.add(turn)
    return turn


def claim(
    database: Database,
    holder: str,
    now: datetime,
    lease: timedelta,
    *,
    servers: Callable[[Job], Sequence[str]],
    limit: int,
    only: int | None = None,
) -> JobRun | None:
    """Gives the turn that waits longest to `holder`, until `now` + `lease`; None where there is none to be given.

    Waiting are those that may begin, that were interrupted, and that a process held which is gone or has not said for
    the length of its lease that it is there. On each of the model servers, which `servers` names for a job, no more
    than `limit` are under way. `only` this one.
    """
    with database.session(lock=True) as session:
        running = session.exec(select(JobRun).where(JobRun.state == "running")).all()
        lost = [row for row in running if _is_lost(row, now)]
        busy = Counter(server for row in running if row not in lost for server in row.server.split(SERVERS))
        waiting = [*lost, *session.exec(select(JobRun).where(_may_begin(now)))]
        places = {row.id: servers(session.get_one(Job, row.job_id)) for row in waiting if only in (None, row.id)}
        mine = [row for row in waiting if row.id in places and all(busy[name] < limit for name in places[row.id])]
        if not mine:
            return None
        row = min(mine, key=lambda row: (row.due_at, row.id))
        place = SERVERS.join(places[row.id])
        held = {"state": "running", "holder": holder, "held_until": now + lease, "server": place}
        same = (col(JobRun.id) == row.id, col(JobRun.state) == row.state, col(JobRun.tries) == row.tries)
        begun = {"tries": row.tries + 1, "started_at": row.started_at or now}
        return row if session.exec(update(JobRun).where(*same).values(**held, **begun)).rowcount else None


def renew(database: Database, row: JobRun, holder: str, until: datetime) -> bool:
    """Says that the holder is there. False where it holds the turn no more."""
    with database.session(lock=True) as session:
        return bool(session.exec(update(JobRun).where(*_held(row, holder)).values(held_until=until)).rowcount)


def let_go(
    database: Database,
    row: JobRun,
    holder: str,
    ended: Mapping[str, Any],
    *,
    job: Mapping[str, Any] | None = None,
    deliveries: Sequence[Delivery] = (),
) -> bool:
    """Ends the holding of a turn with what became of it and of its `job`, and keeps what is to be sent, in one
    transaction. False, and nothing is kept, where the holder holds it no more."""
    values = {"holder": None, "held_until": None, **ended}
    with database.session(lock=True) as session:
        if not session.exec(update(JobRun).where(*_held(row, holder)).values(**values)).rowcount:
            return False
        if job:
            session.exec(update(Job).where(col(Job.id) == row.job_id).values(**job))
        _queue(session, row, deliveries)
    return True


def of_job(database: Database, job: Job, limit: int | None = None) -> Sequence[JobRun]:
    """Its turns, newest first."""
    mine = select(JobRun).where(JobRun.job_id == job.id).order_by(col(JobRun.due_at).desc(), col(JobRun.id).desc())
    with database.session() as session:
        return session.exec(mine.limit(limit)).all()


def turn(database: Database, turn_id: int) -> JobRun:
    with database.session() as session:
        return session.get_one(JobRun, turn_id)


def next_moment(database: Database, now: datetime) -> datetime | None:
    """When something comes that is not there yet: a tick, a turn or a delivery to be tried, the end of a lease.

    None where nothing is to come.
    """
    coming = (
        (Job.next_at, col(Job.paused).is_(None)),
        (JobRun.not_before, col(JobRun.state).in_(("ready", "interrupted"))),
        (JobRun.held_until, col(JobRun.state) == "running"),
        (Delivery.not_before, col(Delivery.state) == "pending"),
    )
    with database.session() as session:
        found = [session.exec(select(func.min(at)).where(col(at) > now, of)).one() for at, of in coming]
    return min((moment for moment in found if moment), default=None)


def _active(session: Session, job_id: int) -> JobRun | None:
    return session.exec(select(JobRun).where(JobRun.job_id == job_id, col(JobRun.state).in_(ACTIVE))).first()


def _may_begin(now: datetime) -> Any:
    return col(JobRun.state).in_(("ready", "interrupted")) & (col(JobRun.not_before) <= now)


def _is_lost(row: JobRun, now: datetime) -> bool:
    return row.holder is None or row.held_until is None or row.held_until < now or is_gone(row.holder)


def _held(row: JobRun, holder: str) -> tuple[Any, ...]:
    return col(JobRun.id) == row.id, col(JobRun.state) == "running", col(JobRun.holder) == holder


def _queue(session: Session, row: JobRun, deliveries: Sequence[Delivery]) -> None:
    kept = session.exec(select(func.max(Delivery.number)).where(Delivery.job_run_id == row.id)).one() or 0
    for number, delivery in enumerate(deliveries, start=kept + 1):
        delivery.job_run_id, delivery.number = row.id or 0, number
        session.add(delivery)
