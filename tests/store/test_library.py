"""The user's documents in the store."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.drafts import Finding
from redraft.store.errors import NoSuchSource
from redraft.store.library import Changes, Stamp
from redraft.store.models import WEB, Run, Section, Source, now
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
    return library.add(store, source, text, cut(text))


def cite(store: Database, passage_id: int) -> str:
    """A run with this passage as its evidence."""
    run = runs.create(store, Run(id="r1", question="?", status="done", settings={}, created_at=now()))
    section = Section(run_id="r1", number="1", title="T", purpose="P", words=9, origin="model")
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


URLS = st.sampled_from(["file:///a/1", "file:///a/2", "file:///b/1"])
SAID = st.sampled_from(["Trams run on rails.", "# Buses\n\nBuses run.\n\n# Trams\n\nTrams run.", "Rails last."])
CHANGES = st.one_of(
    st.tuples(st.just("put"), URLS, SAID),
    st.tuples(st.just("remove"), URLS, st.none()),
    st.tuples(st.just("lose"), URLS, st.none()),
    st.tuples(st.just("sweep"), URLS, st.none()),
)


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(CHANGES, max_size=8))
def test_whatever_happens_to_a_library_what_a_report_cites_resolves_and_what_it_holds_is_found(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]
) -> None:
    store = Database(tmp_path_factory.mktemp("changes") / "store.db")
    put(store, "Trams run on rails.", url="file:///a/1")
    run_id = cite(store, library.search(store, "mine", ["trams"], limit=1)[0].passage.id or 0)

    for kind, url, said in changes:
        change(store, kind, url, said)

    exhibit = drafts.run_exhibits(store, run_id)[0]
    page = library.page_text(store, exhibit.source.page_digest)
    assert page[exhibit.passage.start : exhibit.passage.end] == exhibit.passage.text == "Trams run on rails."
    held = {passage for holding in library.holdings(store, "mine") for passage in texts(store, holding.source)}
    assert set(found(store, "trams", "buses", "rails")) == held
    store.close()


def change(store: Database, kind: str, url: str, said: str) -> None:
    match kind:
        case "put":
            put(store, said, url=url)
        case "remove":
            library.save(store, "mine", Changes(removed=[url]))
        case "lose":
            library.save(store, "mine", Changes(missing=[url]))
        case "sweep":
            library.remove_missing(store, "mine")


def texts(store: Database, source: Source) -> list[str]:
    page = library.page_text(store, source.page_digest)
    return [page[span.start : span.end] for span in cut(page)]


def test_missing_documents_alone_are_swept_out(store: Database) -> None:
    put(store, "Trams run.", url="file:///1")
    put(store, "Buses run.", url="file:///2")
    library.save(store, "mine", Changes(missing=["file:///1"]))

    assert library.remove_missing(store, "mine") == 1
    assert [holding.source.url for holding in library.holdings(store, "mine")] == ["file:///2"]
    assert library.remove_missing(store, "mine") == 0


def test_a_document_that_is_missing_stays_so_from_the_first_time_until_it_is_seen(store: Database) -> None:
    put(store, "Trams run.", url="file:///1")

    library.save(store, "mine", Changes(missing=["file:///1"]))
    first = library.documents(store, "mine")[0].missing_since
    library.save(store, "mine", Changes(missing=["file:///1"]))
    assert first is not None
    assert library.documents(store, "mine")[0].missing_since == first

    library.save(store, "mine", Changes(stamps=[Stamp("file:///1", 10, 7)]))
    seen = library.documents(store, "mine")[0]
    assert (seen.size, seen.modified_ns, seen.missing_since) == (10, 7, None)


def test_the_pages_of_the_web_are_no_library_of_the_users(store: Database) -> None:
    put(store, "Trams run.", name=WEB)
    put(store, "Trams run.", name="mine")

    assert library.libraries(store) == {"mine": 1}


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
