"""A model in virtual time: what a run's replies would take, and how much of that one after the other, with no model."""

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redraft.agent.llm import LLM, Message, Reply, Request

QUIET = 0.004
"""Seconds in which nobody has asked anything: whoever could, waits for a reply. Steps of a run take under a millisecond
between a reply and the next request, most of it the store's."""


@dataclass
class VirtualTime:
    """Passes requests on to `llm`, and lets each reply take as long as it has output tokens, in units of its own.

    Any number of replies are under way at once. Time passes only while all who could ask are waiting, so what `now`
    says in the end is the longest chain of replies of which each had to wait for the one before.
    """

    llm: LLM
    took: Callable[[Reply], int] = lambda reply: reply.output_tokens
    now: int = 0
    total: int = 0
    """What all replies take, one after the other."""
    context: int = 32_768
    _pending: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    _asked: int = 0
    _clock: asyncio.Task[None] | None = None

    async def sample(self, request: Request) -> Sequence[Reply]:
        """Variants of one request are written side by side: the longest of them is waited for."""
        replies = await self.llm.sample(request)
        took = [self.took(reply) for reply in replies]
        self.total += sum(took)
        await self._wait(max(took))
        return replies

    async def count(self, messages: Sequence[Message]) -> int:
        return await self.llm.count(messages)

    async def _wait(self, took: int) -> None:
        self._asked += 1
        ready = asyncio.get_running_loop().create_future()
        heapq.heappush(self._pending, (self.now + took, self._asked, ready))
        if self._clock is None or self._clock.done():
            self._clock = asyncio.create_task(self._pass())
        await ready

    async def _pass(self) -> None:
        while self._pending:
            asked = -1
            while asked != self._asked:
                asked = self._asked
                await asyncio.sleep(QUIET)
            self.now, _, ready = heapq.heappop(self._pending)
            ready.set_result(None)
