"""Pages of the web, got safely and politely."""

import asyncio
import re
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import httpx

from redraft.tools.errors import Misconfigured, PageFailed
from redraft.tools.fetch.address import Address, parse, shown
from redraft.tools.fetch.body import beginning, content_type, whole_page
from redraft.tools.fetch.exchange import Exchange, Reply
from redraft.tools.fetch.faults import refused, typed
from redraft.tools.fetch.limits import Budget, Limits
from redraft.tools.fetch.manners import Manners, Sleep
from redraft.tools.fetch.pinned import PinnedTransport, Resolve, direct, resolve
from redraft.tools.fetch.redirects import follow
from redraft.tools.fetch.robots import Robots


def user_agent(version: str, contact: str | None = None) -> str:
    """How we introduce ourselves; `contact` is a web or mail address for those who mind. Raises `Misconfigured`."""
    if not contact:
        return f"redraft/{version}"
    if not re.fullmatch(r"[!-'*-~]+", contact):
        message = f"{contact!r} cannot be sent as a contact: give a web or mail address without spaces and brackets"
        raise Misconfigured(message)
    return f"redraft/{version} (+{contact})"


@dataclass(frozen=True)
class Validators:
    """What tells a server which version of a page is known already (RFC 9110, section 13.1)."""

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None
    """The `final_url` of the answer that had them, which alone is told; None for the address that is asked for."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    url: str
    """The address that was asked for, as the caller wrote it."""
    final_url: str
    """The address that answered."""
    status: int
    """200, or 304 when not modified."""
    content_type: str
    """As the server declares it, in lower case, without parameters. May be empty, and wrong."""
    charset: str | None
    """As the server declares it. May be no charset that exists."""
    data: bytes
    """The decompressed body, whole. Empty when not modified."""
    etag: str | None
    last_modified: str | None
    not_modified: bool
    """The version that the validators name is still the current one."""
    hops: tuple[str, ...]
    """Where redirects led, in order; `final_url` is the last. Empty without redirects."""
    ms: int
    """From the call to the last byte, waiting for one's turn included."""


class Fetcher:
    """Gets pages; to be used as an async context manager.

    `agent` is what `user_agent` gives, `allow_hosts` what `allowed_hosts` gives. Each robots.txt is remembered for as
    long as the fetcher lives. The other arguments replace the world.
    """

    def __init__(
        self,
        agent: str,
        *,
        allow_hosts: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        manners: Manners | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = resolve,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._allowed = allow_hosts
        self._limits = limits or Limits()
        self._robots = Robots()
        self._transport = PinnedTransport(transport or direct(), resolve=resolve, allowed=allow_hosts)
        self._exchange = Exchange(self._transport, manners or Manners(), agent, self._limits, sleep)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def fetch(self, address: str, validators: Validators | None = None) -> Fetched:
        """The page at `address`, by way of redirects where there are some.

        Raises `PageFailed`, and nothing else for anything that the world does.
        """
        began = time.monotonic()
        budget = Budget(self._limits.total)
        try:
            first = parse(address, self._allowed)
            known = validators and replace(validators, url=validators.url or first.url)
            reply, hops = await follow(
                first,
                lambda hop: self._page(hop, budget, known),
                limit=self._limits.redirects,
                allowed=self._allowed,
            )
        except PageFailed as fault:
            raise _named(address, fault) from fault
        return _fetched(address, reply, hops, began)

    async def _page(self, address: Address, budget: Budget, validators: Validators | None) -> Reply:
        """What is at one address: a page, a redirect, or 304 to a request with validators."""

        async def take(response: httpx.Response) -> bytes:
            return await whole_page(response, shown(address.url), self._limits)

        with typed(address):
            delay = await self._robots.check(address, lambda origin: self._robots_txt(origin, budget))
        conditions = _conditions(address, validators)
        reply = await self._exchange.get(address, take, budget, conditions, delay)
        if reply.status == httpx.codes.OK or reply.location or (reply.status == 304 and conditions):
            return reply
        raise refused(address, reply.status)

    async def _robots_txt(self, address: Address, budget: Budget) -> tuple[int, bytes]:
        granted = min(self._limits.robots, budget.left)
        allowance = Budget(granted)

        async def take(response: httpx.Response) -> bytes:
            return await beginning(response, self._limits.robots_bytes)

        try:
            reply, _ = await follow(
                parse(f"{address.origin}/robots.txt", self._allowed),
                lambda hop: self._exchange.get(hop, take, allowance, {}),
                limit=self._limits.redirects,
                allowed=self._allowed,
            )
        except PageFailed as fault:
            if fault.reason == "timeout" and granted < self._limits.robots:  # this page was late, the site need not be
                raise TimeoutError from fault
            raise
        finally:
            budget.left -= granted - allowance.left
        return reply.status, reply.data


def _conditions(address: Address, validators: Validators | None) -> dict[str, str]:
    if validators is None or validators.url != address.url:
        return {}
    conditions = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _fetched(address: str, reply: Reply, hops: tuple[str, ...], began: float) -> Fetched:
    return Fetched(
        url=address,
        final_url=reply.address.url,
        status=reply.status,
        content_type=content_type(reply.headers),
        charset=httpx.Response(reply.status, headers=reply.headers).charset_encoding,
        data=reply.data,
        etag=_sendable(reply.headers.get("etag")),
        last_modified=_sendable(reply.headers.get("last-modified")),
        not_modified=reply.status == 304,
        hops=hops,
        ms=round((time.monotonic() - began) * 1000),
    )


def _sendable(value: str | None) -> str | None:
    """A validator that can be sent back as it came; one with other characters is worth less than the trouble."""
    return value if value and value.isascii() and value.isprintable() else None


def _named(address: str, fault: PageFailed) -> PageFailed:
    """The fault as one of the address that was asked for, whichever on the way to it failed."""
    named = shown(address)
    elsewhere = fault.url.rstrip("/") != named.rstrip("/")
    return PageFailed(named, fault.reason, f"{fault.url}: {fault.detail}" if elsewhere else fault.detail)
