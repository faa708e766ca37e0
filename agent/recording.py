"""The model as one run sees it: every reply kept, none asked for twice."""

import asyncio
from collections.abc import Sequence

from redraft.agent.events import CallAnswered, CallRemembered, Emit
from redraft.agent.llm import LLM, Message, Reply, Request
from redraft.store import calls
from redraft.store.database import Database
from redraft.store.models import Call, now


class Recorder:
    """Passes requests on to `llm`, `concurrency` at a time, and keeps each reply before anyone sees it.

    A request that this run has had answered is answered from the store, whatever happened to the process since.
    """

    def __init__(self, llm: LLM, database: Database, run_id: str, emit: Emit, *, concurrency: int) -> None:
        self._llm = llm
        self._database = database
        self._run_id = run_id
        self._emit = emit
        self._turn = asyncio.Semaphore(concurrency)

    @property
    def context(self) -> int:
        return self._llm.context

    async def count(self, messages: Sequence[Message]) -> int:
        async with self._turn:
            return await self._llm.count(messages)

    async def complete(self, request: Request) -> Call:
        """The reply, or the first of several, as it was recorded."""
        return (await self.sample(request))[0]

    async def sample(self, request: Request) -> Sequence[Call]:
        """The `request.n` replies in their order, as they were recorded."""
        kept = calls.answered(self._database, self._run_id, request.key)
        for _ in kept:
            self._emit(CallRemembered(node=request.node, section=request.section, attempt=request.attempt))
        return kept or await self._asked(request)

    async def _asked(self, request: Request) -> Sequence[Call]:
        async with self._turn:
            replies = await self._llm.sample(request)
        rows = [_row(self._run_id, request, variant, reply) for variant, reply in enumerate(replies)]
        calls.record(self._database, rows)
        for call in rows:
            self._emit(_answered(call))
        return rows


def _row(run_id: str, request: Request, variant: int, reply: Reply) -> Call:
    return Call(
        run_id=run_id,
        key=request.key,
        node=request.node,
        section=request.section,
        attempt=request.attempt,
        variant=variant,
        messages=[dict(vars(message)) for message in request.messages],
        created_at=now(),
        **vars(reply),
    )


def _answered(call: Call) -> CallAnswered:
    fields = CallAnswered.__dataclass_fields__
    return CallAnswered(**{name: getattr(call, name) for name in fields})
