"""From a ranking of passages to the few that are given."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import ScriptedLLM
from redraft.agent.selecting import selected
from redraft.agent.settings import Settings
from redraft.agent.state import Deps
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.library import Match
from redraft.store.models import Run, now
from redraft.tests.agent.desk import deps
from redraft.tests.rows import exhibit, source

WORDS = (
    *("rails", "wires", "stops", "doors", "bells", "brakes", "wheels", "lamps"),
    *("seats", "poles", "depots", "drivers", "tickets", "maps", "bridges", "tunnels"),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """Of a run that gives six passages at most."""
    database = Database(tmp_path_factory.mktemp("selecting") / "redraft.db")
    runs.create(database, Run(id="run", question="?", status="running", settings={}, created_at=now()))
    yield deps(database, "run", ScriptedLLM({}), Settings(preset="quick"))
    database.close()


def matches(sources: Sequence[int]) -> Mapping[int, Match]:
    """A passage for each of them, in words of its own, from that source."""
    given = [exhibit(at, f"{word} {word}s", of=source(sources[at])) for at, word in enumerate(WORDS[: len(sources)])]
    return {at: Match(entry.passage, entry.source) for at, entry in enumerate(given)}


def chosen(desk: Deps, sources: Sequence[int], used: set[int], most: int | None = None) -> list[int]:
    found = matches(sources)
    return asyncio.run(selected(desk, list(found), found, used, most=most))


def test_what_is_fresh_comes_before_what_is_used_and_little_better(desk: Deps) -> None:
    assert chosen(desk, list(range(8)), {0, 1}) == [2, 3, 4, 5, 0, 6]


def test_what_is_used_comes_before_what_is_fresh_and_far_off(desk: Deps) -> None:
    # The best six are used: of the others only the first are as near as six places.
    assert chosen(desk, list(range(14)), {0, 1, 2, 3, 4, 5}) == [0, 6, 1, 7, 2, 8]


def test_two_of_a_source_are_enough_while_others_have_something_to_say(desk: Deps) -> None:
    assert chosen(desk, [1, 1, 1, 1, 2, 2, 3], set())[:5] == [0, 1, 4, 5, 6]
    assert chosen(desk, [1, 1, 1, 1, 2], set()) == [0, 1, 4, 2, 3]


@given(
    sources=st.lists(st.integers(1, 3), max_size=16),
    used=st.sets(st.integers(0, 15)),
    most=st.none() | st.integers(1, 4),
)
def test_no_more_is_given_than_the_preset_says_and_of_no_source_more_than_may_be(
    desk: Deps, sources: list[int], used: set[int], most: int | None
) -> None:
    given_ids = chosen(desk, sources, used, most)

    assert len(set(given_ids)) == len(given_ids) <= desk.settings.size.passages
    counts = Counter(sources[at] for at in given_ids)
    assert most is None or max(counts.values(), default=0) <= most
    assert bool(given_ids) == bool(sources)
