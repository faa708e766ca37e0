import asyncio
import email.utils
import gzip
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.tools.fetch.sites import (
    AGENT,
    PROSE,
    Answer,
    Names,
    Sites,
    Slept,
    Stream,
    answer,
    failing,
    fetch,
    fetcher,
    in_turn,
    moved,
)
from redraft.tools.errors import Misconfigured, PageFailed, PageFault
from redraft.tools.fetch.fetcher import Fetched, Validators, user_agent
from redraft.tools.fetch.limits import Limits
from redraft.tools.fetch.manners import Manners

URL = "https://a.example/trams"
SMALL = Limits(text_bytes=10_000, document_bytes=20_000)


async def reason(answered: Answer, limits: Limits | None = None) -> PageFault:
    with pytest.raises(PageFailed) as failed:
        await fetch(URL, Sites({URL: answered}), limits=limits)
    assert failed.value.url == URL
    return failed.value.reason


async def test_a_page_comes_with_what_the_server_says_of_it() -> None:
    said = answer(
        *(PROSE[:9], PROSE[9:]), content_type="Text/HTML; Charset=X-No-Such", etag='"1"', last_modified="yesterday"
    )
    page = await fetch("HTTPS://A.example/trams#here", Sites({URL: said}))

    assert page == Fetched(
        url="HTTPS://A.example/trams#here",
        final_url=URL,
        status=200,
        content_type="text/html",
        charset="x-no-such",
        data=PROSE,
        etag='"1"',
        last_modified="yesterday",
        not_modified=False,
        hops=(),
        ms=page.ms,
    )


async def test_a_server_learns_who_asks_and_nothing_else() -> None:
    start = "https://b.example/"
    cookie = answer(status=302, location=URL, set_cookie="id=1; Domain=example")
    sites = Sites({start: cookie, URL: answer(PROSE, set_cookie="id=2")})

    async with fetcher(sites) as web:
        await web.fetch(start)
        await web.fetch(URL)

    for request in sites.requests:
        assert request.method == "GET"
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert request.headers["user-agent"] == AGENT == "redraft/0.1.0 (+https://example.org/about)"
        assert request.headers["accept-encoding"] == "gzip, deflate"


def test_a_contact_that_cannot_be_sent_is_refused() -> None:
    assert user_agent("1.2") == "redraft/1.2"
    for contact in ("me\r\nX: y", "a b", "me)", "Jürgen"):
        with pytest.raises(Misconfigured):
            user_agent("1.2", contact)


async def test_redirects_are_followed_and_named() -> None:
    other = "https://b.example/new%20place?x=1"
    sites = Sites(
        {
            URL: moved("//b.example/new place?x=1#part", 301),
            other: moved("last", 308),
            "https://b.example/last": answer(PROSE),
        }
    )

    page = await fetch(URL, sites)

    assert (page.url, page.final_url, page.data) == (URL, "https://b.example/last", PROSE)
    assert page.hops == (other, "https://b.example/last")


async def test_the_body_of_a_redirect_is_not_read() -> None:
    body = Stream([b"x" * 100] * 100)
    sites = Sites(
        {
            URL: lambda request: httpx.Response(302, headers={"location": "/b"}, stream=body),
            "https://a.example/b": answer(PROSE),
        }
    )

    await fetch(URL, sites)

    assert (body.sent, body.closed) == (0, True)


async def test_five_redirects_are_followed_and_no_sixth() -> None:
    chain = {f"https://a.example/{number}": moved(f"/{number + 1}") for number in range(6)}
    sites = Sites({**chain, "https://a.example/6": answer(PROSE)})

    assert len((await fetch("https://a.example/1", sites)).hops) == 5
    with pytest.raises(PageFailed, match="more than 5 redirects"):
        await fetch("https://a.example/0", sites)


async def test_redirects_in_a_circle_are_noticed_at_once() -> None:
    sites = Sites({URL: moved("/b"), "https://a.example/b": moved("/trams#again")})

    with pytest.raises(PageFailed, match="circle"):
        await fetch(URL, sites)

    assert len(sites.asked) == 2


async def test_a_failure_is_one_of_the_address_that_was_asked_for() -> None:
    sites = Sites({URL: moved("https://b.example/gone")})

    with pytest.raises(PageFailed) as failed:
        await fetch("https://a.example/trams", sites)

    assert str(failed.value) == f"{URL}: https://b.example/gone: the server answered 404 Not Found (not_found)"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, "forbidden") for status in (401, 402, 403, 451)),
        *((status, "not_found") for status in (404, 410)),
        (429, "rate_limited"),
        *((status, "server_error") for status in (500, 503, 599, 999)),
        *((status, "http_error") for status in (204, 206, 300, 302, 304, 418)),
    ],
)
async def test_every_status_but_200_is_a_reason(status: int, expected: str) -> None:
    assert await reason(answer(PROSE, status=status)) == expected


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (failing(httpx.ConnectError("refused")), "unreachable"),
        (failing(httpx.ReadError("")), "unreachable"),
        (failing(httpx.RemoteProtocolError("no HTTP")), "unreachable"),
        (failing(httpx.ConnectTimeout("")), "timeout"),
        (failing(httpx.ReadTimeout("")), "timeout"),
        (answer(PROSE, httpx.ReadError("reset")), "unreachable"),
        (answer(PROSE, httpx.ReadTimeout("")), "timeout"),
        (answer(PROSE, content_encoding="br"), "bad_encoding"),
        (answer(PROSE, content_encoding="gzip"), "bad_encoding"),
        (answer(gzip.compress(PROSE)[:-9], content_encoding="gzip"), "bad_encoding"),
        (answer(), "empty"),
        (answer(b"\x89PNG\r\n\x1a\n", content_type="image/png"), "unsupported_type"),
    ],
)
async def test_every_failure_has_its_reason(answered: Answer, expected: str) -> None:
    assert await reason(answered) == expected


async def test_a_name_without_an_address_is_one_too() -> None:
    with pytest.raises(PageFailed) as failed:
        await fetch(URL, Sites(), Names({"a.example": [[]]}))

    assert failed.value.reason == "dns"


@pytest.mark.parametrize(
    ("start", "declared", "size", "limit"),
    [
        (b"<html>", "text/html", 10_001, 10_000),
        (b"Trams", "text/plain", 10_001, 10_000),
        (b"%PDF-", "text/html", 20_001, 20_000),
    ],
)
async def test_the_largest_page_depends_on_its_kind(start: bytes, declared: str, size: int, limit: int) -> None:
    body = start.ljust(size, b"x")

    assert (
        await reason(answer(*(body[at : at + 1000] for at in range(0, size, 1000)), content_type=declared), SMALL)
        == "too_big"
    )
    fits = Sites({URL: answer(body[:limit], content_type=declared)})
    assert (await fetch(URL, fits, limits=SMALL)).data == body[:limit]


@pytest.mark.parametrize("declared", ["image/png", "video/mp4", "application/zip"])
async def test_no_more_is_read_of_what_cannot_be_used_than_shows_that(declared: str) -> None:
    body = Stream([b"\0" * 1000] * 100)
    headers = {"content-type": declared}

    assert await reason(lambda request: httpx.Response(200, headers=headers, stream=body)) == "unsupported_type"
    assert body.sent == 5000
    assert body.closed


async def test_a_page_that_says_it_is_too_big_is_not_read() -> None:
    body = Stream([b"<html>".ljust(5000)] * 100)
    headers = {"content-type": "text/html", "content-length": "500000"}

    assert await reason(lambda request: httpx.Response(200, headers=headers, stream=body), SMALL) == "too_big"
    assert body.sent == 5000


async def test_a_bomb_is_left_as_soon_as_it_is_too_big() -> None:
    body = Stream([gzip.compress(b"<html>" + b"\0" * (1 << 20))] * 3)
    headers = {"content-type": "text/html", "content-encoding": "gzip"}

    assert await reason(lambda request: httpx.Response(200, headers=headers, stream=body), SMALL) == "too_big"
    assert body.closed


@pytest.mark.parametrize(
    "passing", [httpx.ConnectError(""), httpx.ReadError("reset"), httpx.RemoteProtocolError("closed")]
)
async def test_a_connection_that_fails_before_the_answer_is_tried_again(passing: Exception) -> None:
    sites, slept = Sites({URL: in_turn(failing(passing), failing(passing), answer(PROSE))}), Slept()

    assert (await fetch(URL, sites, sleep=slept)).data == PROSE
    assert slept.seconds == [0.5, 0.5]


@pytest.mark.parametrize(
    "answered",
    [
        answer(PROSE, httpx.ReadError("reset")),
        answer(status=500),
        answer(status=503),
        answer(status=404, retry_after="1"),
        answer(status=429, retry_after="60"),
        answer(status=429, retry_after="soon"),
        answer(status=429, retry_after="9" * 5000),
        failing(httpx.ReadTimeout("")),
    ],
)
async def test_what_asking_again_does_not_mend_is_asked_once(answered: Answer) -> None:
    sites = Sites({URL: answered})

    with pytest.raises(PageFailed):
        await fetch(URL, sites)

    assert len(sites.asked) == 1


async def test_nothing_is_tried_more_than_three_times() -> None:
    for answered in (failing(httpx.ReadError("")), answer(status=503, retry_after="1")):
        sites = Sites({URL: answered})
        with pytest.raises(PageFailed):
            await fetch(URL, sites)
        assert len(sites.asked) == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_says_when_to_come_back_is_asked_then(status: int) -> None:
    soon = email.utils.formatdate(time.time() + 9, usegmt=True)
    sites = Sites(
        {URL: in_turn(answer(status=status, retry_after="7"), answer(status=status, retry_after=soon), answer(PROSE))}
    )
    slept = Slept()

    assert (await fetch(URL, sites, sleep=slept)).data == PROSE
    assert slept.seconds == [7.0, pytest.approx(8, abs=1.5)]


async def test_pauses_count_against_the_time_of_a_page() -> None:
    sites = Sites({URL: answer(status=429, retry_after="15")})

    with pytest.raises(PageFailed, match="rate_limited"):
        await fetch(URL, sites)  # 25 s: enough for one pause of 15 s

    assert len(sites.asked) == 2


async def test_waiting_for_ones_turn_does_not() -> None:
    sites = Sites({f"https://a.example/{number}": answer(PROSE) for number in range(24)})
    manners = Manners(clock=lambda: 0, sleep=lambda seconds: asyncio.sleep(0.05))

    async with fetcher(sites, limits=Limits(total=0.3), manners=manners) as web:  # the last waits for 0.6 s
        pages = await asyncio.gather(*map(web.fetch, sites.pages))

    assert len(pages) == 24
    assert pages[-1].ms > 300


HEADERS = ["content_type", "content_encoding", "content_length", "location", "retry_after", "etag"]
VALUES = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])) | st.sampled_from(
    ["text/html; charset*=x''%ff", "text/plain; charset*0=a", "http://[", "//[::1", "-1", "9" * 5000, "gzip", "deflate"]
)


@given(st.dictionaries(st.sampled_from(HEADERS), VALUES), st.binary(max_size=40), st.sampled_from([200, 301, 304, 429]))
async def test_whatever_a_server_says_a_page_comes_of_it_or_a_reason(
    headers: dict[str, Any], body: bytes, status: int
) -> None:
    try:
        page = await fetch(URL, Sites({URL: answer(body, status=status, **headers)}))
    except PageFailed:
        return
    assert (page.status, page.final_url) == (200, URL)


@pytest.mark.parametrize("etag", ['"1"', None])
async def test_a_page_that_has_not_changed_is_not_sent_again(etag: str | None) -> None:
    sites = Sites({URL: answer(status=304, etag='"1"')})

    async with fetcher(sites) as web:
        page = await web.fetch(URL, Validators(etag, "Sat, 01 Nov 2025 00:00:00 GMT"))

    assert (page.status, page.not_modified, page.data, page.etag) == (304, True, b"", '"1"')
    assert sites.requests[-1].headers.get("if-none-match") == etag
    assert sites.requests[-1].headers["if-modified-since"] == "Sat, 01 Nov 2025 00:00:00 GMT"


async def test_only_the_address_that_gave_validators_hears_of_them() -> None:
    final = "https://b.example/"
    sites = Sites({URL: moved(final), final: answer(status=304)})

    async with fetcher(sites) as web:
        page = await web.fetch(URL, Validators('"1"', url=final))

    assert page.not_modified
    assert [request.headers.get("if-none-match") for request in sites.requests] == [None, None, None, '"1"']


async def test_validators_that_could_not_be_sent_back_are_dropped() -> None:
    page = await fetch(URL, Sites({URL: answer(PROSE, etag="ü")}))

    assert page.etag is None


async def test_the_transport_is_closed_at_the_end() -> None:
    closed = []

    class Closing(Sites):
        async def aclose(self) -> None:
            closed.append(True)

    async with fetcher(Closing()):
        pass

    assert closed == [True]
