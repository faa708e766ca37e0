"""A job on the test's own library, a clock that is moved by hand, and what a process would do."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from redraft.agent.jobs import outbox, worker
from redraft.agent.jobs.channels import Folder
from redraft.agent.jobs.tools import LEASE, Tools
from redraft.agent.llm import LLM
from redraft.agent.settings import Settings
from redraft.store import jobs
from redraft.store.database import Database
from redraft.store.errors import StoreUnusable
from redraft.store.models import Job, JobRun

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""Seven o'clock in Berlin."""
WEEK = timedelta(weeks=1)


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Process:
    """Works on the jobs of a database, under a name of its own."""

    database: Database
    settings: Settings
    llm: LLM
    clock: Clock
    holder: str = "elsewhere 1 0"
    said: list[str] = field(default_factory=list)
    lease: timedelta = LEASE

    @property
    def tools(self) -> Tools:
        return Tools(
            database=self.database,
            settings=self.settings,
            holder=self.holder,
            clock=self.clock,
            lease=self.lease,
            say=lambda job, text: self.said.append(text),
            llm=self.llm,
        )

    def run_due(self) -> list[JobRun]:
        return [jobs.turn(self.database, turn) for turn in asyncio.run(worker.run_due(self.tools))]

    def deliver(self) -> None:
        asyncio.run(outbox.deliver(self.tools))


def weekly(database: Database, question: str, folder: Path, **more: Any) -> Job:
    usual: dict[str, Any] = {"name": "weekly", "cron": "0 7 * * MON", "zone": "Europe/Berlin", "settings": {}}
    usual |= {"channels": [Folder(path=folder).model_dump(mode="json")], "next_at": MONDAY}
    return jobs.add(database, Job(question=question, created_at=MONDAY - WEEK, **usual | more))


def many(database: Database, question: str, count: int, next_at: datetime = MONDAY) -> None:
    for number in range(count):
        weekly(database, question, Path(), name=f"job-{number}", channels=[], next_at=next_at)


def states(database: Database, job: Job) -> Sequence[str]:
    """Of the job's turns, oldest first."""
    return [turn.state for turn in reversed(jobs.of_job(database, job))]


class Flaky(Database):
    """Is away for one session when it is told to."""

    away = False

    @contextmanager
    def session(self, *, lock: bool = False) -> Iterator[Session]:
        if self.away:
            self.away = False
            raise StoreUnusable("the store is away")
        with super().session(lock=lock) as session:
            yield session
