"""How long a slow server is borne with, and what is done between two tries."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from tenacity import wait_none

from redraft.agent.errors import ServerUnavailable
from redraft.agent.replies import TransientFailure
from redraft.agent.retrying import Failed, Patience, retried

PATIENCE = Patience(tries=4, wait=wait_none(), silence=10)


def failing(*errors: Exception) -> tuple[Callable[[float], Awaitable[str]], list[float]]:
    """A call that fails so often, and what silence its tries were told to bear."""
    left, borne = list(errors), list[float]()

    async def call(silence: float) -> str:
        borne.append(silence)
        if left:
            raise left.pop(0)
        return "done"

    return call, borne


async def test_after_a_silent_try_the_next_ones_may_be_silent_for_longer() -> None:
    call, borne = failing(httpx.ConnectError("no"), httpx.ReadTimeout(""), httpx.ReadTimeout(""))

    assert await retried(PATIENCE, "here", call) == "done"
    assert borne == [10, 10, 20, 20]


async def test_a_server_that_takes_no_call_is_not_silent() -> None:
    call, borne = failing(httpx.ConnectTimeout(""), httpx.PoolTimeout(""))

    assert await retried(PATIENCE, "here", call) == "done"
    assert borne == [10, 10, 10]


async def test_what_is_to_be_mended_is_told_how_the_try_failed() -> None:
    told: list[tuple[str, int]] = []

    async def mend(failed: Failed) -> None:
        told.append((failed.reason, failed.silences))

    call, _ = failing(httpx.ReadTimeout(""), TransientFailure("HTTP 500"), httpx.ReadTimeout(""))
    await retried(PATIENCE, "here", call, mend=mend)

    silent = "no answer in time (ReadTimeout)"
    assert told == [(silent, 1), ("HTTP 500", 1), (silent, 2)]


async def test_what_cannot_be_mended_ends_the_call_at_once() -> None:
    async def mend(failed: Failed) -> None:
        raise ServerUnavailable("it is gone")

    call, borne = failing(TransientFailure("down"))
    with pytest.raises(ServerUnavailable, match="it is gone"):
        await retried(PATIENCE, "here", call, mend=mend)

    assert len(borne) == 1


async def test_after_the_last_try_nothing_is_mended() -> None:
    mended: list[Failed] = []

    async def mend(failed: Failed) -> None:
        mended.append(failed)

    call, _ = failing(*[TransientFailure("down")] * 4)
    with pytest.raises(ServerUnavailable, match="no use of the model server at here after 4 tries: down"):
        await retried(PATIENCE, "here", call, mend=mend)

    assert len(mended) == 3
