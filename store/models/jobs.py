"""Reports that are written again and again: when, what came of each time, and where it was sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment

ACTIVE = ("ready", "running", "interrupted")
"""The states of a job's run that is not over. A job has one such run at most."""


class Job(SQLModel, table=True):
    """A question that is researched by a clock."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    question: str
    cron: str | None = None
    """Five fields, as crontab(5) has them; None for one that runs `every` so many seconds."""
    every: int | None = None
    zone: str
    """The IANA name of the time zone that `cron` is read in."""
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the user chose for its reports, by the name of the setting."""
    channels: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Where its reports go, as `redraft.agent.jobs.channels` has them. They name secrets and hold none."""
    jitter: int = 0
    """Seconds by which a run may begin later than its tick."""
    most_failures: int = 3
    """Runs that may fail one after the other before it is paused; 0 for any number."""
    failures: int = 0
    """How many have, up to now."""
    paused: str | None = None
    """Why it is not run by the clock; None while it is."""
    next_at: datetime | None = moment(nullable=True)
    """The next tick. None while it is paused, and for a clock that never strikes again."""
    created_at: datetime = moment()


class JobRun(SQLModel, table=True):
    """One time that a job's turn came."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job_id", "due_at"),
        Index(
            "ux_job_run_active",
            "job_id",
            unique=True,
            sqlite_where=text("state IN ('ready', 'running', 'interrupted')"),
            postgresql_where=text("state IN ('ready', 'running', 'interrupted')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    job_id: int = Field(foreign_key="job.id", index=True)
    due_at: datetime = moment()
    """The tick; for a run by hand, the moment it was asked for."""
    by_hand: bool = False
    missed: int = 0
    """Ticks before this one that nobody was there for: they come to this one."""
    state: str
    """`ready` to begin, `running`, `interrupted` and to be gone on with; at its end `done`, `unchanged` where there was
    nothing new, `failed`, or `skipped` where the one before it was not over."""
    not_before: datetime = moment()
    """When it may begin, or be tried again."""
    tries: int = 0
    run_id: str | None = Field(default=None, foreign_key="run.id")
    """The run that writes its report."""
    holder: str | None = None
    """Who works on it, as `redraft.store.holders` names processes."""
    held_until: datetime | None = moment(nullable=True)
    server: str = ""
    """The model servers that it works with, with commas between them."""
    reason: str = ""
    """Why it ended as it did, in a sentence."""
    started_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)


class Seen(SQLModel, table=True):
    """An address that a search for a job has listed: no news any more."""

    job_id: int = Field(primary_key=True, foreign_key="job.id")
    url_key: str = Field(primary_key=True)
    """The canonical form of the address."""


class Delivery(SQLModel, table=True):
    """What is to be sent somewhere: kept until it has arrived, or was given up."""

    __table_args__ = (UniqueConstraint("job_run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    job_run_id: int = Field(foreign_key="job_run.id", index=True)
    number: int
    """Counts from 1 among those of the run."""
    kind: str
    """`report`, or `notice` of a job that was paused."""
    channel: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    state: str
    """`pending`, `done` or `failed`."""
    not_before: datetime = moment()
    tries: int = 0
    error: str = ""
    """Why the last try failed."""
    finished_at: datetime | None = moment(nullable=True)
