"""Redirects followed by hand, so that each address on the way is looked at like the first."""

from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.address import Address, parse, shown
from redraft.tools.fetch.exchange import Reply


async def follow(
    address: Address, ask: Callable[[Address], Awaitable[Reply]], *, limit: int, allowed: frozenset[str]
) -> tuple[Reply, tuple[str, ...]]:
    """The first reply that leads nowhere else, and the addresses it was found by way of, its own last.

    Raises `PageFailed`: `redirects` for a circle and for more than `limit` of them, and what `parse` and `ask` raise.
    """
    passed = [address.url]
    while (reply := await ask(address)).location:
        address = _target(reply, allowed)
        if address.url in passed:
            raise PageFailed(shown(address.url), "redirects", "redirects in a circle")
        if len(passed) > limit:
            raise PageFailed(shown(address.url), "redirects", f"more than {limit} redirects")
        passed.append(address.url)
    return reply, tuple(passed[1:])


def _target(reply: Reply, allowed: frozenset[str]) -> Address:
    location = reply.location.replace(" ", "%20")  # many servers forget to
    try:
        url = urljoin(reply.address.url, location)
    except ValueError as error:
        raise PageFailed(shown(location), "bad_url", f"redirects to no address: {error}") from error
    return parse(url, allowed)
