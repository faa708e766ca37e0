from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.archive import open_database
from redraft.agent.events import SuspiciousText, TooOld
from redraft.agent.settings import Settings
from redraft.agent.shortfalls import QUESTION_LENGTH, shortfalls
from redraft.prompts.labels import labels
from redraft.store import claims, drafts, gaps, pages, runs, searches
from redraft.store.database import Database
from redraft.store.models import Fetch, Run, Search, Visit, now
from redraft.tests.agent.mended import RUN, claim, gap, mended, section

NUMBERS = count(1)
ENGLISH, GERMAN = labels("en"), labels("de")


@pytest.fixture
def cities(settings: Settings, documents: Path) -> Iterator[Database]:
    """One with a report that was mended."""
    database = open_database(settings)
    library.add(database, settings.library, [str(documents)], lambda *_: None)
    mended(database)
    yield database
    database.close()


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


def test_sources_that_are_too_old_are_counted_each_once_with_the_day(database: Database) -> None:
    run = Run(id="recent", question="?", status="done", settings={"since": "2024-03-09"}, created_at=now())
    runs.create(database, run)
    for url in ("https://rails.example/1", "https://rails.example/1", "file:///2"):
        event = TooOld(url=url, date="1999")
        runs.add_event(database, "recent", event.kind, event.data())

    assert shortfalls(database, "recent", ENGLISH) == ["Sources from before 2024-03-09, which were left out: 2."]


QUESTIONS = "“How many do buses carry?”, “Which city has the newest tram line?”"
OPEN = f"Questions that were found and not answered: 2 ({QUESTIONS})."
UNCHECKED = "Sentences whose claims could not be checked: 1."
UNCOVERED = "Points of the specification that no section covers: 1."


def test_what_a_mended_report_still_lacks_is_told_in_a_sentence_each(cities: Database) -> None:
    assert shortfalls(cities, RUN, ENGLISH) == [OPEN, UNCHECKED, UNCOVERED]


@pytest.mark.parametrize(
    ("stopped", "priority", "told"),
    [
        ("tokens", "low", ["The rounds of improvement ended early: the limit on tokens was reached."]),
        ("rounds", "high", ["The allowed rounds of improvement ended while important questions were open."]),
        ("rounds", "medium", []),
        ("dry", "high", []),
        ("complete", "low", []),
    ],
)
def test_why_the_rounds_ended_is_told_where_a_limit_ended_them(
    cities: Database, stopped: str, priority: str, told: list[str]
) -> None:
    runs.set_stopped(cities, RUN, stopped)
    gaps.open_all(cities, [gap("2", "What do ferries carry?", priority=priority)])

    *why, left = shortfalls(cities, RUN, ENGLISH)[:-2]

    assert why == told
    assert left.startswith("Questions that were found and not answered: 3 (“")
    assert left.count("“") == 2


@pytest.mark.parametrize("stopped", ["off", None])
def test_a_run_without_rounds_left_no_question_open(cities: Database, stopped: str | None) -> None:
    runs.set_stopped(cities, RUN, stopped)  # type: ignore[arg-type]

    assert shortfalls(cities, RUN, ENGLISH) == [UNCHECKED, UNCOVERED]


def test_a_question_in_the_box_is_short_and_leads_nowhere(cities: Database) -> None:
    asked = f"Is it so [e1] as https://rails.example/1 says{', and so on' * 20}?"
    for known in gaps.of_run(cities, RUN):
        gaps.close(cities, known.id or 0, "answered")
    gaps.open_all(cities, [gap("2", asked)])

    told = shortfalls(cities, RUN, ENGLISH)[0]

    shown = told.partition("“")[2].partition("”")[0]
    assert len(shown) <= QUESTION_LENGTH
    assert shown.startswith("Is it so as says, and so on")
    assert shown.endswith("…")


def test_what_verification_did_to_sentences_is_counted_as_far_as_it_can_still_be_seen(cities: Database) -> None:
    verdicts = [("Trams are the best", "partial", "hedged"), ("Trams are cheap", "unsupported", "deleted")]
    verdicts += [("Trams are fast", "contradicted", "deleted"), ("Trams carry more", "unsupported", "deleted")]
    rows = [claim(cities, "3", n, text, *done) for n, (text, *done) in enumerate(verdicts, start=1)]
    claims.save(cities, rows)

    assert shortfalls(cities, RUN, ENGLISH)[1:-1] == [
        UNCHECKED,
        "Sentences put more cautiously because the evidence says only part of them: 1.",
        "Sentences taken out when their claims were held against the evidence: 2.",  # one of three stands again
    ]


def test_a_claim_that_is_in_the_report_no_more_is_not_counted(cities: Database) -> None:
    drafts.revise(cities, section(cities, "2.1"), "edit", "Rails last [e1].")

    assert UNCHECKED not in shortfalls(cities, RUN, ENGLISH)


def test_sections_that_went_back_and_those_that_no_longer_fit_are_counted(cities: Database) -> None:
    before = drafts.version_of(section(cities, "1"), "restore", "Trams run [e1].", accepted=True)
    drafts.restore(cities, RUN, [before], {"2.1": False})
    drafts.set_stale(cities, section(cities, "0"), "Section 1 was changed.")

    assert shortfalls(cities, RUN, ENGLISH)[-2:] == [
        "Sections whose last changes were taken back because the report was better without them: 2.",
        "Sections that may no longer fit what was changed after them: 1.",
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
