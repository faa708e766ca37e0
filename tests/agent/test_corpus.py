"""What a run may draw on, searched as one."""

from pathlib import Path

import pytest

from redraft.agent import run
from redraft.agent.corpus import Corpus, open_corpus, search_library
from redraft.agent.events import Event, PassagesEncoded
from redraft.agent.library import add
from redraft.agent.llm import ScriptedLLM
from redraft.agent.meaning import Meaning
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tests.canned import canned_web
from redraft.tests.meanings import Knowing


@pytest.fixture
async def run_id(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> str:
    """A run that has read the pages of the canned web."""
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, lambda event: None, writer, canned_web())
    return row.id


def texts(corpus: Corpus, query: str) -> list[str]:
    return [match.passage.text for match in corpus.search(query)]


async def test_the_library_and_the_pages_are_searched_as_one(database: Database, run_id: str) -> None:
    found = {match.source.site for match in Corpus(database, run_id, "cities").search("trams passengers hour")}

    assert {"rails.example", "roads.example", "documents"} <= found


async def test_a_text_of_which_there_are_copies_comes_once(database: Database, run_id: str, tmp_path: Path) -> None:
    query = "tram depot inspected every night"
    (read,) = [m for m in Corpus(database, run_id, "cities").search(query) if "tram depot" in m.passage.text]
    (tmp_path / "copy.md").write_text(read.passage.text)
    add(database, "cities", [str(tmp_path / "copy.md")], lambda *_: None)

    found = [m for m in Corpus(database, run_id, "cities").search(query) if "tram depot" in m.passage.text]

    assert [match.source.url for match in found] == [(tmp_path / "copy.md").as_uri()]


async def test_what_is_known_is_what_speaks_to_the_question(database: Database, run_id: str, question: str) -> None:
    corpus = Corpus(database, run_id, "cities")

    assert corpus.known() == corpus.search(question, limit=24) != []


async def test_all_of_it_is_encoded_once_and_that_is_announced(database: Database, run_id: str) -> None:
    heard: list[Event] = []
    encoder = Knowing()
    meaning = Meaning(database, encoder)

    await open_corpus(database, run_id, "cities", meaning, heard.append)
    corpus = await open_corpus(database, run_id, "cities", meaning, heard.append)

    announced = [event for event in heard if isinstance(event, PassagesEncoded)]
    assert [event.done for event in announced] == [event.total for event in announced]
    assert sum(event.total for event in announced) == len(encoder.seen) == len(set(encoder.seen))
    assert texts(Corpus(database, run_id, "cities"), "streetcars") == []
    assert "tram" in texts(corpus, "streetcars")[0].lower()


async def test_a_library_alone_is_searched_likewise(database: Database, settings: Settings) -> None:
    meaning = Meaning(database, Knowing())
    await meaning.learn_library("cities", lambda done, total: None)

    by_words = search_library(database, "cities", "omnibus", limit=2)
    by_meaning = search_library(database, "cities", "omnibus", limit=2, meaning=meaning)

    assert by_words == []
    assert [match.source.title for match in by_meaning] == ["Buses in cities"] * 2
