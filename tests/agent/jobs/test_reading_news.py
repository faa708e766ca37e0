"""A run that brings a report up to date reads the news before its rounds begin."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from redraft.agent.gathering import scope
from redraft.agent.jobs.news import Item, News
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import load_settings
from redraft.agent.state import RunState
from redraft.store import pages
from redraft.store.database import Database
from redraft.store.pages import Visited
from redraft.tests.agent import desk
from redraft.tests.agent.jobs.reported import AsItIsNow, Reported, reported
from redraft.tests.canned import PAGES, CannedSearch, CannedSites, canned_web, page

TRAMS = "https://rails.example/trams"
SAID = "carries 7,500 an hour"
NEW = [f"https://news.example/{number}" for number in range(3)]
WORLD = {**PAGES, **{url: page(f"Trams {url}", f"The tram at {url} carries 300 passengers.") for url in NEW}}


@pytest.fixture
async def last(tmp_path: Path, home: Path) -> AsyncIterator[Reported]:
    database = Database(tmp_path / "redraft.db")
    yield await reported(database, load_settings(home=home, pages=4), canned_web())
    database.close()


def items(*urls: str, via: str = "trams") -> list[Item]:
    return [Item(kind="new" if via else "changed", url=url, title="Trams", via=via) for url in urls]


async def scoped(run: Reported, sites: CannedSites, times: int = 1) -> Sequence[Visited]:
    """The pages of the run after that step; it searches nothing."""
    engine = CannedSearch(WORLD)
    deps = desk.deps(run.database, run.run.id, ScriptedLLM({}), run.settings, web=canned_web(sites, search=[engine]))
    for _ in range(times):
        await scope(RunState(run_id=run.run.id), desk.runtime(deps))
    assert engine.asked == []
    return pages.visited(run.database, run.run.id)


async def test_the_news_comes_first_and_takes_half_of_the_pages_however_often_the_step_is_entered(
    last: Reported,
) -> None:
    sites = CannedSites(WORLD)
    run = last.followed(News(items("file:///library/trams.md", *NEW), 1, 0), "running")

    visited = await scoped(run, sites, times=2)

    assert sites.asked == NEW[:2]
    assert [(entry.fetch.url, entry.visit.via) for entry in visited] == [(url, "trams") for url in NEW[:2]]


async def test_a_page_that_has_changed_is_read_as_it_is_now(last: Reported) -> None:
    sites = AsItIsNow({**WORLD, TRAMS: PAGES[TRAMS].replace(SAID, "carries 9,999 an hour")})
    news = await last.check(canned_web(sites, search=[CannedSearch({})]))
    run = last.followed(news, "running")

    await scoped(run, sites)

    found = [match.passage.text for match in pages.passages(last.database, run.run.id)]
    assert any("9,999" in text for text in found)
    assert not any(SAID in text for text in found)
    assert sites.asked.count(TRAMS) == 1  # the check has read it a moment ago


async def test_news_that_cannot_be_read_costs_nothing_but_itself(last: Reported) -> None:
    run = last.followed(News(items(*NEW), 1, 0), "running")

    visited = await scoped(run, replace(CannedSites(WORLD), faults={NEW[0]: "paywall"}))

    assert [entry.source is not None for entry in visited] == [False, True, True]


async def test_a_run_without_news_reads_nothing_before_its_rounds(last: Reported) -> None:
    sites = CannedSites(WORLD)

    assert await scoped(last.followed(News([], 1, 0), "running"), sites) == []
    assert sites.asked == []
