"""The one layer in which what a model server fails at is tried again."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential, wait_random

from redraft.agent.errors import ServerUnavailable
from redraft.agent.replies import Silence, TransientFailure

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How the client bears with a failing server."""

    tries: int = 4
    wait: wait_base = field(default_factory=lambda: wait_exponential(multiplier=0.5, max=20) + wait_random(0, 1))
    silence: float = 120
    """Seconds without a byte after which a try has failed. Once one has, the next ones of the same call may be silent
    for twice as long: a server that is merely slow would else fail each of them in the same way."""


class Failed(NamedTuple):
    """A try that failed, and will be made again."""

    reason: str
    began: float
    """When, by `time.monotonic`."""
    silences: int
    """How many tries of this call have failed because nothing came."""


Announce = Callable[[Failed], None]
Mend = Callable[[Failed], Awaitable[None]]
"""What is to be done before the next try. What it raises ends the call."""


async def leave(failed: Failed) -> None:
    """There is nothing to mend: whoever runs that server sees to it."""


async def retried(
    patience: Patience,
    where: str,
    call: Callable[[float], Awaitable[T]],
    announce: Announce = lambda failed: None,
    mend: Mend = leave,
) -> T:
    """What `call` gives, which is told how many seconds of silence it is to bear.

    Raises `ServerUnavailable` when every try failed in a way that may pass. Any other error ends the call at once.
    """
    began, silences = 0.0, 0

    async def once() -> T:
        nonlocal began
        began = time.monotonic()
        with passing():
            return await call(patience.silence * (2 if silences else 1))

    async def before_sleep(state: RetryCallState) -> None:
        nonlocal silences
        error = state.outcome.exception() if state.outcome else None
        silences += isinstance(error, Silence)
        failed = Failed(str(error), began, silences)
        announce(failed)
        await mend(failed)

    retrying = AsyncRetrying(
        stop=stop_after_attempt(patience.tries),
        wait=patience.wait,
        retry=retry_if_exception_type(TransientFailure),
        before_sleep=before_sleep,
        reraise=True,
    )
    try:
        return await retrying(once)
    except TransientFailure as error:
        message = f"no use of the model server at {where} after {patience.tries} tries: {error}"
        raise ServerUnavailable(message) from error


@contextmanager
def passing() -> Iterator[None]:
    """Names what may pass: broken connections and silence."""
    try:
        yield
    except httpx.ReadTimeout as error:
        raise Silence("no answer in time (ReadTimeout)") from error
    except httpx.TimeoutException as error:
        message = f"no answer in time ({type(error).__name__})"
        raise TransientFailure(message) from error
    except httpx.TransportError as error:
        raise TransientFailure(str(error) or type(error).__name__) from error
