import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from redraft.agent.events import Event, PageRead, PagesGathered, PageUnusable, ProviderSilent, Searched, TooOld
from redraft.agent.web import Web
from redraft.agent.world import PATIENCE, Candidate, World
from redraft.store import pages, runs
from redraft.store.database import Database
from redraft.store.models import Run, now
from redraft.tests.canned import PAGES, CannedSearch, CannedSites, DeadSearch, canned_web, page
from redraft.tools.errors import PageFailed, SearchFailed, SearchFault
from redraft.tools.search.types import Answer, Ask, Hit

TRAMS, COST = "https://rails.example/trams", "https://rails.example/cost"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property, each with a run and pages of its own."""
    database = Database(tmp_path_factory.mktemp("world") / "redraft.db")
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    yield database
    database.close()


def new_run(database: Database) -> str:
    run = Run(id=f"run{next(NUMBERS)}", question="?", status="running", settings={}, created_at=now())
    return runs.create(database, run).id


def world(database: Database, web: Web, run_id: str | None = None) -> tuple[World, list[Event]]:
    heard: list[Event] = []
    return World(web, database, run_id or new_run(database), heard.append), heard


def candidates(urls: Sequence[str]) -> list[Candidate]:
    return [Candidate(url=url, via="trams") for url in urls]


async def test_a_page_that_nothing_has_named_is_not_opened(database: Database) -> None:
    sites = CannedSites(PAGES)
    here, _ = world(database, canned_web(sites))
    await here.search("buses")

    with pytest.raises(PageFailed) as failed:
        await here.read(candidates([TRAMS]), wanted=1)

    assert failed.value.reason == "unlisted"
    assert sites.asked == []


async def test_a_page_is_asked_for_as_it_was_listed_and_not_as_somebody_spells_it(database: Database) -> None:
    sites = CannedSites(PAGES)
    here, _ = world(database, canned_web(sites))
    await here.search("trams")

    await here.read(candidates([f"{TRAMS}?utm_source=the+secret"]), wanted=1)

    assert sites.asked == [TRAMS]


async def test_what_a_search_before_the_run_has_listed_may_be_opened_once_that_is_said(database: Database) -> None:
    sites = CannedSites(PAGES)
    here, _ = world(database, canned_web(sites))

    here.allow([TRAMS])
    await here.read(candidates([TRAMS]), wanted=1)

    assert sites.asked == [TRAMS]
    with pytest.raises(PageFailed, match="unlisted"):
        await here.read(candidates([COST]), wanted=2)


async def test_what_a_page_links_to_may_be_opened_once_its_links_were_looked_at(database: Database) -> None:
    sites, run_id = CannedSites(PAGES), new_run(database)
    here, _ = world(database, canned_web(sites), run_id)
    await here.search("trams")
    await here.read(candidates([TRAMS]), wanted=1)

    assert here.listed(pages.visited(database, run_id)[0]) == [(COST, "What building a tram line costs a kilometre")]
    await here.read([Candidate(url=COST, via=TRAMS, depth=1)], wanted=2)

    assert sites.asked == [TRAMS, COST]


async def test_a_document_of_the_library_is_found_and_not_opened(database: Database) -> None:
    class Library:
        name, interval = "library", 0.0

        async def search(self, ask: Ask) -> Answer:
            return Answer(hits=(Hit(url="file:///library/trams.md", title="Trams"), Hit(url=TRAMS, title="Trams")))

    sites = CannedSites(PAGES)
    here, heard = world(database, replace(canned_web(sites), providers=[Library()]))

    found = await here.search("trams")
    await here.read(candidates([entry.hit.url for entry in found.found]), wanted=2)

    assert len(found.found) == 2
    assert sites.asked == [TRAMS]
    assert not [event for event in heard if isinstance(event, PageUnusable)]


async def test_a_run_that_is_entered_again_asks_nobody_for_what_it_was_told(database: Database) -> None:
    run_id = new_run(database)
    engine, sites = CannedSearch(PAGES), CannedSites(PAGES)
    web = canned_web(sites, search=[engine])
    first, _ = world(database, web, run_id)
    before = await first.search("tram lines")
    await first.read(candidates([TRAMS]), wanted=1)

    again, heard = world(database, web, run_id)
    after = await again.search("tram lines")
    await again.read(candidates([TRAMS, COST]), wanted=2)

    assert engine.asked == ["tram lines"]
    assert after.found == before.found
    assert sites.asked == [TRAMS, COST]
    assert [event.url for event in heard if isinstance(event, PageRead)] == [COST]


async def test_a_provider_that_failed_is_asked_again_when_the_run_is_entered_again(database: Database) -> None:
    run_id = new_run(database)
    engine = CannedSearch(PAGES, name="dead")

    await world(database, canned_web(search=[DeadSearch()]), run_id)[0].search("trams")
    found = await world(database, canned_web(search=[engine]), run_id)[0].search("trams")

    assert engine.asked == ["trams"]
    assert found.found


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("unreachable", ["one", "one"]),  # tried twice, and never again
        ("forbidden", ["one"]),
        ("timeout", ["one", "two"]),
        ("rate_limited", ["one", "two", "three", "four"]),  # its rest decides when it is asked again
    ],
)
async def test_a_provider_that_goes_on_failing_is_given_up(
    database: Database, reason: SearchFault, asked: list[str]
) -> None:
    dead = DeadSearch(reason=reason)
    here, _ = world(database, canned_web(search=[dead, CannedSearch(PAGES)]))

    for text in ("one", "two", "three", "four"):
        await here.search(text)

    assert dead.asked == asked


async def test_an_answer_makes_up_for_a_failure(database: Database) -> None:
    class Moody(CannedSearch):
        """Gives an answer every other time."""

        async def search(self, ask: Ask) -> Answer:
            answer = await super().search(ask)
            if len(self.asked) % 2:
                raise SearchFailed(self.name, "timeout", "too slow")
            return answer

    moody = Moody(PAGES)
    here, _ = world(database, canned_web(search=[moody]))

    for text in ("one", "two", "three", "four"):
        await here.search(text)

    assert moody.asked == ["one", "two", "three", "four"]


async def test_a_silent_provider_is_told_once_and_the_search_of_the_others_counts(database: Database) -> None:
    here, heard = world(database, canned_web(search=[DeadSearch(), CannedSearch({}, name="poor"), CannedSearch(PAGES)]))

    await here.search("trams")
    await here.search("buses")

    silent = [(event.provider, event.reason) for event in heard if isinstance(event, ProviderSilent)]
    assert silent == [("dead", "unreachable"), ("poor", "nothing_found")]
    assert [event.hits.keys() for event in heard if isinstance(event, Searched)] == [{"poor", "canned"}] * 2


@dataclass
class Dated:
    """Lists pages with their dates, whatever is asked."""

    dates: Mapping[str, str | None]
    name: str = "dated"
    interval: float = 0.0
    asked: list[Ask] = field(default_factory=list)

    async def search(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return Answer(hits=tuple(Hit(url=url, title=url, date=day) for url, day in self.dates.items()))


async def test_a_result_that_is_too_old_is_neither_listed_nor_read_and_told_once(database: Database) -> None:
    run = Run(id="recent", question="?", status="running", settings={"since": "2024-03-09"}, created_at=now())
    runs.create(database, run)
    sites, engine = CannedSites(PAGES), Dated({TRAMS: "2024-02", COST: "2024"})
    here, heard = world(database, replace(canned_web(sites), providers=[engine]), "recent")

    for text in ("trams", "tram lines"):
        found = await here.search(text)
        await here.read(candidates([entry.hit.url for entry in found.found]), wanted=2)

    assert sites.asked == [COST]
    assert [event for event in heard if isinstance(event, TooOld)] == [TooOld(url=TRAMS, date="2024-02")]
    assert {ask.since for ask in engine.asked} == {date(2024, 3, 9)}
    with pytest.raises(PageFailed, match="unlisted"):
        await here.read(candidates([TRAMS]), wanted=2)


async def test_a_search_with_a_first_day_is_another_than_the_one_without(database: Database) -> None:
    run = Run(id="changed", question="?", status="running", settings={}, created_at=now())
    runs.create(database, run)
    engine = Dated({})
    await world(database, replace(canned_web(), providers=[engine]), "changed")[0].search("trams")
    with database.session() as session:
        session.get_one(Run, "changed").settings = {"since": "2024-03-09"}

    await world(database, replace(canned_web(), providers=[engine]), "changed")[0].search("trams")

    assert [ask.since for ask in engine.asked] == [None, date(2024, 3, 9)]


class Reversed(CannedSites):
    """Answers those last that it was asked for first."""

    async def get(self, url: str, validators: object = None) -> object:  # type: ignore[override]
        for _ in range(20 - 2 * len(self.asked)):
            await asyncio.sleep(0)
        return await super().get(url)


async def test_pages_are_kept_and_told_in_the_order_in_which_they_were_chosen(database: Database) -> None:
    chosen = [f"https://order.example/{number}" for number in (3, 1, 2)]
    sites = Reversed({url: page(f"Trams {url}", f"Trams run at {url} on every day.") for url in chosen})
    run_id = new_run(database)
    here, heard = world(database, canned_web(sites), run_id)
    await here.search("trams")

    await here.read(candidates(chosen), wanted=3)

    assert [event.url for event in heard if isinstance(event, PageRead)] == chosen
    assert [entry.fetch.url for entry in pages.visited(database, run_id)] == chosen


@profile(deadline=None)  # each example reads and keeps pages
@given(fates=st.lists(st.booleans(), max_size=12), wanted=st.integers(0, 6))
def test_a_run_never_has_more_pages_than_wanted_nor_asks_for_more_than_its_patience(
    shared: Database, fates: list[bool], wanted: int
) -> None:
    site = f"https://{next(NUMBERS)}.example"
    there = {f"{site}/{n}": page(f"Trams {n}", f"Trams of line {n} run.") for n, fate in enumerate(fates) if fate}
    urls = [f"{site}/{number}" for number in range(len(fates))]
    sites = CannedSites(there)
    engine = CannedSearch(dict.fromkeys(urls, "<p>trams</p>"))
    here, heard = world(shared, canned_web(sites, search=[engine]))

    async def gather() -> None:
        found = await here.search("trams")
        for share in (wanted // 2, wanted):
            await here.read(candidates([entry.hit.url for entry in found.found] * 2), wanted=share)

    asyncio.run(gather())

    read = sum(isinstance(event, PageRead) for event in heard)
    assert read <= wanted
    assert len(set(sites.asked)) == len(sites.asked) <= PATIENCE * wanted
    # It gives up only when it has what it wanted, nothing is left, or its patience is over.
    assert read == wanted or len(sites.asked) in (PATIENCE * wanted, min(len(urls), 10))
    summed = [event for event in heard if isinstance(event, PagesGathered)]
    assert sum(event.read + sum(event.failed.values()) for event in summed) == len(sites.asked)
