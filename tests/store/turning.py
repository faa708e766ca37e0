"""Jobs and their turns as a test wants them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from redraft.store import jobs
from redraft.store.database import Database
from redraft.store.models import Delivery, Job, JobRun

SEVEN = datetime(2026, 3, 2, 7, tzinfo=UTC)
HOUR, LEASE = timedelta(hours=1), timedelta(minutes=2)
ONE, TWO, THREE = (f"elsewhere {number} 0" for number in (1, 2, 3))
"""Processes of another machine: whether they are there nobody here can tell."""


def job(name: str = "trams", **more: Any) -> Job:
    """Due every hour, since seven."""
    usual: dict[str, Any] = {"question": "What do trams cost?", "every": 3600, "zone": "UTC"}
    usual |= {"settings": {}, "channels": [], "next_at": SEVEN, "created_at": SEVEN - HOUR}
    return Job(name=name, **usual | more)


def of(job: Job, due_at: datetime = SEVEN, **more: Any) -> JobRun:
    """A turn of a job, to be kept."""
    return JobRun(job_id=job.id or 0, due_at=due_at, not_before=due_at, state="ready", **more)


def struck(database: Database, job: Job) -> JobRun:
    """A turn that waits: the tick that was due is taken."""
    kept = jobs.by_id(database, job.id or 0)
    assert kept.next_at is not None
    turn = jobs.tick(database, kept, of(kept, kept.next_at), kept.next_at + HOUR)
    assert turn is not None
    return turn


def claim(
    database: Database,
    holder: str = ONE,
    now: datetime = SEVEN,
    servers: Sequence[str] = ("gpu",),
    limit: int = 99,
    **more: Any,
) -> JobRun | None:
    return jobs.claim(database, holder, now, LEASE, servers=lambda job: servers, limit=limit, **more)


def held(database: Database, name: str = "trams", **more: Any) -> JobRun:
    """A turn of a new job, which process ONE works on."""
    turn = struck(database, jobs.add(database, job(name, **more)))
    assert claim(database, only=turn.id) is not None
    return jobs.turn(database, turn.id or 0)


def delivery(kind: str = "report") -> Delivery:
    channel = {"kind": "hook", "command": ["true"]}
    return Delivery(job_run_id=0, number=0, kind=kind, channel=channel, state="pending", not_before=SEVEN)
