from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.memory import SNIPPET, Archive, RunMemory, Stored, StorePacer
from redraft.store import library, runs
from redraft.store.database import Database
from redraft.store.models import Run, Source, now
from redraft.tools.errors import SearchFailed
from redraft.tools.passages import cut
from redraft.tools.search.recorded import key_of
from redraft.tools.search.types import Answer, Ask, Hit

ASK = Ask(text="tram cost")
KEY = key_of(ASK)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HITS = st.builds(Hit, url=TEXT, title=TEXT, snippet=TEXT, date=st.none() | TEXT, abstract=st.none() | TEXT)


def answer(*titles: str) -> Answer:
    return Answer(hits=tuple(Hit(url=f"https://rails.example/{title}", title=title) for title in titles))


@dataclass
class Clock:
    at: float = NOON

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    for run_id in ("one", "two"):
        runs.create(database, Run(id=run_id, question="?", status="running", settings={}, created_at=now()))
    yield database
    database.close()


def test_a_run_remembers_what_it_was_told_and_not_what_others_were(database: Database) -> None:
    RunMemory(database, "one").keep("brave", ASK, KEY, answer("trams"), 3)

    assert RunMemory(database, "one").recall("brave", KEY) == answer("trams")
    assert RunMemory(database, "two").recall("brave", KEY) is None
    assert RunMemory(database, "one").recall("exa", KEY) is None
    assert RunMemory(database, None).recall("brave", KEY) is None


def test_a_run_asks_again_where_it_was_told_of_a_failure(database: Database) -> None:
    memory = RunMemory(database, "one")

    memory.keep("brave", ASK, KEY, SearchFailed("brave", "timeout", "no answer"), 3)
    assert memory.recall("brave", KEY) is None

    memory.keep("brave", ASK, KEY, answer("trams"), 3)
    assert memory.recall("brave", KEY) == answer("trams")


def test_the_archive_knows_the_last_answer_of_all_and_no_failure(database: Database) -> None:
    RunMemory(database, "one").keep("brave", ASK, KEY, answer("old"), 3)
    RunMemory(database, None).keep("brave", ASK, KEY, answer("new"), 3)
    RunMemory(database, "two").keep("brave", ASK, KEY, SearchFailed("brave", "timeout", "no answer"), 3)

    assert Archive(database).recall("brave", KEY) == answer("new")
    assert Archive(database).recall("exa", KEY) is None


def test_what_is_played_back_is_not_kept_again(database: Database) -> None:
    Archive(database).keep("brave", ASK, KEY, answer("trams"), 3)

    assert Archive(database).recall("brave", KEY) is None


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property: opening one takes longer than they do."""
    database = Database(tmp_path_factory.mktemp("shared") / "redraft.db")
    yield database
    database.close()


@given(hits=st.lists(HITS, max_size=3), note=TEXT)
def test_an_answer_is_never_remembered_otherwise_than_it_was(shared: Database, hits: list[Hit], note: str) -> None:
    said = Answer(hits=tuple(hits), note=note)

    RunMemory(shared, None).keep("brave", ASK, KEY, said, 3)

    assert Archive(shared).recall("brave", KEY) == said


def test_turns_are_shared_by_all_who_have_the_database(database: Database) -> None:
    one, two = StorePacer(database, Clock()), StorePacer(database, Clock())

    assert [one.reserve("brave", 2.0), two.reserve("brave", 2.0), one.reserve("brave", 2.0)] == [0.0, 2.0, 4.0]
    assert two.reserve("exa", 2.0) == 0.0


def test_a_provider_that_rests_says_until_when_and_why_and_is_asked_again_after_it(database: Database) -> None:
    clock = Clock()
    pacer = StorePacer(database, clock)
    pacer.rest("brave", 90, "asked too often (HTTP 429)")

    with pytest.raises(SearchFailed) as resting:
        pacer.reserve("brave", 1.0)
    clock.at += 90

    until = datetime.fromtimestamp(NOON + 90, UTC).astimezone()
    assert resting.value.reason == "resting"
    assert resting.value.detail == f"left alone until {until:%H:%M:%S}: asked too often (HTTP 429)"
    assert pacer.reserve("brave", 1.0) == 0.0


def keep(database: Database, name: str, text: str) -> None:
    url = f"file:///library/{name}"
    source = Source(
        library="mine",
        url=url,
        title=name.title(),
        site="library",
        date="2024-05-01",
        author="T. Driver",
        digest=url,
        page_digest="",
        added_at=now(),
    )
    library.add(database, source, text, cut(text))


async def test_a_library_answers_with_documents_each_by_its_best_passage(database: Database) -> None:
    sections = (f"# Part {n}\n\n" + f"Trams of type {n} run on rails every day of the year. " * 20 for n in range(6))
    keep(database, "trams", "\n\n".join([*sections, "# Wires\n\nThe wires of trams hang over the street."]))
    keep(database, "buses", "# Buses\n\nBuses have no wires.")

    found = (await Stored(database, "library", "mine").search(Ask(text="tram wires"))).hits

    assert sorted(hit.url for hit in found) == ["file:///library/buses", "file:///library/trams"]
    trams = next(hit for hit in found if hit.title == "Trams")
    assert trams.snippet == "The wires of trams hang over the street."
    assert (trams.date, trams.author) == ("2024-05-01", "T. Driver")


async def test_a_library_lists_no_more_than_it_is_asked_for_and_quotes_briefly(database: Database) -> None:
    for number in range(4):
        keep(database, f"trams {number}", f"Tram {number} runs on rails.\n" * 40)

    found = (await Stored(database, "library", "mine").search(Ask(text="tram rails", limit=2))).hits

    assert len(found) == 2
    assert all(len(hit.snippet) == SNIPPET and "\n" not in hit.snippet for hit in found)


async def test_a_library_without_documents_finds_nothing(database: Database) -> None:
    assert await Stored(database, "library", "mine").search(ASK) == Answer()
