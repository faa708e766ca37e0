"""Politeness: how many requests a site has to bear at once, and how fast they follow each other."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redraft.tools.fetch.address import Address

ABREAST = 2
"""Requests that are under way at one host at a time: the lower end of what browsers open. Not measured."""
SPACING = 0.5
"""Seconds between the starts of two requests to one host. A starting point: no site has been asked."""
ABREAST_TRUSTED = 8
"""The same for a host that the user has allowed by name: it is the user's own, and gets no pauses."""
ABREAST_IN_ALL = 16
"""Requests that are under way at all hosts together. A starting point, not measured on a real line."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class _Queue:
    slots: asyncio.Semaphore
    free: float = field(default=float("-inf"))
    """When the next request may start."""


class Manners:
    """One for all requests of a process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._overall = asyncio.Semaphore(ABREAST_IN_ALL)
        self._public = defaultdict[str, _Queue](lambda: _Queue(asyncio.Semaphore(ABREAST)))
        self._trusted = defaultdict[str, _Queue](lambda: _Queue(asyncio.Semaphore(ABREAST_TRUSTED)))

    @asynccontextmanager
    async def turn(self, address: Address, delay: float = 0) -> AsyncIterator[None]:
        """Waits until a request to `address` may start; it counts as under way until the end.

        The next request to this host starts at least `SPACING` seconds later, or `delay` where that is longer.
        """
        queue = self._trusted[address.place] if address.trusted else self._public[address.host]
        async with queue.slots, self._overall:
            await self._pace(queue, delay if address.trusted else max(delay, SPACING))
            yield

    async def _pace(self, queue: _Queue, spacing: float) -> None:
        now = self._clock()
        start = max(now, queue.free)
        queue.free = start + spacing
        if start > now:
            await self._sleep(start - now)
