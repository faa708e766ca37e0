"""A turn is held by saying so again and again: a process that falls silent loses it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from redraft.agent.jobs.tools import Tools
from redraft.store import jobs
from redraft.store.errors import StoreError
from redraft.store.models import JobRun

BEATS = 4
"""In a lease: some may come late, or find the store locked."""


class TurnLost(Exception):
    """Another process has taken the turn, or may have: for a whole lease this one could not say that it is there."""


@asynccontextmanager
async def holding(tools: Tools, turn: JobRun) -> AsyncIterator[None]:
    """Keeps the turn held while the work in it goes on. Once it is lost that work is cancelled, and `TurnLost` raised.

    From a thread of its own: what makes a PDF, or encodes a library, blocks the event loop for longer than a lease.
    """
    over, loop, lease = threading.Event(), asyncio.get_running_loop(), asyncio.timeout(None)

    def end() -> None:
        if not over.is_set():
            lease.reschedule(loop.time())

    lose = partial(loop.call_soon_threadsafe, end)
    heart = threading.Thread(target=_beat, args=(tools, turn, over, lose), name=f"turn {turn.id}", daemon=True)
    try:
        async with lease:
            heart.start()
            try:
                yield
            finally:
                over.set()
                heart.join()
    except TimeoutError as error:
        if lease.expired():
            raise TurnLost from error
        raise


def _beat(tools: Tools, turn: JobRun, over: threading.Event, lose: Callable[[], object]) -> None:
    until = tools.clock() + tools.lease
    while not over.wait(tools.lease.total_seconds() / BEATS):
        now = tools.clock()
        try:
            held = jobs.renew(tools.database, turn, tools.holder, now + tools.lease)
            until = now + tools.lease
        except StoreError:  # it may be back before the lease is over; the work meets the same, and tells of it
            held = now <= until
        if not held:
            lose()
            return
