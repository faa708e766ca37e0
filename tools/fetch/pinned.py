"""A transport that connects to the very addresses it has checked, so that no answer of a name server leads inside."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

import httpx

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.address import literal, parse, private, shown
from redraft.tools.fetch.networks import is_public

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All IP addresses of a name, the preferred one first. Raises `OSError` when there are none."""


async def resolve(host: str) -> Sequence[str]:
    """What the system says, both IPv4 and IPv6, in the order of RFC 6724."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def direct() -> httpx.AsyncHTTPTransport:
    """HTTP/1.1 without proxies, and with the certificates of certifi: nothing of the environment counts.

    Connections are not kept: they would be pooled by IP address, and two names at one address could share one.
    """
    return httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class PinnedTransport(httpx.AsyncBaseTransport):
    """Resolves a host once for each request, checks every address, and sends the request to one of these.

    The request keeps its `Host`, and TLS asks for and checks the certificate of the name. Raises `PageFailed`: what
    `parse` refuses, `dns`, and `private_address` if a single address of the host is private and `allowed` has it not.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, resolve: Resolve = resolve, allowed: frozenset[str] = frozenset()
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._allowed = allowed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """From the first of the host's addresses that can be connected to."""
        *others, last = await self._addresses(str(request.url))
        for ip in others:
            try:
                return await self._inner.handle_async_request(_to(ip, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_to(last, request))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _addresses(self, url: str) -> list[str]:
        address = parse(url, self._allowed)
        try:
            found = [address.host] if literal(address.host) else list(await self._resolve(address.host))
        except OSError as error:
            raise PageFailed(shown(url), "dns", f"the name {address.host} has no address: {error}") from error
        if not found:
            raise PageFailed(shown(url), "dns", f"the name {address.host} has no address")
        if not address.trusted and not all(is_public(ip_address(ip)) for ip in found):
            raise PageFailed(shown(url), "private_address", private(address.place))
        return found


def _to(ip: str, request: httpx.Request) -> httpx.Request:
    """The same request, addressed to `ip`."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=ip),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
