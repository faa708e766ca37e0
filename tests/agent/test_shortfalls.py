from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from redraft.agent.events import SuspiciousText
from redraft.agent.shortfalls import shortfalls
from redraft.prompts.labels import labels
from redraft.store import pages, runs, searches
from redraft.store.database import Database
from redraft.store.models import Fetch, Run, Search, Visit, now

NUMBERS = count(1)
ENGLISH, GERMAN = labels("en"), labels("de")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    for run_id, offline in (("one", False), ("two", False), ("offline", True)):
        settings = {"offline": offline}
        runs.create(database, Run(id=run_id, question="?", status="running", settings=settings, created_at=now()))
    yield database
    database.close()


def search(
    database: Database,
    provider: str,
    *,
    hits: int = 0,
    failure: str | None = None,
    detail: str = "",
    run_id: str = "one",
) -> None:
    listed = [{"url": f"https://rails.example/{n}", "title": "Trams"} for n in range(hits)]
    searches.keep(
        database,
        Search(
            run_id=run_id,
            provider=provider,
            key=str(next(NUMBERS)),
            text="trams",
            hits=listed,
            note="",
            failure=failure,
            detail=detail,
            ms=1,
            at=now(),
        ),
    )


def visit(database: Database, *failures: str | None, run_id: str = "one") -> None:
    for failure in failures:
        number = next(NUMBERS)
        url = f"https://rails.example/{number}"
        row = Fetch(url_key=url, url=url, links=[], failure=failure, detail="", ms=1, at=now())
        fetch = pages.keep_attempt(database, row)
        seen = Visit(run_id=run_id, url_key=url, fetch_id=fetch.id or 0, number=number, via="trams", depth=0)
        pages.save_visits(database, [seen])


def test_a_run_that_got_what_it_asked_for_has_none(database: Database) -> None:
    search(database, "brave", hits=3)
    visit(database, None, None)

    assert shortfalls(database, "one", ENGLISH) == []


def test_who_never_answered_and_who_sometimes_did_are_told_apart_with_the_last_reason(database: Database) -> None:
    search(database, "brave", failure="timeout", detail="no answer within 20 s")
    search(database, "brave", failure="forbidden", detail="it refuses the key.")
    search(database, "exa", hits=2)
    search(database, "exa", failure="server_error", detail="it answers with HTTP 500")

    assert shortfalls(database, "one", ENGLISH) == [
        "The search provider brave failed in every search: it refuses the key.",
        "The search provider exa failed in 1 of 2 searches: it answers with HTTP 500.",
    ]


def test_who_answered_and_found_nothing_at_all_is_named(database: Database) -> None:
    search(database, "arxiv")
    search(database, "arxiv")
    search(database, "pubmed")
    search(database, "pubmed", hits=1)

    assert shortfalls(database, "one", ENGLISH) == ["The search provider arxiv found nothing."]


def test_pages_that_could_not_be_read_are_counted_by_their_reasons_the_commonest_first(database: Database) -> None:
    visit(database, None, "robots", "paywall", "paywall", "dns", None)

    assert shortfalls(database, "one", ENGLISH) == [
        "Of 6 web pages, 4 could not be read: 2 behind a paywall, 1 closed to programs by robots.txt, 1 dns."
    ]


def test_what_another_run_lacked_does_not_count(database: Database) -> None:
    search(database, "brave", failure="timeout", detail="no answer", run_id="two")
    visit(database, "paywall", run_id="two")

    assert shortfalls(database, "one", ENGLISH) == []


def test_a_run_without_a_network_says_so_and_blames_nobody(database: Database) -> None:
    search(database, "brave", failure="offline", detail="nothing recorded", run_id="offline")

    assert shortfalls(database, "offline", ENGLISH) == ["Written offline: the web was not asked."]


@pytest.mark.parametrize("urls", [["https://rails.example/1"] * 2, ["https://rails.example/1", "file:///2"]])
def test_sources_that_speak_to_software_are_counted_each_once(database: Database, urls: list[str]) -> None:
    for url in urls:
        event = SuspiciousText(url=url, sentences=1)
        runs.add_event(database, "one", event.kind, event.data())

    count = len(set(urls))
    assert shortfalls(database, "one", ENGLISH) == [
        f"Sources with text addressed to software, which was left out: {count}."
    ]


def test_in_another_language_reasons_have_its_words_and_details_which_are_english_are_left_out(
    database: Database,
) -> None:
    search(database, "brave", failure="timeout", detail="no answer within 20 s")
    search(database, "exa", hits=2)
    search(database, "exa", failure="server_error", detail="it answers with HTTP 500")
    visit(database, None, "robots", "paywall", "paywall", "dns", None)

    assert shortfalls(database, "one", GERMAN) == [
        "Der Suchdienst brave hat bei jeder Suche versagt: keine Antwort in der gesetzten Zeit.",
        "Der Suchdienst exa hat bei 1 von 2 Suchen versagt: Serverfehler.",
        (
            "Webseiten, die nicht gelesen werden konnten: 4 von 6 "
            "(2 hinter einer Bezahlschranke, 1 durch robots.txt für Programme gesperrt, 1 dns)."
        ),
    ]
