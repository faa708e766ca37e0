"""What the settings make of the web."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent.settings import Settings, load_settings
from redraft.agent.web import open_web
from redraft.store.database import Database
from redraft.tools.errors import Misconfigured
from redraft.tools.fetch.fetcher import Fetched
from redraft.tools.search.registry import SCHOLARLY

SEARXNG = "http://127.0.0.1:8080"
KEY = "BSA-not-for-other-eyes"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    yield database
    database.close()


async def names(database: Database, **flags: object) -> list[str]:
    async with open_web(load_settings(**flags), database) as web:
        return [provider.name for provider in web.providers]


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        ({"search": "auto"}, ["ddgs", "wikipedia"]),
        ({"search": "auto", "searxng_url": SEARXNG}, ["searxng"]),
        ({"search": "auto", "searxng_url": SEARXNG, "brave_api_key": KEY}, ["searxng", "brave"]),
        ({"search": "none"}, []),
        ({"search": "wikipedia, scholar"}, ["wikipedia", *SCHOLARLY]),
        ({"search": "wikipedia,library,pages,library"}, ["wikipedia", "library", "pages"]),
    ],
)
async def test_the_settings_say_who_is_asked(database: Database, flags: dict[str, str], asked: list[str]) -> None:
    assert await names(database, **flags) == asked


@pytest.mark.parametrize(
    ("search", "asked"),
    [
        ("auto", ["searxng", "pages"]),
        ("scholar,library", [*SCHOLARLY, "pages", "library"]),
        ("wikipedia,pages", ["wikipedia", "pages"]),
        ("library", ["library"]),
        ("none", []),
    ],
)
async def test_offline_the_pages_that_were_read_stand_in_for_what_cannot_be_searched(
    database: Database, search: str, asked: list[str]
) -> None:
    assert await names(database, search=search, offline=True, searxng_url=SEARXNG) == asked


async def test_offline_nothing_can_be_fetched_and_no_key_is_needed(database: Database) -> None:
    async with open_web(load_settings(search="brave", offline=True), database) as web:
        assert web.get is None
        assert web.providers[0].name == "brave"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"search": "altavista"}, "'altavista'"),
        ({"search": "brave"}, "REDRAFT_BRAVE_API_KEY"),
        ({"search": "searxng"}, "REDRAFT_SEARXNG_URL"),
        ({"allow_hosts": "127.0.0.1"}, "'127.0.0.1'"),
        ({"contact": "me and you"}, "'me and you'"),
    ],
)
async def test_what_cannot_be_used_is_named_before_anything_is_asked(
    database: Database, flags: dict[str, str], told: str
) -> None:
    with pytest.raises(Misconfigured, match=told):
        await names(database, **flags)


async def test_a_key_is_not_shown_by_what_holds_it(database: Database, settings: Settings) -> None:
    keyed = settings.model_copy(
        update={"search": ("brave",), "brave_api_key": load_settings(brave_api_key=KEY).brave_api_key}
    )

    async with open_web(keyed, database) as web:
        assert KEY not in f"{web!r} {list(web.providers)!r} {keyed!r}"


async def test_pages_are_understood_in_another_process(database: Database) -> None:
    fetched = Fetched(
        url="https://rails.example/trams",
        final_url="https://rails.example/trams",
        status=200,
        content_type="text/plain",
        charset="utf-8",
        data="Trams run on rails in Besançon.".encode(),
        etag=None,
        last_modified=None,
        not_modified=False,
        hops=(),
        ms=1,
    )

    async with open_web(load_settings(), database) as web:
        content = await web.understand(fetched)

    assert (content.text, content.site) == ("Trams run on rails in Besançon.", "rails.example")
