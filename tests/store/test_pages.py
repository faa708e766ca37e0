import pytest

from redraft.store import library, pages, runs
from redraft.store.database import Database
from redraft.store.models import WEB, Fetch, Run, Source, Visit, now
from redraft.tools.types import Span


def source(url: str = "https://a.example/1", *, title: str = "Trams") -> Source:
    return Source(library=WEB, url=url, title=title, site="a.example", digest="", page_digest="", added_at=now())


def fetch(url: str = "https://a.example/1", *, failure: str | None = None) -> Fetch:
    return Fetch(
        url_key=url, url=url, links=[["https://a.example/2", "more"]], failure=failure, detail="", ms=3, at=now()
    )


def keep(database: Database, text: str, url: str = "https://a.example/1", *, title: str = "Trams") -> Fetch:
    whole = Span(start=0, end=len(text), heading="")
    return pages.keep(database, fetch(url), library.Entry(source(url, title=title), text, [whole]))


def visit(fetch: Fetch, number: int, run_id: str = "run1") -> Visit:
    return Visit(run_id=run_id, url_key=fetch.url_key, fetch_id=fetch.id or 0, number=number, via="trams", depth=0)


@pytest.fixture
def run_id(database: Database) -> str:
    run = Run(id="run1", question="Why?", status="running", settings={}, created_at=now())
    return runs.create(database, run).id


def test_a_page_that_says_the_same_again_is_the_same_source(database: Database) -> None:
    first, second = keep(database, "Trams run on rails."), keep(database, "Trams run on rails.")

    assert first.source_id == second.source_id is not None
    assert first.id != second.id


@pytest.mark.parametrize(
    ("text", "title"), [("Trams run on tyres.", "Trams"), ("Trams run on rails.", "Trams, 2nd edition")]
)
def test_a_page_that_changed_is_a_new_source_and_the_old_one_stays_readable(
    database: Database, text: str, title: str
) -> None:
    old, new = keep(database, "Trams run on rails."), keep(database, text, title=title)

    before, after = pages.source(database, old), pages.source(database, new)
    assert before
    assert after
    assert (before.active, after.active) == (False, True)
    assert library.page_text(database, before.page_digest) == "Trams run on rails."
    assert library.page_text(database, after.page_digest) == text


def test_the_newest_attempt_may_be_a_failure_and_the_newest_reading_is_still_there(database: Database) -> None:
    read = keep(database, "Trams run on rails.")
    failed = pages.keep_attempt(database, fetch(failure="timeout"))

    newest, newest_read = pages.newest(database, read.url_key), pages.newest(database, read.url_key, read=True)
    assert newest
    assert newest_read
    assert (newest.id, newest_read.id) == (failed.id, read.id)
    assert pages.newest(database, "https://b.example/") is None


def test_a_run_has_the_passages_of_the_pages_it_was_given_in_the_order_it_chose_them(
    database: Database, run_id: str
) -> None:
    buses, trams = keep(database, "Buses drive.", "https://a.example/b"), keep(database, "Trams run.")
    keep(database, "Nobody asked for this.", "https://a.example/c")
    gone = pages.keep_attempt(database, fetch("https://a.example/d", failure="not_found"))
    pages.save_visits(database, [visit(trams, 1), visit(gone, 2), visit(buses, 3)])

    assert [match.passage.text for match in pages.passages(database, run_id)] == ["Trams run.", "Buses drive."]
    assert [entry.fetch.failure for entry in pages.visited(database, run_id)] == [None, "not_found", None]


def test_a_run_keeps_the_page_it_was_given_when_the_page_changes(database: Database, run_id: str) -> None:
    given = keep(database, "Trams run on rails.")
    pages.save_visits(database, [visit(given, 1)])

    keep(database, "Trams run on tyres.")

    assert [match.passage.text for match in pages.passages(database, run_id)] == ["Trams run on rails."]


def test_one_source_behind_two_addresses_comes_once(database: Database, run_id: str) -> None:
    first = keep(database, "Trams run.")
    second = fetch("https://a.example/short")
    second.source_id = first.source_id
    pages.keep_attempt(database, second)
    pages.save_visits(database, [visit(first, 1), visit(second, 2)])

    assert [match.passage.text for match in pages.passages(database, run_id)] == ["Trams run."]


def test_pages_of_the_web_are_found_like_any_library_and_only_as_they_are_now(database: Database) -> None:
    keep(database, "Trams run on rails.")
    keep(database, "Trams run on tyres.")

    found = library.search(database, WEB, ["trams", "rails"], limit=5)

    assert [match.passage.text for match in found] == ["Trams run on tyres."]
