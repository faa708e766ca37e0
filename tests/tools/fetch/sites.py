"""A small internet for tests: names, and sites behind IP addresses, which note who asked them for what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from redraft.tools.fetch.fetcher import Fetched, Fetcher, user_agent
from redraft.tools.fetch.manners import Manners

PUBLIC, OTHER = "93.184.215.14", "151.101.1.140"
PROSE = b"<html><body><p>Trams carry 250 passengers.</p></body></html>"
AGENT = user_agent("0.1.0", "https://example.org/about")

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Stream(httpx.AsyncByteStream):
    """A body that comes in parts, and fails where one of them is an exception."""

    parts: Sequence[bytes | Exception]
    sent: int = 0
    closed: bool = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            self.sent += len(part)
            yield part

    async def aclose(self) -> None:
        self.closed = True


def answer(*parts: bytes | Exception, status: int = 200, **headers: str) -> Answer:
    given = {"content_type": "text/html", **headers}
    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in given.items()]
    return lambda request: httpx.Response(status, headers=named, stream=Stream(parts))


def moved(to: str, status: int = 302) -> Answer:
    return answer(status=status, location=to)


def failing(error: Exception) -> Answer:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return fail


def in_turn(*answers: Answer) -> Answer:
    """The first to the first request and so on; the last again and again."""
    left = list(answers)

    def next_one(request: httpx.Request) -> httpx.Response:
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    return next_one


@dataclass
class Sites(httpx.AsyncBaseTransport):
    """Answers by address, the name taken from `Host`. There is no robots.txt unless `pages` has one."""

    pages: Mapping[str, Answer] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    """IP addresses that nobody answers at."""
    requests: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await asyncio.sleep(0)  # as on every network, others go on meanwhile
        if request.url.host in self.dead:
            raise httpx.ConnectError("All connection attempts failed")
        default = answer(b"nothing here", status=404)
        return self.pages.get(asked_for(request), default)(request)

    @property
    def connected(self) -> list[str]:
        """The IP addresses that were asked, in order."""
        return [request.url.raw_host.decode() for request in self.requests]

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked for, but robots.txt."""
        return [url for url in map(asked_for, self.requests) if not url.endswith("/robots.txt")]


def asked_for(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}{request.url.raw_path.decode()}"


@dataclass
class Names:
    """A name server: for each name its answers in turn, the last one again and again. Others are public."""

    answers: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers.get(host, [[PUBLIC]])
        found = answers[min(self.asked.count(host), len(answers)) - 1]
        if not found:
            raise OSError(-2, "Name or service not known")
        return found


@dataclass
class Slept:
    """Does not sleep, and remembers for how long."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def fetcher(sites: Sites, names: Names | None = None, **options: Any) -> Fetcher:
    options = {"manners": Manners(sleep=Slept()), "sleep": Slept(), **options}
    return Fetcher(AGENT, transport=sites, resolve=names or Names(), **options)


async def fetch(url: str, sites: Sites, names: Names | None = None, **options: Any) -> Fetched:
    async with fetcher(sites, names, **options) as web:
        return await web.fetch(url)
