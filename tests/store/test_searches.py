from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.store import runs, searches
from redraft.store.database import Database
from redraft.store.models import Run, Search, now

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
JSON = st.dictionaries(st.text(max_size=5), st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@pytest.fixture
def database(database: Database) -> Database:
    for run_id in ("one", "two"):
        runs.create(database, Run(id=run_id, question="?", status="running", settings={}, created_at=now()))
    return database


def a_search(
    run_id: str | None = "one", *, key: str = "tram", url: str = "https://a/", at: int = 0, failure: str | None = None
) -> Search:
    return Search(
        run_id=run_id,
        provider="brave",
        key=key,
        text=key,
        hits=[] if failure else [{"url": url}],
        note="",
        failure=failure,
        detail="it is slow" if failure else "",
        ms=12,
        at=MORNING + timedelta(hours=at),
    )


def test_a_run_has_what_it_was_told_and_nothing_of_other_runs(database: Database) -> None:
    searches.keep(database, a_search("one"))

    told = searches.answered(database, "one", "brave", "tram")

    assert told is not None
    assert told.hits == [{"url": "https://a/"}]
    for run_id, provider, key in [("two", "brave", "tram"), ("one", "exa", "tram"), ("one", "brave", "bus")]:
        assert searches.answered(database, run_id, provider, key) is None


@pytest.mark.parametrize("later", [None, "timeout"])
def test_a_run_keeps_the_answer_it_was_given(database: Database, later: str | None) -> None:
    searches.keep(database, a_search("one"))
    searches.keep(database, a_search("one", url="https://b/", failure=later))

    assert [search.hits for search in searches.of_run(database, "one")] == [[{"url": "https://a/"}]]


def test_a_failure_gives_way_to_what_comes_after_it(database: Database) -> None:
    for failure in ("timeout", "unreachable", None):
        searches.keep(database, a_search("one", failure=failure))

    assert [search.failure for search in searches.of_run(database, "one")] == [None]


def test_searches_by_hand_are_all_kept(database: Database) -> None:
    for url in ("https://a/", "https://b/"):
        searches.keep(database, a_search(None, url=url))

    newest = searches.newest(database, "brave", "tram")

    assert newest is not None
    assert newest.hits == [{"url": "https://b/"}]


def test_the_newest_answer_of_anybody_is_played_back_and_failures_are_passed_over(database: Database) -> None:
    assert searches.newest(database, "brave", "tram") is None
    searches.keep(database, a_search("one", url="https://new/", at=2))
    searches.keep(database, a_search(None, url="https://old/", at=1))
    searches.keep(database, a_search("two", at=3, failure="unreachable"))

    newest = searches.newest(database, "brave", "tram")

    assert newest is not None
    assert newest.hits == [{"url": "https://new/"}]
    assert searches.newest(database, "brave", "bus") is None


def test_the_searches_of_a_run_come_in_the_order_in_which_they_were_kept(database: Database) -> None:
    for key in ("b", "a", "c"):
        searches.keep(database, a_search("one", key=key))
    searches.keep(database, a_search("two", key="d"))

    assert [search.key for search in searches.of_run(database, "one")] == ["b", "a", "c"]


@given(hits=st.lists(JSON, max_size=3))
def test_hits_come_back_as_they_were_kept(shared: Database, hits: list[dict[str, Any]]) -> None:
    search = a_search(None)
    search.hits = hits

    searches.keep(shared, search)
    newest = searches.newest(shared, "brave", "tram")

    assert newest is not None
    assert newest.hits == hits
