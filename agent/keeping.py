"""The model server of a command's runs, and what is done about it when calls to it fail.

One that was started for them is started again where it has ended or hangs, some few times: what a run has is kept, and
the call that failed is made again. One that somebody else looks after is theirs: where it is gone, the run ends at once
and says so, since nothing will come back at that address.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from redraft.agent import server
from redraft.agent.errors import ServerUnavailable
from redraft.agent.launch import Launcher, vllm
from redraft.agent.process import OnStep, Server, await_health, end, free_port, has_ended, is_healthy, spawn, why_ended
from redraft.agent.retrying import Failed, Mend
from redraft.agent.settings import Settings

RESTARTS = 2
"""How often a server is started again, by all the runs that it was started for. One that dies a third time dies of what
they ask of it. A starting point, not measured."""
LOOKS, LOOK_SECONDS = 3, 1.0
"""A server hangs that is silent to as many looks, so far apart."""
SILENCES = 2
"""A server hangs that has let a call wait so often for all the time that it is given, though it answers to looks: its
engine may stand still behind it."""


class Kept(NamedTuple):
    url: str
    mend: Mend


@asynccontextmanager
async def kept(
    settings: Settings, on_step: OnStep, launcher: Launcher = vllm, *, warn: OnStep | None = None
) -> AsyncIterator[Kept]:
    """The registered server, once it is ready, else `own`. Raises `UserError` where that one serves another model than
    the settings name, and `ServerUnavailable` where it does not get ready.

    `warn` is told of what should not be overlooked, else `on_step`.
    """
    registered = server.attachable(settings)
    if registered is None:
        async with own(settings, on_step, launcher, warn=warn) as started:
            yield started
    else:
        if settings.context and registered.context < settings.context:
            held = f"{registered.context} tokens of context, and {settings.context} were asked for"
            (warn or on_step)(f"the running server holds {held}: `redraft serve stop` makes way for another")
        await await_health(registered, on_step)
        yield Kept(registered.url, _Registered(registered).mend)


@asynccontextmanager
async def own(
    settings: Settings, on_step: OnStep, launcher: Launcher = vllm, *, warn: OnStep | None = None
) -> AsyncIterator[Kept]:
    """A server that is started for as long as this is entered, even if this process is killed meanwhile."""
    port, warn = free_port(), warn or on_step
    launch = launcher(settings, port)
    with server.lifeline() as owner:
        started = _Own(lambda: spawn(launch, port, server.logs(settings), owner=owner), on_step, warn)
        try:
            for warning in launch.warnings:
                warn(warning)
            await await_health(started.server, on_step)
            yield Kept(started.server.url, started.mend)
        finally:
            end(started.server)


class _Registered(NamedTuple):
    server: Server

    async def mend(self, failed: Failed) -> None:
        if has_ended(self.server):
            message = f"{why_ended(self.server, 'in the middle of the run')}; `redraft serve start` starts another"
            raise ServerUnavailable(message)


class _Own:
    def __init__(self, start: Callable[[], Server], on_step: OnStep, warn: OnStep) -> None:
        self.server = start()
        self._start = start
        self._on_step = on_step
        self._warn = warn
        self._lock = asyncio.Lock()
        self._ready = 0.0
        self._restarts = 0

    async def mend(self, failed: Failed) -> None:
        async with self._lock:
            if failed.began < self._ready:
                return  # another call has seen to it
            why = await self._fault(failed)
            if why is None:
                return
            if self._restarts == RESTARTS:
                message = f"{why}; it was started again {RESTARTS} times and is given up"
                raise ServerUnavailable(message)
            self._restarts += 1
            self._warn(f"{why}; it is started again")
            await asyncio.to_thread(end, self.server)
            self.server = self._start()
            await await_health(self.server, self._on_step)
            self._ready = time.monotonic()

    async def _fault(self, failed: Failed) -> str | None:
        """What is wrong with it; None where it may be asked again as it is."""
        if has_ended(self.server):
            return why_ended(self.server, "in the middle of the run")
        if failed.silences >= SILENCES:
            return f"vLLM has let a call wait {failed.silences} times for nothing; log: {self.server.log}"
        for look in range(LOOKS):
            await asyncio.sleep(LOOK_SECONDS if look else 0)
            if await asyncio.to_thread(is_healthy, self.server):
                return None
        if has_ended(self.server):
            return why_ended(self.server, "in the middle of the run")
        return f"vLLM answers no more; log: {self.server.log}"
