import itertools
import multiprocessing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from redraft.store import pacing
from redraft.store.database import Database
from redraft.tests.store.taking import INTERVAL, take_turns

NOON = 1_795_000_000.0
NUMBERS = itertools.count()
TICK = 1e-6
"""Seconds since the epoch as a double are exact to a quarter of this."""


def test_turns_lie_an_interval_apart_and_the_first_is_now(database: Database) -> None:
    turns = [pacing.reserve(database, "arxiv", 3.0, now=NOON) for _ in range(3)]

    assert turns == [NOON, NOON + 3, NOON + 6]
    assert pacing.reserve(database, "brave", 3.0, now=NOON) == NOON
    assert pacing.reserve(database, "arxiv", 3.0, now=NOON + 100) == NOON + 100


def test_a_turn_without_an_interval_takes_no_time_from_the_next(database: Database) -> None:
    pacing.reserve(database, "arxiv", 3.0, now=NOON)
    pacing.reserve(database, "arxiv", 0.0, now=NOON)

    assert pacing.reserve(database, "arxiv", 3.0, now=NOON) == NOON + 3


def test_nobody_has_a_turn_while_the_provider_is_closed(database: Database) -> None:
    pacing.close(database, "arxiv", NOON + 60, "asked too often")

    assert pacing.reserve(database, "arxiv", 3.0, now=NOON + 59) is None
    assert pacing.reserve(database, "brave", 3.0, now=NOON + 59) == NOON + 59
    assert pacing.reserve(database, "arxiv", 3.0, now=NOON + 60) == NOON + 60


def test_why_it_is_closed_can_be_told(database: Database) -> None:
    assert pacing.pace(database, "arxiv") is None
    pacing.close(database, "arxiv", NOON + 60, "asked too often")

    pace = pacing.pace(database, "arxiv")

    assert pace is not None
    assert (pace.closed_until, pace.reason) == (NOON + 60, "asked too often")


def test_what_is_closed_for_long_is_not_opened_earlier(database: Database) -> None:
    for until, reason in [(NOON + 60, "long"), (NOON + 10, "short"), (NOON + 90, "longer")]:
        pacing.close(database, "arxiv", until, reason)

    pace = pacing.pace(database, "arxiv")

    assert pace is not None
    assert (pace.closed_until, pace.reason) == (NOON + 90, "longer")


@given(st.lists(st.floats(min_value=0, max_value=10), min_size=2, max_size=10))
def test_turns_never_come_too_early_whenever_they_are_taken(shared: Database, pauses: list[float]) -> None:
    provider = f"arxiv {next(NUMBERS)}"
    moments = list(itertools.accumulate(pauses, initial=NOON))

    turns = [pacing.reserve(shared, provider, 3.0, now=now) or 0.0 for now in moments]

    assert all(turn >= now - TICK for turn, now in zip(turns, moments, strict=True))
    assert all(later - earlier >= 3.0 - TICK for earlier, later in itertools.pairwise(turns))


def test_several_processes_never_take_one_turn_twice(place: Path | str) -> None:
    Database(place).close()

    with multiprocessing.get_context("spawn").Pool(3) as pool:
        taken = pool.starmap(take_turns, [(place, 40)] * 3)

    turns = sorted(itertools.chain.from_iterable(taken))
    assert len(turns) == 120
    assert all(later - earlier >= INTERVAL - TICK for earlier, later in itertools.pairwise(turns))
