"""One request and its answer, in turn and in time. The one place where requests for pages are repeated."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt

from redraft.tools.fetch.address import Address
from redraft.tools.fetch.decoding import ACCEPTED
from redraft.tools.fetch.faults import is_tls, typed
from redraft.tools.fetch.limits import Budget, Limits
from redraft.tools.fetch.manners import Manners, Sleep
from redraft.tools.retry_after import retry_after

TRIES = 3
RETRY_SECONDS = 0.5
"""Before a broken connection is tried again. A starting point, not measured."""

_MOVED = frozenset({301, 302, 303, 307, 308})
_TOLD_TO_WAIT = frozenset({429, 503})
_BROKEN = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

Take = Callable[[httpx.Response], Awaitable[bytes]]
"""Reads what is wanted of a body."""


@dataclass(frozen=True)
class Reply:
    address: Address
    status: int
    headers: httpx.Headers
    data: bytes
    """What was taken of the body. Empty for any status but 200, whose bodies nobody reads."""

    @property
    def location(self) -> str:
        """Where a redirect leads, as the server writes it. Empty for every other reply."""
        return str(self.headers.get("location", "")) if self.status in _MOVED else ""


class Exchange:
    """Sends what it is told and nothing else: there is no client that could keep cookies, or name a referrer."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, manners: Manners, agent: str, limits: Limits, sleep: Sleep
    ) -> None:
        self._transport = transport
        self._manners = manners
        self._headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": ACCEPTED, "Connection": "close"}
        self._timeout = httpx.Timeout(limits.silence, connect=limits.connect).as_dict()
        self._sleep = sleep

    async def get(
        self, address: Address, take: Take, budget: Budget, headers: Mapping[str, str], delay: float = 0
    ) -> Reply:
        """What the server answers, whatever its status. Raises `PageFailed` when it does not.

        Asked again, within the budget, where the connection fails or breaks before the answer begins, and where the
        server says when to come back. `delay` is for `Manners.turn`.
        """

        async def once() -> Reply:
            async with self._manners.turn(address, delay), budget.spending():
                return await self._once(address, take, headers)

        with typed(address):
            return await self._retrying(budget)(once)

    def _retrying(self, budget: Budget) -> AsyncRetrying:
        async def sleep(seconds: float) -> None:
            budget.left -= seconds
            await self._sleep(seconds)

        return AsyncRetrying(
            stop=stop_after_attempt(TRIES),
            retry=lambda state: (pause := _pause(state)) is not None and pause < budget.left,
            wait=lambda state: _pause(state) or 0,
            sleep=sleep,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )

    async def _once(self, address: Address, take: Take, headers: Mapping[str, str]) -> Reply:
        request = httpx.Request(
            "GET", address.url, headers={**self._headers, **headers}, extensions={"timeout": self._timeout}
        )
        response = await self._transport.handle_async_request(request)
        try:
            with typed(address):  # at once, so that an answer which breaks off is not asked for again
                data = await take(response) if response.status_code == httpx.codes.OK else b""
        finally:
            await response.aclose()
        return Reply(address, response.status_code, response.headers, data)


def _pause(state: RetryCallState) -> float | None:
    """Seconds after which it may help to ask again; None where it would not."""
    outcome = state.outcome
    if outcome is None:
        return None
    error = outcome.exception()
    if error is not None:
        return RETRY_SECONDS if isinstance(error, _BROKEN) and not is_tls(error) else None
    reply: Reply = outcome.result()
    return retry_after(reply.headers) if reply.status in _TOLD_TO_WAIT else None
