"""What a site asks of robots (RFC 9309), read once for each origin."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.address import Address, shown

TOKEN = "redraft"  # noqa: S105 - the product token of RFC 9309
MAX_DELAY = 10.0
"""The longest Crawl-delay that is kept, in seconds: a run reads a handful of pages of a site, and would wait minutes
for them. A starting point."""

_AGENT_LINE = re.compile(r"\s*user[-\s]*agent\b[\s:]*(\*|[a-z_-]*)", re.IGNORECASE)

GetRobots = Callable[[Address], Awaitable[tuple[int, bytes]]]
"""Status and body of the robots.txt of the origin of an address. Raises `PageFailed`."""


@dataclass(frozen=True)
class _Rules:
    robots: Protego | None
    """None allows everything."""
    fault: PageFailed | None = None
    """Why the rules cannot be known, which forbids everything."""


class Robots:
    """Remembers what every origin answered, failures too: one that cannot be asked is not asked again."""

    def __init__(self) -> None:
        self._rules: dict[str, _Rules] = {}
        self._asking = defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def check(self, address: Address, get: GetRobots) -> float:
        """Seconds that the site wants between two requests. Raises `PageFailed` when it forbids this one.

        Pages are allowed when there is no robots.txt (4xx), forbidden when the server fails (5xx) or cannot be reached
        (RFC 9309, section 2.3.1): then with the reason for which it cannot be.
        """
        async with self._asking[address.origin]:
            if address.origin not in self._rules:
                self._rules[address.origin] = await _ask(address, get)
        rules = self._rules[address.origin]
        if fault := rules.fault:
            raise PageFailed(fault.url, fault.reason, fault.detail)
        if rules.robots is None:
            return 0
        if not rules.robots.can_fetch(address.url, TOKEN):
            raise PageFailed(shown(address.url), "robots", f"the robots.txt of {address.host} forbids it")
        return min(rules.robots.crawl_delay(TOKEN) or 0, MAX_DELAY)


async def _ask(address: Address, get: GetRobots) -> _Rules:
    try:
        status, body = await get(address)
    except PageFailed as fault:
        # Redirects without end count as no robots.txt (RFC 9309, section 2.3.1.2).
        return _Rules(None) if fault.reason == "redirects" else _Rules(None, fault)
    if status >= 500:
        detail = f"the server answered {status} for it, which forbids every page for now"
        return _Rules(None, PageFailed(f"{address.origin}/robots.txt", "robots", detail))
    return _Rules(Protego.parse(_ours(body.decode("utf-8-sig", "replace"))) if status == 200 else None)


def _ours(text: str) -> str:
    """The same rules for us, and those for all others under one name.

    Protego keeps each rule once for each name above it: 32 KB of names and rules took 0.9 s and 80 MB, and both grow
    with the square.
    """
    return "\n".join(map(_our_line, text.splitlines()))


def _our_line(line: str) -> str:
    agent = _AGENT_LINE.match(line)
    if agent is None:
        return line
    name = agent[1].lower()  # a version behind it does not count (RFC 9309, section 2.2.1)
    return f"User-agent: {name if name in ('*', TOKEN) else 'others'}"
