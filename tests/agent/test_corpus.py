"""What a run may draw on, searched as one."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from redraft.agent import archive, run
from redraft.agent.corpus import Corpus, open_corpus, search_library
from redraft.agent.events import Event, PassagesEncoded, TooOld
from redraft.agent.library import add
from redraft.agent.llm import ScriptedLLM
from redraft.agent.meaning import Meaning
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.library import Changes, Entry
from redraft.store.models import Run, Source, now
from redraft.tests.canned import PAGES, CannedSites, canned_web
from redraft.tests.meanings import Knowing
from redraft.tests.rows import source
from redraft.tools.types import Span

NUMBERS = itertools.count()


@pytest.fixture
async def run_id(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> str:
    """A run that has read the pages of the canned web."""
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, lambda event: None, writer, canned_web())
    return row.id


def opened(database: Database, run_id: str) -> Corpus:
    return Corpus(database, run_id, "cities", lambda event: None)


def texts(corpus: Corpus, query: str) -> list[str]:
    return [match.passage.text for match in corpus.search(query)]


async def test_the_library_and_the_pages_are_searched_as_one(database: Database, run_id: str) -> None:
    found = {match.source.site for match in opened(database, run_id).search("trams passengers hour")}

    assert {"rails.example", "roads.example", "documents"} <= found


async def test_a_text_of_which_there_are_copies_comes_once(database: Database, run_id: str, tmp_path: Path) -> None:
    query = "tram depot inspected every night"
    (read,) = [m for m in opened(database, run_id).search(query) if "tram depot" in m.passage.text]
    (tmp_path / "copy.md").write_text(read.passage.text)
    add(database, "cities", [str(tmp_path / "copy.md")], lambda *_: None)

    found = [m for m in opened(database, run_id).search(query) if "tram depot" in m.passage.text]

    assert [match.source.url for match in found] == [(tmp_path / "copy.md").as_uri()]


async def test_what_is_known_is_what_speaks_to_the_question(database: Database, run_id: str, question: str) -> None:
    corpus = opened(database, run_id)

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
    assert texts(opened(database, run_id), "streetcars") == []
    assert "tram" in texts(corpus, "streetcars")[0].lower()


@dataclass
class Shelf:
    """A library of documents on trams with dates, and a run that takes those from 2024 on."""

    database: Database
    folder: Path

    def __post_init__(self) -> None:
        settings = {"since": "2024-01-01"}
        run = Run(id="recent", question="Trams?", status="running", settings=settings, created_at=now())
        runs.create(self.database, run)

    def put(self, dates: Sequence[str | None]) -> None:
        for number, day in enumerate(dates):
            head = f"---\ndate: {day}\n---\n" if day else ""
            (self.folder / f"{number}.md").write_text(
                f"{head}Tram {number} runs {'often ' * (number % 3)}on line {number}."
            )
        add(self.database, "shelf", [str(self.folder)], lambda *_: None)

    def corpus(self, heard: list[Event], meaning: Meaning | None = None) -> Corpus:
        return Corpus(self.database, "recent", "shelf", heard.append, meaning)


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(database, folder)


@pytest.mark.parametrize("by_meaning", [False, True])
async def test_what_is_too_old_is_passed_over_and_does_not_take_the_place_of_what_is_not(
    shelf: Shelf, by_meaning: bool
) -> None:
    shelf.put(["2019-05-01"] * 40 + ["2024-05-01", None, "2025-01-01"])
    meaning = Meaning(shelf.database, Knowing()) if by_meaning else None
    corpus = shelf.corpus([], meaning)
    await corpus.learn()

    found = corpus.search("tram line", limit=3)

    assert {match.source.date for match in found} == {"2024-05-01", None, "2025-01-01"}


def entry(name: str, number: int, day: str | None) -> Entry:
    text = f"Tram {number} runs."
    origin = source(number, date=day).model_dump(exclude={"id", "library"})
    return Entry(Source(**origin, library=name), text, [Span(start=0, end=len(text), heading="")])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property, each with a library and a run of its own."""
    database = Database(tmp_path_factory.mktemp("corpus") / "redraft.db")
    yield database
    database.close()


@profile(deadline=None)  # each example keeps a library
@given(
    dates=st.lists(st.none() | st.sampled_from(["2019", "2023-12", "2023-12-31", "2024", "2024-01-01"]), max_size=30),
    limit=st.integers(1, 8),
)
def test_nothing_that_is_too_old_is_ever_found_and_all_else_is(
    shared: Database, dates: list[str | None], limit: int
) -> None:
    name = f"shelf{next(NUMBERS)}"
    run = Run(id=name, question="Trams?", status="running", settings={"since": "2024-01-01"}, created_at=now())
    runs.create(shared, run)
    library.save(shared, name, Changes([entry(name, number, day) for number, day in enumerate(dates)]))

    found = Corpus(shared, name, name, lambda event: None).search("tram", limit=limit)

    admitted = [day for day in dates if day in (None, "2024", "2024-01-01")]
    assert all(match.source.date in (None, "2024", "2024-01-01") for match in found)
    assert len(found) == min(limit, len(admitted))


async def test_each_source_that_is_passed_over_is_told_once(shelf: Shelf) -> None:
    shelf.put(["2019-05-01", "2024-05-01"])
    heard: list[Event] = []
    corpus = shelf.corpus(heard)

    corpus.search("tram")
    corpus.search("line")

    assert heard == [TooOld(url=(shelf.folder / "0.md").as_uri(), date="2019-05-01")]


async def test_a_page_that_turns_out_to_be_too_old_when_it_is_read_is_no_evidence(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    old = '<meta property="article:published_time" content="2019-05-01T08:00:00Z">'
    url = "https://rails.example/trams"
    sites = CannedSites({**PAGES, url: PAGES[url].replace("<head>", f"<head>{old}")})
    recent = settings.model_copy(update={"library": "nothing", "since": date(2024, 1, 1)})
    row = run.create(database, question, recent)

    await run.carry_out(database, row.id, recent, lambda event: None, writer, canned_web(sites))

    used = {exhibit.source.url for exhibit in drafts.run_exhibits(database, row.id)}
    assert url in sites.asked
    assert used == {"https://roads.example/buses", "https://roads.example/cycling"}
    assert "Sources from before 2024-01-01, which were left out: 1." in markdown(archive.report(database, row.id))


async def test_a_library_alone_is_searched_likewise(database: Database, settings: Settings) -> None:
    meaning = Meaning(database, Knowing())
    await meaning.learn_library("cities", lambda done, total: None)

    by_words = search_library(database, "cities", "omnibus", limit=2)
    by_meaning = search_library(database, "cities", "omnibus", limit=2, meaning=meaning)

    assert by_words == []
    assert [match.source.title for match in by_meaning] == ["Buses in cities"] * 2
