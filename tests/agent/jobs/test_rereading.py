"""Whether what a report cites still stands where it was found."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from redraft.agent import archive
from redraft.agent.library import add
from redraft.agent.settings import Settings, load_settings
from redraft.agent.web import Web
from redraft.agent.world import Candidate, World
from redraft.store import library
from redraft.store.database import Database
from redraft.tests.agent.jobs.reported import DAY, AsItIsNow, Reported, age, reported
from redraft.tests.canned import PAGES, CannedSearch, CannedSites, canned_web

TRAMS = "https://rails.example/trams"
SAID = "carries 7,500 an hour"


@pytest.fixture
async def last(tmp_path: Path, home: Path) -> AsyncIterator[Reported]:
    """Whose report was written from the canned web, and no library beside it."""
    database = Database(tmp_path / "redraft.db")
    yield await reported(database, load_settings(home=home), canned_web())
    database.close()


@pytest.fixture
async def bookish(database: Database, settings: Settings) -> Reported:
    """Whose report was written from the library alone."""
    return await reported(database, settings, replace(canned_web(), providers=[]))


def changed(old: str, new: str, url: str = TRAMS) -> Web:
    """The canned web with other words on one page, which no search tells."""
    assert old in PAGES[url]
    seen = {url: text for url, text in PAGES.items() if not url.endswith("/cost")}
    return canned_web(AsItIsNow({**PAGES, url: PAGES[url].replace(old, new)}), search=[CannedSearch(seen)])


async def test_a_page_without_a_passage_that_the_report_cites_has_changed(last: Reported) -> None:
    news = await last.check(changed(SAID, "carries 9,999 an hour"))

    (item,) = news.items
    assert (item.kind, item.url, item.via) == ("changed", TRAMS, "")
    assert SAID in item.snippet
    assert news.failed == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Drivers, rails", "Drivers,\n\n  rails"),
        ("and overhead", "and\u00a0overhead"),
        ("</article>", "<p>Nobody has said anything of the kind about trams in this place before now.</p></article>"),
    ],
)
async def test_another_spelling_and_more_words_elsewhere_are_no_news(last: Reported, old: str, new: str) -> None:
    assert (await last.check(changed(old, new))).items == []


async def test_a_page_that_cannot_be_read_now_is_counted_and_no_news(last: Reported) -> None:
    sites = CannedSites(PAGES, faults={TRAMS: "server_error", "https://roads.example/buses": "not_found"})

    news = await last.check(canned_web(sites))

    assert (news.items, news.failed) == ([], 2)


async def test_only_what_the_report_cites_is_read_and_nothing_twice_a_day(last: Reported) -> None:
    sites = CannedSites(PAGES)
    for _ in range(2):
        await last.check(canned_web(sites))

    cited = {reference.source.url for reference in archive.report(last.database, last.run.id).references}
    assert sorted(sites.asked) == sorted(cited)


async def test_a_change_that_a_run_has_read_is_news_no_more_and_the_next_one_is(last: Reported) -> None:
    database, web = last.database, changed(SAID, "carries 9,999 an hour")
    first = await last.check(web)
    then = last.followed(first)
    world = World(web, database, then.run.id, lambda event: None)
    world.allow([TRAMS])
    await world.read([Candidate(url=TRAMS, via="")], wanted=1)

    told = await then.check(web)
    age(database, 2 * DAY)
    again = await then.check(changed(SAID, "carries 8,888 an hour"))

    assert [len(news.items) for news in (first, told, again)] == [1, 0, 1]


def rewrite(last: Reported, name: str, text: str | None, folder: Path) -> None:
    """What a user does with a document of the library: other words in it, or none any more."""
    if text is None:
        library.remove(last.database, "cities", (folder / name).as_uri())
        return
    (folder / name).write_text(text)
    add(last.database, "cities", [str(folder)], lambda *_: None)


async def test_a_document_that_lost_what_the_report_cites_has_changed(bookish: Reported, documents: Path) -> None:
    rewrite(bookish, "trams.md", "# Trams\n\nA tram line carries nobody any more.\n", documents)

    (item,) = (await bookish.check(canned_web(), offline=True)).items

    assert (item.kind, item.url) == ("changed", (documents / "trams.md").as_uri())
    assert "9,000 passengers" in item.snippet or "million euros" in item.snippet


async def test_a_document_that_says_more_and_still_what_the_report_cites_is_no_news(
    bookish: Reported, documents: Path
) -> None:
    more = (documents / "trams.md").read_text() + "\n## Noise\n\nTrams hum.\n"
    rewrite(bookish, "trams.md", more, documents)

    assert (await bookish.check(canned_web(), offline=True)).items == []


async def test_a_document_that_was_taken_out_is_told_once(bookish: Reported, documents: Path) -> None:
    rewrite(bookish, "trams.md", None, documents)

    news = await bookish.check(canned_web(), offline=True)
    then = bookish.followed(news)

    assert [item.kind for item in news.items] == ["changed"]
    assert (await then.check(canned_web(), offline=True)).items == []


async def test_a_document_that_lies_elsewhere_now_is_no_news(bookish: Reported, documents: Path) -> None:
    (documents / "trams.md").rename(documents / "rails.md")
    add(bookish.database, "cities", [str(documents)], lambda *_: None)
    held = {source.url for source in library.documents(bookish.database, "cities")}

    items = (await bookish.check(canned_web(), offline=True)).items

    assert (documents / "trams.md").as_uri() not in held
    assert [item for item in items if item.kind == "changed"] == []
