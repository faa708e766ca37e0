"""Searching and fetching one at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent.byhand import fetch_by_hand, search_by_hand
from redraft.agent.errors import UserError
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tests.programs import SITE, Program


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Program]:
    site = Program(SITE, tmp_path / "site")
    yield site
    site.stop()


@pytest.fixture
def online(settings: Settings, site: Program) -> Settings:
    update = {"allow_hosts": site.place, "searxng_url": site.url, "search": ("searxng",)}
    return settings.model_copy(update=update)


async def test_a_library_can_be_searched_like_the_web(database: Database, settings: Settings) -> None:
    library = settings.model_copy(update={"search": ("library",)})

    found = await search_by_hand(library, database, "overhead wire", limit=1)

    assert [entry.hit.title for entry in found.found] == ["Trams in cities"]
    assert [entry.providers for entry in found.found] == [("library",)]


@pytest.mark.parametrize(("providers", "text"), [(("library",), " ?! "), (("none",), "overhead wire")])
async def test_a_search_for_nothing_or_by_nobody_is_refused(
    database: Database, settings: Settings, providers: tuple[str, ...], text: str
) -> None:
    with pytest.raises(UserError, match=r"nothing to search for|no search provider"):
        await search_by_hand(settings.model_copy(update={"search": providers}), database, text, limit=1)


@pytest.mark.enable_socket
async def test_what_is_searched_by_hand_can_be_searched_offline(
    database: Database, online: Settings, site: Program
) -> None:
    first = await search_by_hand(online, database, "ferry landing", limit=3)
    site.stop()

    again = await search_by_hand(online.model_copy(update={"offline": True}), database, "Ferry  landing", limit=3)

    assert first.found[0].hit.url == f"{site.url}/roads.example/ferries"
    assert again.found == first.found


@pytest.mark.enable_socket
async def test_a_page_is_fetched_once_and_then_only_to_refresh_it(
    database: Database, online: Settings, site: Program
) -> None:
    url = f"{site.url}/rails.example/metro"

    pages = [await fetch_by_hand(online, database, url, refresh=refresh) for refresh in (False, False, True)]

    assert site.asked.count("GET /rails.example/metro") == 2
    assert pages[0] == pages[1]
    assert pages[2].text == pages[0].text is not None
    assert pages[2].source == pages[0].source


@pytest.mark.parametrize(
    ("url", "reason"), [("ftp://rails.example/", "bad_url"), ("http://127.0.0.1:9/", "private_address")]
)
async def test_a_page_that_cannot_be_had_is_told_with_the_reason(
    database: Database, settings: Settings, url: str, reason: str
) -> None:
    page = await fetch_by_hand(settings, database, url, refresh=False)

    assert page.failure is not None
    assert (page.failure.url, page.failure.reason) == (url, reason)
    assert (page.data()["reason"], page.data()["text"], page.data()["title"]) == (reason, None, None)
