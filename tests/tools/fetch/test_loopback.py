"""The real transport against a real server on this machine."""

import asyncio
import gzip
import resource
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from redraft.tests.tools.fetch.sites import AGENT, PROSE, Slept
from redraft.tools.errors import PageFailed
from redraft.tools.fetch.fetcher import Fetched, Fetcher, Validators
from redraft.tools.fetch.limits import Limits
from redraft.tools.fetch.pinned import resolve

pytestmark = pytest.mark.enable_socket

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Serves what `pages` says to each path, and notes what it was sent."""

    pages: dict[str, Serve]
    port: int = 0
    asked: list[str] = field(default_factory=list)
    handling: list[asyncio.Task[None] | None] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handling.append(asyncio.current_task())
        with suppress(ConnectionError):
            head = (await reader.read(1 << 16)).decode("latin-1")
            self.asked.append(head)
            path = head.split()[1] if head.startswith("GET") else "/a"
            await self.pages.get(path, said("404 Not Found"))(writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def serving(**pages: Serve) -> AsyncIterator[Server]:
    server = Server({f"/{name}": serve for name, serve in pages.items()})
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        await asyncio.gather(*filter(None, server.handling))


def said(status: str, *headers: str, body: bytes = b"") -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        fields = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join(fields).encode() + b"\r\n\r\n" + body)

    return serve


def page(body: bytes = PROSE, *headers: str) -> Serve:
    return said("200 OK", "Content-Type: text/html", *headers, body=body)


async def here(host: str) -> Sequence[str]:
    return ["127.0.0.1"]


async def fetch(
    server: Server, path: str, *, host: str = "127.0.0.1", scheme: str = "http", limits: Limits | None = None
) -> Fetched:
    place = f"{host}:{server.port}"
    async with Fetcher(AGENT, allow_hosts=frozenset({place}), limits=limits, resolve=here, sleep=Slept()) as web:
        return await web.fetch(f"{scheme}://{place}/{path}")


async def failure(server: Server, path: str, *, scheme: str = "http", limits: Limits | None = None) -> str:
    with pytest.raises(PageFailed) as failed:
        await fetch(server, path, scheme=scheme, limits=limits)
    return failed.value.reason


async def test_a_page_is_asked_for_by_its_name_at_the_address_that_was_checked() -> None:
    async with serving(a=page()) as server:
        fetched = await fetch(server, "a", host="site.example")

    assert fetched.data == PROSE
    assert all(f"\r\nHost: site.example:{server.port}\r\n" in head for head in server.asked)
    assert all("\r\nConnection: close\r\n" in head for head in server.asked)


async def test_compressed_pages_arrive_whole() -> None:
    async with serving(a=page(gzip.compress(PROSE * 9000), "Content-Encoding: gzip")) as server:
        assert (await fetch(server, "a")).data == PROSE * 9000


async def test_a_gzip_bomb_takes_no_memory() -> None:
    bomb = gzip.compress(b"\0" * (200 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async with serving(a=page(bomb, "Content-Encoding: gzip")) as server:
        assert await failure(server, "a") == "too_big"

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KB


async def test_a_page_without_end_is_left_at_the_limit() -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while sent < 100 << 20:
            sent += 1 << 16
            writer.write(b"x" * (1 << 16))
            await writer.drain()

    async with serving(a=endless) as server:
        assert await failure(server, "a") == "too_big"

    assert sent < 20 << 20  # the limit, and what buffers on the way hold


async def test_a_connection_that_is_reset_is_tried_again_and_given_up() -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async with serving(a=reset) as server:
        assert await failure(server, "a") == "unreachable"

    assert sum("GET /a " in head for head in server.asked) == 3


async def test_slow_and_silent_servers_end_in_time() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)

    async with serving(slow=slow, silent=silent) as server:
        assert await failure(server, "slow", limits=Limits(total=0.1)) == "timeout"
        assert await failure(server, "silent", limits=Limits(silence=0.05)) == "timeout"


def late(serve: Serve) -> Serve:
    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.18)
        await serve(writer)

    return wait


async def test_all_requests_for_one_page_share_its_time() -> None:
    tight = Limits(total=0.34)
    ahead = late(said("302 Found", "Location: /b"))

    async with serving(a=ahead, b=late(page()), c=late(page())) as server:
        assert (await fetch(server, "c", limits=tight)).data == PROSE
        assert await failure(server, "a", limits=tight) == "timeout"
        server.pages["/robots.txt"] = late(said("404 Not Found"))
        assert await failure(server, "c", limits=tight) == "timeout"


async def test_redirects_and_unchanged_pages() -> None:
    unchanged = said("304 Not Modified", 'ETag: "1"')
    async with serving(a=said("301 Moved Permanently", "Location: /b"), b=page(), c=unchanged) as server:
        moved = await fetch(server, "a")
        place = f"127.0.0.1:{server.port}"
        async with Fetcher(AGENT, allow_hosts=frozenset({place})) as web:
            same = await web.fetch(f"http://{place}/c", Validators('"1"'))

    assert moved.hops == (f"http://{place}/b",)
    assert moved.data == PROSE
    assert same.not_modified
    assert '\r\nIf-None-Match: "1"\r\n' in server.asked[-1]


async def test_a_redirect_to_another_port_of_this_machine_is_refused() -> None:
    async with serving() as other, serving() as server:
        server.pages["/a"] = said("302 Found", f"Location: http://127.0.0.1:{other.port}/")
        assert await failure(server, "a") == "private_address"

    assert other.asked == []


async def test_a_server_that_wants_to_be_asked_later_is() -> None:
    answers = [said("503 Service Unavailable", "Retry-After: 1"), page()]

    async def in_turn(writer: asyncio.StreamWriter) -> None:
        await answers.pop(0)(writer)

    async with serving(a=in_turn) as server:
        assert (await fetch(server, "a")).data == PROSE


async def test_what_is_no_tls_and_what_is_no_http_have_their_reasons() -> None:
    async def chat(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")

    async with serving(a=chat) as server:
        assert await failure(server, "a", scheme="https") == "tls"
        assert await failure(server, "a") == "unreachable"


async def test_a_port_that_nobody_listens_at_is_unreachable() -> None:
    async with serving() as server:
        pass

    assert await failure(server, "a") == "unreachable"


async def test_the_system_knows_all_addresses_of_this_machine() -> None:
    assert set(await resolve("localhost")) <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError, match=r"\[Errno"):
        await resolve("no-such-host.invalid")
