"""A process that does what is due: once, for cron and timers, or as long as it is let."""

import asyncio
from collections.abc import Callable, Coroutine, Set
from datetime import datetime, timedelta
from typing import Any

import httpx

from redraft.agent.client import server_root, shown
from redraft.agent.jobs import outbox
from redraft.agent.jobs.ticking import tick
from redraft.agent.jobs.tools import Tools
from redraft.agent.jobs.working import work
from redraft.agent.settings import listed
from redraft.store import jobs
from redraft.store.errors import StoreError
from redraft.store.holders import host
from redraft.store.models import Job, JobRun

POLL = timedelta(seconds=30)
"""Between two looks at the store when nothing is known to come: a job may have been added."""
Task = asyncio.Task[None]
Work = Callable[[Tools, JobRun], Coroutine[Any, Any, None]]
"""What is done with a turn."""


async def run_due(tools: Tools, *, most: int | None = None, do: Work = work) -> list[int]:
    """Does all that is due, one turn after the other, and sends what is to be sent after each. Returns these turns.

    What another process works on is left to it.
    """
    done: list[int] = []
    while most is None or len(done) < most:
        tick(tools.database, tools.clock())
        turn = claim(tools)
        if turn is None:
            break
        await do(tools, turn)
        done.append(turn.id or 0)
        await outbox.deliver(tools)
    if not done:
        await outbox.deliver(tools)
    return done


async def serve(
    tools: Tools, stop: asyncio.Event, on_fault: Callable[[BaseException], None], *, do: Work = work
) -> None:
    """Does what is due until `stop` is set; then what is under way is interrupted, to be gone on with later.

    `on_fault` is told of a fault of the program, which costs one turn, or one try at a delivery, and not the others;
    and of a store that cannot be used for now: it is looked at again.
    """
    working: set[Task] = set()
    sending: set[Task] = set()
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            pause = POLL.total_seconds()
            try:
                now = tools.clock()
                _begin(tools, now, working, do)
                pause = _pause(tools, now)
            except StoreError as error:
                on_fault(error)
            _reap(sending, on_fault)
            if not sending:
                sending.add(asyncio.create_task(outbox.deliver(tools)))
            await asyncio.wait({stopped, *working}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            _reap(working, on_fault)
    finally:
        await _end({stopped, *working, *sending})
        _reap(working | sending, on_fault)


def claim(tools: Tools, only: int | None = None) -> JobRun | None:
    """A turn that this process is to work on."""

    def servers(job: Job) -> list[str]:
        urls = listed(job.settings.get("llm_url", "")) or tools.settings.llm_url
        return sorted({shown(httpx.URL(server_root(url))) for url in urls}) or [host()]

    return jobs.claim(
        tools.database,
        tools.holder,
        tools.clock(),
        tools.lease,
        servers=servers,
        limit=tools.settings.job_limit,
        only=only,
    )


def _begin(tools: Tools, now: datetime, working: set[Task], do: Work) -> None:
    tick(tools.database, now)
    while turn := claim(tools):
        working.add(asyncio.create_task(do(tools, turn)))


def _pause(tools: Tools, looked: datetime) -> float:
    """Seconds until something is to be looked at that was not there at the last look."""
    coming = jobs.next_moment(tools.database, looked)
    waiting = coming - tools.clock() if coming else POLL
    return max(0.0, min(POLL, waiting).total_seconds())


def _reap(tasks: set[Task], on_fault: Callable[[BaseException], None]) -> None:
    """Takes out those that are over."""
    for task in [task for task in tasks if task.done()]:
        tasks.remove(task)
        if not task.cancelled() and (error := task.exception()):
            on_fault(error)


async def _end(tasks: Set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
