"""What each provider makes of a reply as its documentation shows it, and what it asks for."""

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from redraft.tests.tools.search.documented import ASKED, EMPTY, FULL, HITS
from redraft.tests.tools.search.served import OVER_HTTP, SECRET, Web, recorded, said, served
from redraft.tools.errors import SearchFailed
from redraft.tools.search.searxng import Searxng
from redraft.tools.search.semantic_scholar import SemanticScholar
from redraft.tools.search.types import Answer, Ask

ASK = Ask(text="tram cost")


async def search(name: str, reply: str, ask: Ask = ASK) -> Answer:
    async with served(name, said(200, reply)) as (provider, _):
        return await provider.search(ask)


def options(request: httpx.Request) -> dict[str, Any]:
    """What a request asks for, wherever the provider wants it."""
    body = request.content.decode()
    if request.headers.get("content-type") == "application/json":
        return dict(json.loads(body))
    return dict(parse_qsl(body)) if body else dict(request.url.params)


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_a_documented_reply_becomes_hits(name: str) -> None:
    async with served(name, recorded(name)) as (provider, _):
        answer = await provider.search(ASK)

    assert list(answer.hits) == HITS[name]


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_an_empty_reply_is_an_answer_without_hits(name: str) -> None:
    assert (await search(name, EMPTY[name])).hits == ()


async def test_what_a_provider_says_of_an_empty_answer_is_its_note() -> None:
    assert (await search("searxng", EMPTY["searxng"])).note == "engines without an answer: google: CAPTCHA"
    assert (await search("pubmed", EMPTY["pubmed"])).note == "No items found."
    assert (await search("arxiv", EMPTY["arxiv"], Ask(text="the of ?"))).note == "no words to search for"


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_limit_language_and_first_day_are_asked_for_as_far_as_the_provider_can(name: str) -> None:
    async with served(name, recorded(name), contact="me@home.example") as (provider, web):
        await provider.search(FULL)

    assert options(web.requests[0]).items() >= ASKED[name].items()


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_no_more_hits_come_back_than_were_asked_for(name: str) -> None:
    async with served(name, recorded(name)) as (provider, _):
        answer = await provider.search(Ask(text="tram cost", limit=1))

    assert list(answer.hits) == HITS[name][:1]


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_hits_that_are_known_to_be_too_old_are_left_out(name: str) -> None:
    async with served(name, recorded(name)) as (provider, _):
        answer = await provider.search(Ask(text="tram cost", since=date(2024, 3, 9)))

    assert list(answer.hits) == [hit for hit in HITS[name] if hit.date is None or hit.date >= "2024-03-09"]


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_no_key_is_part_of_an_address(name: str) -> None:
    """httpx logs addresses."""
    async with served(name, recorded(name)) as (provider, web):
        await provider.search(ASK)

    assert SECRET not in " ".join(str(request.url) for request in web.requests)
    assert SECRET not in repr(provider)


async def test_wikipedia_is_asked_in_the_language_of_the_question() -> None:
    async with served("wikipedia", recorded("wikipedia")) as (provider, web):
        answer = await provider.search(FULL)

    assert web.requests[0].url.host == "de.wikipedia.org"
    assert answer.hits[0].url == "https://de.wikipedia.org/wiki/Tram"


async def test_brave_gets_no_longer_search_than_it_takes() -> None:
    async with served("brave", recorded("brave")) as (provider, web):
        await provider.search(Ask(text="tram " * 60))
        await provider.search(Ask(text="x" * 500))

    assert [len(request.url.params["q"].split()) for request in web.requests] == [50, 1]
    assert len(web.requests[1].url.params["q"]) == 400


async def test_searxngs_refusal_of_json_says_how_to_allow_it() -> None:
    with pytest.raises(SearchFailed, match=r"`formats: \[html, json\]` below `search:` in its settings.yml") as caught:
        async with served("searxng", said(403, "<h1>Forbidden</h1>")) as (provider, _):
            await provider.search(ASK)

    assert caught.value.reason == "forbidden"


async def test_searxngs_name_and_password_are_sent_and_its_folder_is_kept() -> None:
    web = Web([recorded("searxng")])
    async with httpx.AsyncClient(transport=httpx.MockTransport(web)) as client:
        await Searxng(client, "https://me:pw@home.example/searx/", lambda: date(2024, 3, 20)).search(FULL)

    assert str(web.requests[0].url).startswith("https://home.example/searx/search?q=tram-line+cost")
    assert web.requests[0].url.params["time_range"] == "month"
    assert web.requests[0].headers["Authorization"] == "Basic bWU6cHc="


async def test_a_refusal_without_a_key_says_where_to_put_one() -> None:
    web = Web([said(403)])
    async with httpx.AsyncClient(transport=httpx.MockTransport(web)) as client:
        with pytest.raises(SearchFailed, match="without a key: REDRAFT_SEMANTIC_SCHOLAR_API_KEY takes one"):
            await SemanticScholar(client).search(ASK)


async def test_a_refused_key_is_named_by_its_variable_not_by_itself() -> None:
    with pytest.raises(SearchFailed, match="look at REDRAFT_BRAVE_API_KEY") as caught:
        async with served("brave", said(401, f"bad key {SECRET}")) as (provider, _):
            await provider.search(ASK)

    assert SECRET not in str(caught.value)


async def test_arxivs_errors_are_not_taken_for_papers() -> None:
    reply = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>https://arxiv.org/api/errors#x</id>
        <title>Error</title><summary>incorrect query</summary></entry></feed>"""

    with pytest.raises(SearchFailed, match="does not understand the search: incorrect query"):
        await search("arxiv", reply)


async def test_xml_never_reads_a_file_for_an_entity() -> None:
    reply = """<!DOCTYPE feed [<!ENTITY here SYSTEM "file:///etc/passwd"><!ENTITY name "trams">]>
        <feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2401.1</id>
        <title>&here; and &name;</title><summary><!-- none -->Short.</summary></entry></feed>"""

    (hit,) = (await search("arxiv", reply)).hits

    assert hit.title == "&here; and &name;"
    assert hit.abstract == "Short."


async def test_xml_whose_entities_grow_without_bounds_is_a_bad_answer() -> None:
    laughs = "".join(f'<!ENTITY l{depth} "{f"&l{depth - 1};" * 10}">' for depth in range(1, 12))
    reply = f"""<!DOCTYPE feed [<!ENTITY l0 "laugh">{laughs}]><feed xmlns="http://www.w3.org/2005/Atom">
        <entry><title>&l11;</title></entry></feed>"""

    with pytest.raises(SearchFailed) as caught:
        await search("arxiv", reply)

    assert caught.value.reason == "bad_answer"
