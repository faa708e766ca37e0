"""Ticks become turns: what the clock of a job has struck since it was last looked at is one turn, and one alone."""

import hashlib
from datetime import datetime, timedelta

from redraft.agent.jobs.schedule import Schedule
from redraft.store import jobs
from redraft.store.database import Database
from redraft.store.models import Job, JobRun

INSTANT = timedelta(microseconds=1)


def schedule(job: Job) -> Schedule:
    return Schedule(cron=job.cron, every=job.every, zone=job.zone, anchor=job.created_at)


def tick(database: Database, now: datetime) -> list[JobRun]:
    """Takes the ticks that have come, however many processes look at once: each gets those that no other took.

    The ticks of one job that nobody was there for come to the newest of them.
    """
    taken = (_tick(database, job, now) for job in jobs.due(database, now))
    return [turn for turn in taken if turn is not None]


def by_hand(job: Job, now: datetime) -> JobRun:
    return JobRun(job_id=job.id or 0, due_at=now, not_before=now, by_hand=True, state="ready")


def _tick(database: Database, job: Job, now: datetime) -> JobRun | None:
    clock, first = schedule(job), job.next_at or now
    due_at, missed = clock.latest(first - INSTANT, now) or (first, 0)
    turn = JobRun(
        job_id=job.id or 0,
        due_at=due_at,
        not_before=due_at + _jitter(job, due_at),
        missed=missed,
        state="ready",
    )
    return jobs.tick(database, job, turn, clock.after(now))


def _jitter(job: Job, due_at: datetime) -> timedelta:
    """Up to the job's jitter: the same for one tick whoever takes it, and another for the next."""
    drawn = int.from_bytes(hashlib.sha256(f"{job.name} {due_at.isoformat()}".encode()).digest()[:8])
    return timedelta(seconds=drawn % (job.jitter + 1))
