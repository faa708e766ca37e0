"""Passages found by their meaning: alone, and in whole runs with a scripted model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import archive, run
from redraft.agent.dense import open_meaning
from redraft.agent.errors import EngineMissing, NoEvidence
from redraft.agent.events import Event, PassagesEncoded
from redraft.agent.library import add
from redraft.agent.llm import ScriptedLLM
from redraft.agent.meaning import BATCH, Meaning
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.agent.web import Web
from redraft.store import library
from redraft.store.database import Database
from redraft.store.library import Entry
from redraft.store.models import Passage, Source, now
from redraft.tests.canned import CannedSearch, CannedSites, canned_web, page
from redraft.tests.meanings import Killed, Knowing, install

STREETCARS = "Streetcars on the boulevards took 900 guests to the fair that summer."


def quiet(done: int, total: int) -> None:
    pass


def put(database: Database, *texts: str, url: str = "file:///a", name: str = "mine") -> None:
    """A document with these passages."""
    source = Source(library=name, url=url, title="A", site="here", digest="", page_digest="", added_at=now())
    spans: list[Passage] = []
    for text in texts:
        start = spans[-1].end if spans else 0
        spans.append(Passage(source_id=0, start=start, end=start + len(text), heading="", text=text))
    library.save(database, name, library.Changes(entries=[Entry(source, "".join(texts), spans)]))


def found(meaning: Meaning, text: str, *, limit: int = 9) -> list[str]:
    return [match.passage.text for match in meaning.search(text, "mine", limit=limit)]


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database(tmp_path / "store.db")


async def test_what_means_the_same_is_found_without_a_word_in_common(store: Database) -> None:
    put(store, "The price of a streetcar", "An omnibus", "Poems")
    meaning = Meaning(store, Knowing())
    await meaning.learn_library("mine", quiet)

    assert found(meaning, "what trams cost") == ["The price of a streetcar"]
    assert found(meaning, "buses") == ["An omnibus"]


async def test_what_lies_too_far_away_is_not_found(store: Database) -> None:
    put(store, "trams buses passengers cost", "trams trams trams trams cost")
    meaning = Meaning(store, Knowing())
    await meaning.learn_library("mine", quiet)

    assert found(meaning, "euros") == ["trams buses passengers cost"]  # cosines: 0.5 and 0.24


async def test_of_copies_of_one_text_one_is_found(store: Database) -> None:
    put(store, "trams", "tram lines")
    put(store, "trams", url="file:///b")
    meaning = Meaning(store, Knowing())
    await meaning.learn_library("mine", quiet)

    assert found(meaning, "streetcars", limit=2) == ["trams", "tram lines"]


async def test_what_was_read_is_ranked_among_what_the_library_holds(store: Database) -> None:
    put(store, "trams cost")
    put(store, "trams", "poems", url="https://a.example", name="@web")
    read = [
        match.passage
        for match in library.search(store, "@web", ["trams", "poems"], limit=9)
        if match.passage.text in ("trams", "poems")
    ]
    meaning = Meaning(store, Knowing())
    await meaning.learn_library("mine", quiet)
    await meaning.learn(read, quiet)

    near = [match.passage.text for match in meaning.search("streetcars", "mine", read, limit=9)]

    assert near == ["trams", "trams cost"]


async def test_only_what_is_new_is_encoded(store: Database) -> None:
    encoder = Knowing()
    put(store, "trams", "buses")
    assert await Meaning(store, encoder).learn_library("mine", quiet) == 2

    put(store, "omnibus", url="file:///b")

    assert await Meaning(store, encoder).learn_library("mine", quiet) == 1
    assert await Meaning(store, encoder).learn_library("mine", quiet) == 0
    assert [text.strip() for text in encoder.seen] == ["trams", "buses", "omnibus"]


async def test_another_encoder_makes_vectors_of_its_own(store: Database) -> None:
    put(store, "trams", "buses")

    encoded = [await Meaning(store, Knowing(name)).learn_library("mine", quiet) for name in ("one", "another", "one")]

    assert encoded == [2, 2, 0]


@given(kills=st.lists(st.integers(0, 3), max_size=4), passages=st.integers(0, 3 * BATCH + 1))
async def test_nothing_is_ever_encoded_twice_or_forgotten_however_often_it_is_interrupted(
    tmp_path_factory: pytest.TempPathFactory, kills: Sequence[int], passages: int
) -> None:
    store = Database(tmp_path_factory.mktemp("store") / "store.db")
    put(store, *(f"trams {number}" for number in range(passages)))
    told: list[tuple[int, int]] = []
    seen: list[str] = []

    for kill in [*kills, -1]:
        encoder = Knowing(fails_at=kill)
        told.clear()
        try:
            await Meaning(store, encoder).learn_library("mine", lambda *counts: told.append(counts))
        except Killed:
            assert kill >= 0
        seen += encoder.seen

    assert sorted(seen) == sorted(f"\ntrams {number}" for number in range(passages))
    assert all(done <= total for done, total in told)
    store.close()


def test_without_the_setting_there_is_no_meaning(settings: Settings, database: Database) -> None:
    assert open_meaning(settings, database, Knowing()) is None


@pytest.fixture
def dense(settings: Settings) -> Settings:
    return settings.model_copy(update={"dense": True, "pages": 8})


def test_a_model_that_is_not_there_is_named_with_what_gets_it(dense: Settings, database: Database) -> None:
    with pytest.raises(EngineMissing, match="the model minilm is not on this machine: run `redraft model pull minilm`"):
        open_meaning(dense, database)


async def test_the_model_that_was_pulled_is_used(dense: Settings, database: Database) -> None:
    install(dense.folders.cache)
    put(database, "trams run on rails", "x x x x")

    meaning = open_meaning(dense, database)

    assert meaning is not None
    assert await meaning.learn_library("mine", quiet) == 2
    assert found(meaning, "trams run on rails")[0] == "trams run on rails"


async def research(
    database: Database, settings: Settings, question: str, llm: ScriptedLLM, web: Web | None, encoder: Knowing
) -> tuple[str, list[Event]]:
    heard: list[Event] = []
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, heard.append, llm, web, encoder)
    return markdown(archive.report(database, row.id)), heard


@pytest.mark.parametrize("wanted", [True, False])
async def test_reports_are_whole_with_and_without_it(
    database: Database, dense: Settings, question: str, writer: ScriptedLLM, wanted: bool
) -> None:
    settings, encoder = dense.model_copy(update={"dense": wanted}), Knowing()

    report, heard = await research(database, settings, question, writer, canned_web(), encoder)

    assert report.count("\n## ") == 5  # a summary, three sections, the references
    assert "carries 7,500 an hour" in report
    assert bool(encoder.seen) == wanted
    assert any(isinstance(event, PassagesEncoded) for event in heard) == wanted


async def test_a_document_that_shares_no_word_with_the_question_is_evidence_only_by_its_meaning(
    database: Database, dense: Settings, question: str, writer: ScriptedLLM, tmp_path: Path
) -> None:
    (tmp_path / "fair.txt").write_text(STREETCARS)
    add(database, "fair", [str(tmp_path / "fair.txt")], lambda *_: None)
    settings = dense.model_copy(update={"library": "fair", "sections": 1})

    report, _ = await research(database, settings, question, writer, None, Knowing())

    assert STREETCARS.rstrip(".") in report
    with pytest.raises(NoEvidence, match="none of its 1 documents speaks to the question"):
        await research(database, settings.model_copy(update={"dense": False}), question, writer, None, Knowing())


async def test_a_page_that_shares_no_word_with_a_query_is_evidence_by_its_meaning(
    database: Database, dense: Settings, question: str, writer: ScriptedLLM
) -> None:
    site = {"https://fair.example/": page("The great fair", STREETCARS)}
    web = canned_web(CannedSites(site), search=[CannedSearch(dict.fromkeys(site, f"<p>{question}</p>"))])
    settings = dense.model_copy(update={"library": "nothing"})

    report, _ = await research(database, settings, question, writer, web, Knowing())

    assert STREETCARS.rstrip(".") in report
    with pytest.raises(NoEvidence):
        await research(database, settings.model_copy(update={"dense": False}), question, writer, web, Knowing())


@pytest.mark.parametrize("call", range(12))
async def test_a_run_killed_while_it_encodes_goes_on_and_encodes_no_passage_twice(
    database: Database, dense: Settings, question: str, writer: ScriptedLLM, call: int
) -> None:
    first, second = Knowing(fails_at=call), Knowing()
    row = run.create(database, question, dense)
    with pytest.raises(Killed):
        await run.carry_out(database, row.id, dense, lambda event: None, writer, canned_web(), first)

    await run.carry_out(database, row.id, dense, lambda event: None, writer, canned_web(), second)

    passages = [text for text in (*first.seen, *second.seen) if "\n" in text]
    assert len(passages) == len(set(passages)) > 0
    third = Knowing()
    whole, _ = await research(database, dense, question, writer, canned_web(), third)
    assert markdown(archive.report(database, row.id)) == whole
    assert not any("\n" in text for text in third.seen)


async def test_equal_pages_give_an_equal_report_in_another_database(
    database: Database, dense: Settings, question: str, writer: ScriptedLLM, documents: Path, tmp_path: Path
) -> None:
    other = Database(tmp_path / "other" / "redraft.db")
    add(other, dense.library, [str(documents)], lambda *_: None)

    one, _ = await research(database, dense, question, writer, canned_web(), Knowing())
    another, _ = await research(other, dense, question, writer, canned_web(), Knowing())

    assert one == another
    other.close()


def test_the_vectors_of_the_tests_have_length_one() -> None:
    vectors = Knowing().encode(["trams", "buses cost", ""])

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
