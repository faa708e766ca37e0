import asyncio
import time
from contextlib import nullcontext
from itertools import product

import httpx
import pytest

from redraft.tests.tools.fetch.sites import (
    PROSE,
    Answer,
    Sites,
    Slept,
    answer,
    failing,
    fetch,
    fetcher,
    in_turn,
    moved,
)
from redraft.tools.errors import PageFailed, PageFault
from redraft.tools.fetch.limits import Limits
from redraft.tools.fetch.manners import Manners

ROBOTS = "https://a.example/robots.txt"
PAGES = {"https://a.example/": answer(PROSE), "https://a.example/private/b?c=1": answer(PROSE)}


def rules(text: str) -> Sites:
    return Sites({**PAGES, ROBOTS: answer(text.encode(), content_type="text/plain")})


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: *\nDisallow: /private/", False),
        ("User-agent: *\nDisallow: /*?c=", False),
        ("User-agent: redraft\nDisallow: /private/\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: Redraft/0.1\nDisallow: /private/", False),
        ("User-agent: x\nUser-agent: redraft\nDisallow: /private/", False),
        ("\ufeffUser-agent: *\nDisallow: /private/", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: redraft\nAllow: /", True),
        ("User-agent: *\nDisallow: /\nAllow: /private/b", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: redraftbot\nDisallow: /", True),
        ("<html>no such page</html>", True),
        ("", True),
    ],
)
async def test_the_rules_for_us_or_else_those_for_all_hold(text: str, allowed: bool) -> None:
    sites = rules(text)

    with nullcontext() if allowed else pytest.raises(PageFailed, match="forbids it"):
        await fetch("https://a.example/private/b?c=1", sites)

    assert sites.asked == (["https://a.example/private/b?c=1"] if allowed else [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
async def test_no_robots_txt_allows_everything(status: int) -> None:
    sites = Sites({**PAGES, ROBOTS: answer(b"User-agent: *\nDisallow: /", status=status)})

    assert (await fetch("https://a.example/", sites)).data == PROSE


@pytest.mark.parametrize(
    ("robots", "reason"),
    [
        (answer(status=500), "robots"),
        (answer(status=503), "robots"),
        (failing(httpx.ConnectError("refused")), "unreachable"),
        (failing(httpx.ReadTimeout("")), "timeout"),
        (answer(b"not gzip", content_encoding="gzip"), "bad_encoding"),
    ],
)
async def test_a_robots_txt_that_cannot_be_had_forbids_everything_for_good(robots: Answer, reason: PageFault) -> None:
    sites = Sites({**PAGES, ROBOTS: robots})

    async with fetcher(sites) as web:
        for url in PAGES:
            with pytest.raises(PageFailed, match=r"robots\.txt") as failed:
                await web.fetch(url)
            assert failed.value.reason == reason

    assert sites.asked == []
    assert len(sites.requests) <= 3  # one, with its repetitions, for both pages


async def test_robots_txt_is_asked_for_once_by_all_pages_of_an_origin() -> None:
    sites = rules("")

    async with fetcher(sites) as web:
        await asyncio.gather(*(web.fetch(url) for url in [*PAGES, *PAGES]))

    assert len(sites.requests) - len(sites.asked) == 1


async def test_each_origin_has_rules_of_its_own() -> None:
    sites = Sites({**PAGES, "http://a.example/robots.txt": answer(b"User-agent: *\nDisallow: /")})

    async with fetcher(sites) as web:
        await web.fetch("https://a.example/")
        with pytest.raises(PageFailed, match="forbids it"):
            await web.fetch("http://a.example/")


async def test_robots_txt_may_have_moved_but_not_in_circles() -> None:
    elsewhere = {"https://b.example/r": answer(b"User-agent: *\nDisallow: /private/")}
    there, lost = (
        Sites({**PAGES, **elsewhere, ROBOTS: moved("https://b.example/r")}),
        Sites({**PAGES, ROBOTS: moved(ROBOTS)}),
    )

    with pytest.raises(PageFailed, match="forbids it"):
        await fetch("https://a.example/private/b?c=1", there)
    assert (await fetch("https://a.example/private/b?c=1", lost)).data == PROSE


async def test_a_redirect_is_followed_only_where_robots_txt_there_allows_it() -> None:
    sites = Sites(
        {"https://b.example/": moved("https://a.example/"), ROBOTS: answer(b"User-agent: *\nDisallow: /"), **PAGES}
    )

    with pytest.raises(PageFailed) as failed:
        await fetch("https://b.example/", sites)

    assert (failed.value.reason, failed.value.url) == ("robots", "https://b.example/")
    assert sites.asked == ["https://b.example/"]


async def test_only_the_beginning_of_a_long_robots_txt_is_read() -> None:
    long = answer(b"User-agent: *\nAllow: /\n", b"#" * 100, b"\nDisallow: /private/\n" * 1000)
    sites = Sites({**PAGES, ROBOTS: long})

    assert (await fetch("https://a.example/private/b?c=1", sites, limits=Limits(robots_bytes=100))).data == PROSE


async def test_many_names_above_many_rules_cost_no_more_than_their_length() -> None:
    names = (f"User-agent: {''.join(letters)}\n".encode() for letters in product("abcdefghij", repeat=4))
    below = (f"Disallow: /{number}\n".encode() for number in range(10_000))
    ours = b"User-agent: *\nDisallow: /private/"
    sites = Sites({**PAGES, ROBOTS: answer(b"".join(names), b"".join(below), ours)})
    began = time.process_time()

    with pytest.raises(PageFailed, match="forbids it"):
        await fetch("https://a.example/private/b?c=1", sites)

    assert time.process_time() - began < 5  # 0.1 s; every rule under every name would take minutes and gigabytes


@pytest.mark.parametrize(("delay", "kept"), [("4", 4.0), ("3600", 10.0), ("0.1", 0.5), ("nan", 0.5), ("soon", 0.5)])
async def test_crawl_delay_is_kept_up_to_a_limit(delay: str, kept: float) -> None:
    sites, slept = rules(f"User-agent: *\nCrawl-delay: {delay}"), Slept()

    async with fetcher(sites, manners=Manners(clock=lambda: 0, sleep=slept)) as web:
        for url in PAGES:
            await web.fetch(url)

    assert slept.seconds == [
        0.5,
        0.5 + kept,
    ]  # after robots.txt, whose answer is not known before; after the first page


async def test_a_page_that_is_late_does_not_condemn_the_site_it_leads_to() -> None:
    silent = Sites({**PAGES, ROBOTS: in_turn(failing(TimeoutError()), answer(status=404))})

    async with fetcher(silent, limits=Limits(total=5, robots=10)) as web:
        with pytest.raises(PageFailed, match="timeout"):
            await web.fetch("https://a.example/")
        assert (await web.fetch("https://a.example/")).data == PROSE
