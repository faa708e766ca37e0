"""The user's documents in the store."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.drafts import Finding
from redraft.store.errors import NoSuchSource
from redraft.store.models import Passage, Run, Section, Source, now
from redraft.tools.passages import cut


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database(tmp_path / "store.db")


def put(
    store: Database, text: str, *, url: str = "file:///a.md", name: str = "mine", date: str | None = None
) -> Source:
    source = Source(
        library=name, url=url, title="A", site="here", date=date, digest="d", page_digest="", added_at=now()
    )
    passages = [
        Passage(source_id=0, start=s.start, end=s.end, heading=s.heading, text=text[s.start : s.end]) for s in cut(text)
    ]
    return library.add(store, source, text, passages)


def cite(store: Database, passage_id: int) -> str:
    """A run with this passage as its evidence."""
    run = runs.create(store, Run(id="r1", question="?", status="done", settings={}, created_at=now()))
    section = Section(run_id="r1", number=1, title="T", purpose="P", words=9, origin="model")
    runs.save_outline(store, "r1", [section])
    drafts.save_findings(store, "r1", [Finding(section.id or 0, {}, [passage_id])])
    return run.id


def found(store: Database, *words: str, name: str = "mine") -> list[str]:
    return [match.passage.text for match in library.search(store, name, words, limit=9)]


def test_words_find_the_passage_that_holds_most_of_them_first(store: Database) -> None:
    put(store, "Trams run on rails.", url="file:///1")
    put(store, "Trams and buses carry people.", url="file:///2")

    assert found(store, "tram", "bus", "people") == ["Trams and buses carry people.", "Trams run on rails."]


def test_a_search_stays_within_its_library(store: Database) -> None:
    put(store, "Trams run on rails.", name="other")

    assert found(store, "trams") == []
    assert found(store, "trams", name="other") == ["Trams run on rails."]


def test_a_text_that_is_there_twice_is_found_once(store: Database) -> None:
    put(store, "Trams run on rails.", url="file:///1")
    put(store, "Trams run on rails.", url="file:///backup/1")
    put(store, "Trams run in the street.", url="file:///2")

    assert sorted(found(store, "trams")) == ["Trams run in the street.", "Trams run on rails."]


@given(words=st.lists(st.text(max_size=12), max_size=6))
def test_no_words_are_a_syntax_error(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    store = Database(tmp_path_factory.getbasetemp() / "words.db")

    library.search(store, "mine", words, limit=3)

    store.close()


def test_a_changed_document_takes_the_place_of_its_earlier_state(store: Database) -> None:
    put(store, "Trams run on rails.")

    put(store, "Trams run on wires.")

    assert found(store, "trams") == ["Trams run on wires."]
    assert [(h.source.url, h.passages) for h in library.holdings(store, "mine")] == [("file:///a.md", 1)]


def test_what_a_report_cites_survives_its_removal_from_the_library(store: Database) -> None:
    source = put(store, "Trams run on rails.")
    run_id = cite(store, library.search(store, "mine", ["trams"], limit=1)[0].passage.id or 0)

    removed = library.remove(store, "mine", "file:///a.md")

    assert (removed, found(store, "trams"), library.holdings(store, "mine")) == (1, [], [])
    exhibit = drafts.run_exhibits(store, run_id)[0]
    page = library.page_text(store, exhibit.source.page_digest)
    assert page[exhibit.passage.start : exhibit.passage.end] == exhibit.passage.text == "Trams run on rails."
    assert exhibit.source.url == source.url


def test_a_document_can_come_back_after_its_removal(store: Database) -> None:
    put(store, "Trams run on rails.")
    cite(store, library.search(store, "mine", ["trams"], limit=1)[0].passage.id or 0)
    library.remove(store, "mine", "file:///a.md")

    put(store, "Trams run on rails.")

    assert found(store, "trams") == ["Trams run on rails."]


def test_a_folder_is_removed_with_all_below_it_and_nothing_beside_it(store: Database) -> None:
    put(store, "Trams.", url="file:///a/1")
    put(store, "Trams.", url="file:///a/b/2")
    put(store, "Trams.", url="file:///ab/3")

    assert library.remove(store, "mine", "file:///a/") == 2
    assert [holding.source.url for holding in library.holdings(store, "mine")] == ["file:///ab/3"]


def test_removing_what_is_not_there_is_an_error(store: Database) -> None:
    with pytest.raises(NoSuchSource, match="'mine' holds nothing at file:///a"):
        library.remove(store, "mine", "file:///a")


def test_evidence_is_numbered_once_and_keeps_its_numbers(store: Database) -> None:
    put(store, "Trams run on rails.\n\n# Buses\n\nBuses run on roads.")
    first, second = (match.passage.id or 0 for match in library.search(store, "mine", ["run"], limit=2))
    run_id = cite(store, first)

    drafts.save_findings(store, run_id, [Finding(1, {}, [second, first])])

    assert [(e.evidence.number, e.passage.id) for e in drafts.run_exhibits(store, run_id)] == [(1, first)]
