import httpx
import pytest

from redraft.tests.tools.fetch.sites import OTHER, PROSE, PUBLIC, Names, Sites, answer, failing
from redraft.tools.errors import PageFailed
from redraft.tools.fetch.pinned import PinnedTransport

URL = "https://two.example/a?b=1"
TWO = Names({"two.example": [[PUBLIC, OTHER]]})
REQUEST = httpx.Request("GET", URL, headers={"Accept": "*/*"}, extensions={"timeout": {"connect": 5}})


async def test_the_address_is_changed_and_nothing_else() -> None:
    sites = Sites({URL: answer(PROSE)})

    await PinnedTransport(sites, resolve=TWO).handle_async_request(REQUEST)

    (sent,) = sites.requests
    assert str(sent.url) == f"https://{PUBLIC}/a?b=1"
    assert sent.headers == REQUEST.headers
    assert sent.headers["host"] == "two.example"
    assert sent.extensions == {"timeout": {"connect": 5}, "sni_hostname": "two.example"}


async def test_the_next_address_is_tried_when_the_first_cannot_be_connected_to() -> None:
    sites = Sites({URL: answer(PROSE)}, dead=frozenset({PUBLIC}))

    response = await PinnedTransport(sites, resolve=TWO).handle_async_request(REQUEST)

    assert response.status_code == 200
    assert sites.connected == [PUBLIC, OTHER]


async def test_an_address_that_answered_badly_is_not_passed_over() -> None:
    sites = Sites({URL: failing(httpx.ReadError("reset"))})

    with pytest.raises(httpx.ReadError):
        await PinnedTransport(sites, resolve=TWO).handle_async_request(REQUEST)

    assert sites.connected == [PUBLIC]


async def test_the_last_failure_stands_when_no_address_can_be_connected_to() -> None:
    sites = Sites(dead=frozenset({PUBLIC, OTHER}))

    with pytest.raises(httpx.ConnectError):
        await PinnedTransport(sites, resolve=TWO).handle_async_request(REQUEST)

    assert sites.connected == [PUBLIC, OTHER]


@pytest.mark.parametrize(("found", "reason"), [([], "dns"), ([PUBLIC, "::1"], "private_address")])
async def test_a_host_without_addresses_or_with_a_private_one_is_not_asked(found: list[str], reason: str) -> None:
    sites = Sites()

    with pytest.raises(PageFailed) as failed:
        await PinnedTransport(sites, resolve=Names({"two.example": [found]})).handle_async_request(REQUEST)

    assert (failed.value.reason, sites.requests) == (reason, [])


async def test_an_ip_address_is_not_looked_up() -> None:
    sites, names = Sites({"http://[2606:2800::1]/": answer(PROSE)}), Names()

    await PinnedTransport(sites, resolve=names).handle_async_request(httpx.Request("GET", "http://[2606:2800::1]/"))

    assert (sites.connected, names.asked) == (["2606:2800::1"], [])
