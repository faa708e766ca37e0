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
        """The reply as it was recorded."""
        call = calls.answered(self._database, self._run_id, request.key)
        if call is not None:
            self._emit(CallRemembered(node=request.node, section=request.section, attempt=request.attempt))
            return call
        async with self._turn:
            reply = await self._llm.complete(request)
        call = calls.record(self._database, _row(self._run_id, request, reply))
        self._emit(_answered(call))
        return call


def _row(run_id: str, request: Request, reply: Reply) -> Call:
    return Call(
        run_id=run_id,
        key=request.key,
        node=request.node,
        section=request.section,
        attempt=request.attempt,
        messages=[dict(vars(message)) for message in request.messages],
        created_at=now(),
        **vars(reply),
    )


def _answered(call: Call) -> CallAnswered:
    fields = CallAnswered.__dataclass_fields__
    return CallAnswered(**{name: getattr(call, name) for name in fields})
