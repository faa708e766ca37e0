"""The user's documents in the store."""

import itertools

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

NUMBERS = itertools.count()


def put(
    database: Database, text: str, *, url: str = "file:///a.md", name: str = "mine", date: str | None = None
) -> Source:
    source = Source(
        library=name, url=url, title="A", site="here", date=date, digest="d", page_digest="", added_at=now()
    )
    return library.add(database, source, text, cut(text))


def cite(database: Database, passage_id: int, run_id: str = "r1") -> str:
    """A run with this passage as its evidence."""
    run = runs.create(database, Run(id=run_id, question="?", status="done", settings={}, created_at=now()))
    section = Section(run_id=run_id, number="1", title="T", purpose="P", words=9, origin="model")
    runs.save_outline(database, run_id, [section])
    drafts.save_findings(database, run_id, [Finding(section.id or 0, {}, [passage_id])])
    return run.id


def found(database: Database, *words: str, name: str = "mine") -> list[str]:
    return [match.passage.text for match in library.search(database, name, words, limit=9)]


def test_words_find_the_passage_that_holds_most_of_them_first(database: Database) -> None:
    put(database, "Trams run on rails.", url="file:///1")
    put(database, "Trams and buses carry people.", url="file:///2")

    assert found(database, "tram", "bus", "people") == ["Trams and buses carry people.", "Trams run on rails."]


def test_a_search_stays_within_its_library(database: Database) -> None:
    put(database, "Trams run on rails.", name="other")

    assert found(database, "trams") == []
    assert found(database, "trams", name="other") == ["Trams run on rails."]


def test_a_text_that_is_there_twice_is_found_once(database: Database) -> None:
    put(database, "Trams run on rails.", url="file:///1")
    put(database, "Trams run on rails.", url="file:///backup/1")
    put(database, "Trams run in the street.", url="file:///2")

    assert sorted(found(database, "trams")) == ["Trams run in the street.", "Trams run on rails."]


@given(words=st.lists(st.text(max_size=12), max_size=6))
def test_no_words_are_a_syntax_error(shared: Database, words: list[str]) -> None:
    put(shared, "Trams run on rails.", name="words")

    library.search(shared, "words", words, limit=3)


def test_a_changed_document_takes_the_place_of_its_earlier_state(database: Database) -> None:
    put(database, "Trams run on rails.")

    put(database, "Trams run on wires.")

    assert found(database, "trams") == ["Trams run on wires."]
    assert [(h.source.url, h.passages) for h in library.holdings(database, "mine")] == [("file:///a.md", 1)]


def test_what_a_report_cites_survives_its_removal_from_the_library(database: Database) -> None:
    source = put(database, "Trams run on rails.")
    run_id = cite(database, library.search(database, "mine", ["trams"], limit=1)[0].passage.id or 0)

    removed = library.remove(database, "mine", "file:///a.md")

    assert (removed, found(database, "trams"), library.holdings(database, "mine")) == (1, [], [])
    exhibit = drafts.run_exhibits(database, run_id)[0]
    page = library.page_text(database, exhibit.source.page_digest)
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
    shared: Database, changes: list[tuple[str, str, str]]
) -> None:
    name = f"changed {next(NUMBERS)}"
    put(shared, "Trams run on rails.", url="file:///a/1", name=name)
    run_id = cite(shared, library.search(shared, name, ["trams"], limit=1)[0].passage.id or 0, run_id=name)

    for kind, url, said in changes:
        change(shared, name, kind, url, said)

    exhibit = drafts.run_exhibits(shared, run_id)[0]
    page = library.page_text(shared, exhibit.source.page_digest)
    assert page[exhibit.passage.start : exhibit.passage.end] == exhibit.passage.text == "Trams run on rails."
    held = {passage for holding in library.holdings(shared, name) for passage in texts(shared, holding.source)}
    assert set(found(shared, "trams", "buses", "rails", name=name)) == held


def change(database: Database, name: str, kind: str, url: str, said: str) -> None:
    match kind:
        case "put":
            put(database, said, url=url, name=name)
        case "remove":
            library.save(database, name, Changes(removed=[url]))
        case "lose":
            library.save(database, name, Changes(missing=[url]))
        case "sweep":
            library.remove_missing(database, name)


def texts(database: Database, source: Source) -> list[str]:
    page = library.page_text(database, source.page_digest)
    return [page[span.start : span.end] for span in cut(page)]


def test_missing_documents_alone_are_swept_out(database: Database) -> None:
    put(database, "Trams run.", url="file:///1")
    put(database, "Buses run.", url="file:///2")
    library.save(database, "mine", Changes(missing=["file:///1"]))

    assert library.remove_missing(database, "mine") == 1
    assert [holding.source.url for holding in library.holdings(database, "mine")] == ["file:///2"]
    assert library.remove_missing(database, "mine") == 0


def test_a_document_that_is_missing_stays_so_from_the_first_time_until_it_is_seen(database: Database) -> None:
    put(database, "Trams run.", url="file:///1")

    library.save(database, "mine", Changes(missing=["file:///1"]))
    first = library.documents(database, "mine")[0].missing_since
    library.save(database, "mine", Changes(missing=["file:///1"]))
    assert first is not None
    assert library.documents(database, "mine")[0].missing_since == first

    library.save(database, "mine", Changes(stamps=[Stamp("file:///1", 10, 7)]))
    seen = library.documents(database, "mine")[0]
    assert (seen.size, seen.modified_ns, seen.missing_since) == (10, 7, None)


def test_the_pages_of_the_web_are_no_library_of_the_users(database: Database) -> None:
    put(database, "Trams run.", name=WEB)
    put(database, "Trams run.", name="mine")

    assert library.libraries(database) == {"mine": 1}


def test_a_document_can_come_back_after_its_removal(database: Database) -> None:
    put(database, "Trams run on rails.")
    cite(database, library.search(database, "mine", ["trams"], limit=1)[0].passage.id or 0)
    library.remove(database, "mine", "file:///a.md")

    put(database, "Trams run on rails.")

    assert found(database, "trams") == ["Trams run on rails."]


def test_a_folder_is_removed_with_all_below_it_and_nothing_beside_it(database: Database) -> None:
    put(database, "Trams.", url="file:///a/1")
    put(database, "Trams.", url="file:///a/b/2")
    put(database, "Trams.", url="file:///ab/3")

    assert library.remove(database, "mine", "file:///a/") == 2
    assert [holding.source.url for holding in library.holdings(database, "mine")] == ["file:///ab/3"]


def test_removing_what_is_not_there_is_an_error(database: Database) -> None:
    with pytest.raises(NoSuchSource, match="'mine' holds nothing at file:///a"):
        library.remove(database, "mine", "file:///a")


def test_evidence_is_numbered_once_and_keeps_its_numbers(database: Database) -> None:
    put(database, "Trams run on rails.\n\n# Buses\n\nBuses run on roads.")
    first, second = (match.passage.id or 0 for match in library.search(database, "mine", ["run"], limit=2))
    run_id = cite(database, first)

    drafts.save_findings(database, run_id, [Finding(1, {}, [second, first])])

    assert [(e.evidence.number, e.passage.id) for e in drafts.run_exhibits(database, run_id)] == [(1, first)]
