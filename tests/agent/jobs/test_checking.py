"""Whether there is anything new for a job, by searching alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from redraft.agent.events import Event, ProviderSilent, Searched
from redraft.agent.jobs.checking import BEST, LATE, MOST_QUERIES, check, queries, remember, remember_check
from redraft.agent.library import add
from redraft.agent.memory import Archive, Stored
from redraft.agent.settings import Settings, load_settings
from redraft.agent.web import Web
from redraft.store import rounds, runs, searches, seen
from redraft.store.database import Database
from redraft.store.models import Search, now
from redraft.tests.agent.jobs.reported import DAY, QUESTION, Reported, new_job, new_run, reported, rows_of_runs
from redraft.tests.canned import PAGES, CannedSearch, CannedSites, DeadSearch, canned_web, page
from redraft.tools.errors import SearchFailed
from redraft.tools.search.canonical import canonical
from redraft.tools.search.recorded import key_of
from redraft.tools.search.types import Answer, Ask, Hit

NEW = "https://news.example/trams"
MORE = {**PAGES, NEW: page("A new tram line", "Trams on the new line carry passengers in cities for less than buses.")}


@dataclass
class Listing:
    """Lists the same for every query."""

    hits: Sequence[Hit]
    name: str = "listing"
    interval: float = 0.0
    asked: list[Ask] = field(default_factory=list)

    async def search(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return Answer(hits=tuple(self.hits))


def listing(*hits: Hit) -> Web:
    return replace(canned_web(), providers=[Listing(hits)])


def listed(database: Database, run_id: str, url: str) -> None:
    """A search of a run had this address among its results."""
    said: dict[str, Any] = {"hits": [{"url": url, "title": "", "snippet": ""}], "note": "", "detail": "", "ms": 0}
    searches.keep(database, Search(run_id=run_id, provider=url, key="k", text="?", at=now(), **said))


def at(address: str, day: str | None = None) -> Hit:
    return Hit(url=address, title="Trams", snippet="Trams run.", date=day)


@pytest.fixture
async def last(tmp_path: Path, home: Path) -> AsyncIterator[Reported]:
    """Whose report was written from the canned web, and no library beside it."""
    database = Database(tmp_path / "redraft.db")
    yield await reported(database, load_settings(home=home), canned_web())
    database.close()


async def test_where_nothing_has_changed_there_is_no_news_and_nothing_of_a_run_is_written(last: Reported) -> None:
    engine, before = (
        CannedSearch({u: t for u, t in PAGES.items() if not u.endswith("/cost")}),
        rows_of_runs(last.database),
    )

    news = await last.check(canned_web(search=[engine]))

    assert (news.items, news.failed) == ([], 0)
    assert news.searches == len(engine.asked) > 3
    assert rows_of_runs(last.database) == before


async def test_a_page_that_nobody_has_listed_before_is_news(last: Reported) -> None:
    (found,) = (await last.check(canned_web(CannedSites(MORE)))).items

    assert (found.kind, found.url) == ("new", NEW)
    assert found.snippet.startswith("Trams on the new line carry passengers")
    assert found.via in queries(last.database, [last.run])


async def test_a_check_asks_though_the_same_was_asked_before_and_what_it_hears_can_be_played_back(
    last: Reported,
) -> None:
    asked = [CannedSearch(PAGES), CannedSearch(MORE)]
    for engine in asked:
        await last.check(canned_web(search=[engine]))

    assert asked[0].asked == asked[1].asked
    played = Archive(last.database).recall("canned", key_of(Ask(text=QUESTION)))
    assert isinstance(played, Answer)
    assert NEW in [hit.url for hit in played.hits]


async def test_news_stays_news_until_the_run_that_follows_is_done(last: Reported) -> None:
    web, database, job_id = canned_web(CannedSites(MORE)), last.database, last.job_id
    news = await last.check(web)
    remember_check(database, job_id, news)
    again = await last.check(web)
    failed = last.followed(news, "failed")
    listed(database, failed.run.id, NEW)

    after_a_failure = await last.check(web)
    done = last.followed(news)
    remember(database, job_id, done.run.id)
    at_last = await done.check(web)

    assert [len(found.items) for found in (news, again, after_a_failure, at_last)] == [1, 1, 1, 0]


async def test_what_a_check_without_news_looked_at_is_known_to_the_next(last: Reported) -> None:
    old = at(NEW, "2001-01-01")
    remember_check(last.database, last.job_id, await last.check(listing(old)))

    assert canonical(NEW) in seen.keys(last.database, last.job_id)
    assert (await last.check(listing(replace(old, date=None)))).items == []


@pytest.mark.parametrize(
    ("before", "since", "is_news"),
    [
        (LATE - DAY, None, True),
        (LATE + DAY, None, False),
        (LATE - DAY, DAY, False),
        (timedelta(0), DAY, True),
        (None, DAY, True),
    ],
)
async def test_what_was_there_long_before_the_last_report_is_no_news(
    last: Reported, before: timedelta | None, since: timedelta | None, is_news: bool
) -> None:
    today = now().date()
    day = None if before is None else (today - before).isoformat()

    news = await last.check(listing(at(NEW, day)), since=since and today - since)

    assert bool(news.items) == is_news


async def test_only_the_best_results_of_a_query_are_looked_at(last: Reported) -> None:
    found = [at(f"https://{number}.example/") for number in range(2 * BEST)]

    news = await last.check(listing(*found))

    assert [item.url for item in news.items] == [hit.url for hit in found[:BEST]]
    assert len(news.judged) == BEST


async def test_where_nobody_answers_it_is_said_who_failed_and_why(last: Reported) -> None:
    web = canned_web(search=[DeadSearch(), DeadSearch(name="poor", reason="forbidden")])

    with pytest.raises(SearchFailed) as failed:
        await last.check(web)

    assert str(failed.value).startswith("every search provider: dead: cannot be reached")
    assert "; poor: cannot be reached" in str(failed.value)
    assert "\n" not in str(failed.value)


async def test_where_some_answer_the_failures_are_counted_and_told_once(last: Reported) -> None:
    web, heard = canned_web(search=[DeadSearch(), CannedSearch({NEW: MORE[NEW]})]), list[Event]()

    news = await check(last.database, last.job_id, last.run, last.settings, web, heard.append)

    assert [item.url for item in news.items] == [NEW]
    assert news.failed == news.searches / 2 > 1
    silent = [event.provider for event in heard if isinstance(event, ProviderSilent)]
    assert silent == ["dead"]
    assert len([event for event in heard if isinstance(event, Searched)]) == news.failed


async def test_offline_nobody_is_asked_and_the_library_still_has_its_say(
    last: Reported, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine, sites = CannedSearch(MORE), CannedSites(MORE)
    folder = tmp_path_factory.mktemp("more")
    (folder / "trams.md").write_text("# New trams\n\nTrams in cities carry 300 passengers each.\n")
    (folder / "cheese.md").write_text("# Cheese\n\nCheese ripens for nine weeks.\n")
    add(last.database, last.settings.library, [str(folder)], lambda *_: None)
    web = canned_web(sites, search=[engine])

    news = await last.check(web, offline=True)

    assert [item.url for item in news.items] == [(folder / "trams.md").as_uri()]
    assert (engine.asked, sites.asked, news.searches, news.failed) == ([], [], 0, 0)


async def test_a_document_that_the_library_had_is_no_news_whoever_finds_it(
    database: Database, settings: Settings
) -> None:
    last = await reported(database, settings, replace(canned_web(), providers=[]))
    web = replace(canned_web(), providers=[Stored(database, "library", "cities"), Stored(database, "pages", "@web")])

    assert await last.check(web) == ([], 0, 0, frozenset())


async def test_the_question_is_asked_first_and_of_many_other_searches_some_from_everywhere(last: Reported) -> None:
    database, run = last.database, last.run
    rounds.begin(database, run.id, 1, [("", None)])
    more = ["TRAMS", *(f"tram  {number}" for number in range(90)), "tram 0"]
    rounds.update(database, rounds.get(database, run.id, 1), queries=more)

    asked = queries(database, [run])

    brief = runs.brief(database, run.id)
    assert brief is not None
    assert asked[:3] == [QUESTION, brief.title, "Trams"]
    assert MOST_QUERIES / 2 < len(asked) <= MOST_QUERIES
    assert len({" ".join(text.casefold().split()) for text in asked}) == len(asked)
    assert int(asked[-1].split()[1]) > 80


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("checking") / "redraft.db")
    yield database
    database.close()


WAYS = ("{}", "{}/", "{}?utm_source=a", "{}?fbclid=1&utm_medium=b", "{}#part", "http://www.{}")
ADDRESSES = [f"https://{name}.example/{path}" for name in ("a", "b") for path in ("x", "y", "z")]


def written(address: str, way: str) -> str:
    return way.format(address.removeprefix("https://") if way.startswith("http") else address)


@profile(deadline=None, max_examples=50)  # each example keeps rows
@given(
    met=st.dictionaries(st.sampled_from(ADDRESSES), st.sampled_from(["listed", "noted"])),
    found=st.lists(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(WAYS)), max_size=BEST),
    spelled=st.sampled_from(WAYS),
)
def test_what_was_seen_is_never_news_however_it_is_written_and_in_whatever_order_it_comes(
    shared: Database, met: dict[str, str], found: list[tuple[str, str]], spelled: str
) -> None:
    run, job_id = runs.create(shared, new_run(load_settings())), new_job(shared)
    for address, way in met.items():
        url = written(address, spelled)
        if way == "listed":
            listed(shared, run.id, url)
        else:
            seen.add(shared, job_id, [canonical(url)])
    web = listing(*(at(written(address, way)) for address, way in found))

    news = asyncio.run(check(shared, job_id, run, load_settings(), web))

    assert sorted(canonical(item.url) for item in news.items) == sorted({address for address, _ in found} - met.keys())
