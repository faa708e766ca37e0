"""Whatever the world does to a provider, it is a `SearchFailed` with the right reason."""

import json
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.tests.tools.search.served import (
    IN_XML,
    OVER_HTTP,
    REPLIES,
    SECRET,
    Answer,
    broken,
    recorded,
    said,
    served,
)
from redraft.tools.errors import SearchFailed
from redraft.tools.search.http import MAX_BYTES
from redraft.tools.search.types import Ask

ASK = Ask(text="tram cost", since=date(2024, 3, 9))
every = pytest.mark.parametrize("name", OVER_HTTP)
JSON = [name for name in OVER_HTTP if name != "arxiv"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


async def failure(name: str, *answers: Answer) -> SearchFailed:
    async with served(name, *answers) as (provider, _):
        with pytest.raises(SearchFailed) as caught:
            await provider.search(ASK)
    assert caught.value.provider == name
    assert SECRET not in str(caught.value)
    return caught.value


@every
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "forbidden"),
        (403, "forbidden"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (302, "bad_answer"),
        (404, "bad_answer"),
    ],
)
async def test_a_status_is_a_reason(name: str, status: int, reason: str) -> None:
    assert (await failure(name, said(status, "<h1>No</h1>"))).reason == reason


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Fri, 20 Nov 2026 10:01:30 GMT", "Date": "Fri, 20 Nov 2026 10:00:00 GMT"}, 90),
        ({"Retry-After": "Fri, 20 Nov 2026 09:00:00 GMT", "Date": "Fri, 20 Nov 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 20 Nov 2026 09:00:00 -0000", "Date": "Fri, 20 Nov 2026 08:59:00 GMT"}, 60),
        ({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0),
        ({"Retry-After": "999999999999"}, 86_400),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "٣"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_it_wants_to_be_left_alone_is_passed_on(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]

    told = await failure("brave", lambda request: httpx.Response(status, headers=encoded))

    assert told.retry_after == seconds
    assert told.reason == ("server_error" if status == 503 and seconds is None else "rate_limited")


@every
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.ConnectTimeout("slow"), "timeout"),
        (httpx.ConnectError("Name or service not known"), "unreachable"),
        (httpx.ReadError(""), "unreachable"),
        (httpx.RemoteProtocolError("Server disconnected"), "unreachable"),
        (httpx.TooManyRedirects("Exceeded maximum allowed redirects."), "bad_answer"),
    ],
)
async def test_a_broken_connection_is_a_reason(name: str, error: Exception, reason: str) -> None:
    assert (await failure(name, broken(error))).reason == reason


async def test_an_address_that_cannot_be_reached_is_named_without_its_password() -> None:
    told = await failure("searxng", broken(httpx.ConnectError("refused")))

    assert str(told) == "searxng: no connection to searx.example: refused (unreachable)"


@every
@pytest.mark.parametrize(
    "body", ["", "{", "<html><body>Blocked</body></html>", "null", "[]", "{}", '"x"', "[" * 100_000, b"\xff\xfe\x00"]
)
async def test_a_reply_that_is_not_of_the_documented_form_is_a_bad_answer(name: str, body: str | bytes) -> None:
    assert (await failure(name, said(200, body))).reason == "bad_answer"


@every
async def test_a_reply_without_end_is_cut_off(name: str) -> None:
    assert (await failure(name, said(200, b" " * (MAX_BYTES + 1)))).detail == "an answer of more than 5 MB"


@every
async def test_a_damaged_encoding_is_a_bad_answer(name: str) -> None:
    assert (await failure(name, said(200, b"no gzip", Content_Encoding="gzip"))).reason == "bad_answer"


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


def replaced(value: Any, path: tuple[str | int, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], junk)
    return copy


@pytest.mark.parametrize("name", JSON)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), junk=JUNK)
async def test_a_wrong_type_anywhere_is_an_answer_or_a_bad_answer_and_never_another_error(
    name: str, data: st.DataObject, junk: Any
) -> None:
    reply = json.loads((REPLIES / f"{name}.json").read_text())
    place = data.draw(st.sampled_from(places(reply)))
    spoiled = json.dumps(replaced(reply, place, junk))
    async with served(name, said(200, spoiled), recorded(name)) as (provider, _):
        try:
            answer = await provider.search(ASK)
        except SearchFailed as error:
            assert error.reason == "bad_answer"  # noqa: PT017 - either outcome is right
        else:
            assert all(hit.url.lower().startswith(("http://", "https://")) for hit in answer.hits)


@pytest.mark.parametrize("name", IN_XML)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_a_missing_piece_of_xml_is_an_answer_or_a_bad_answer_and_never_another_error(
    name: str, data: st.DataObject
) -> None:
    lines = (REPLIES / f"{name}.xml").read_text().splitlines()
    gap = data.draw(st.integers(min_value=0, max_value=len(lines)))
    spoiled = "\n".join(lines[:gap] + lines[gap + data.draw(st.integers(min_value=1, max_value=3)) :])
    first = recorded(name) if name == "pubmed" else said(200, spoiled)
    async with served(name, first, said(200, spoiled)) as (provider, _):
        try:
            await provider.search(ASK)
        except SearchFailed as error:
            assert error.reason == "bad_answer"  # noqa: PT017 - either outcome is right


async def test_the_second_half_of_pubmeds_answer_can_fail_too() -> None:
    assert (await failure("pubmed", recorded("pubmed"), said(500))).reason == "server_error"
    assert (await failure("pubmed", recorded("pubmed"), said(200, "<html/>"))).reason == "bad_answer"
