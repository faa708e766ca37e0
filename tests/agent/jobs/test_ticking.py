"""Ticks become turns: each once, and none too early or too late."""

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.agent.jobs.ticking import tick
from redraft.store import jobs
from redraft.store.database import Database
from redraft.tests.agent.jobs.clockwork import MONDAY, WEEK, weekly

QUESTION = "What do trams cost?"


def delays(jitters: list[int], name: str = "job") -> list[timedelta]:
    """How much later than their tick the turns of such jobs may begin."""
    with TemporaryDirectory() as folder, closing(Database(Path(folder) / "redraft.db")) as database:
        for number, jitter in enumerate(jitters):
            weekly(database, QUESTION, Path(folder), name=f"{name}-{number:03}", jitter=jitter)
        turns = sorted(tick(database, MONDAY), key=lambda turn: turn.job_id)
        assert [turn.due_at for turn in turns] == [MONDAY] * len(jitters)
        return [turn.not_before - turn.due_at for turn in turns]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 86_400), max_size=20))
def test_jitter_is_never_more_than_it_may_be_and_the_same_wherever_the_tick_is_taken(jitters: list[int]) -> None:
    found = delays(jitters)

    assert all(timedelta() <= delay <= timedelta(seconds=most) for delay, most in zip(found, jitters, strict=True))
    assert found == delays(jitters)


def test_jobs_that_are_due_together_begin_apart_and_each_tick_another_time(database: Database) -> None:
    assert len(set(delays([3600] * 30))) > 25

    job = weekly(database, QUESTION, Path(), jitter=3600)
    found = set()
    for week in range(10):
        (turn,) = tick(database, MONDAY + week * WEEK)
        found.add(turn.not_before - turn.due_at)
        jobs.claim(database, "a 1 0", turn.not_before, WEEK, servers=lambda job: ["here"], limit=1)
        assert jobs.let_go(database, turn, "a 1 0", {"state": "done"})
    assert len(found) > 8
    assert len(jobs.of_job(database, job)) == 10


def test_a_tick_is_taken_once_and_none_of_a_paused_job(database: Database) -> None:
    job = weekly(database, QUESTION, Path())
    weekly(database, QUESTION, Path(), name="paused", paused="by hand")

    (turn,) = tick(database, MONDAY)

    assert turn.job_id == job.id
    assert tick(database, MONDAY) == []
    # A clock that was changed may come to a tick that it had before.
    jobs.change(database, job, next_at=MONDAY)
    assert tick(database, MONDAY) == []
    assert len(jobs.of_job(database, job)) == 1


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu")
YEAR = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=8 * third) for third in range(3 * 365)]
"""When somebody looks."""


def half_past_two(day: date, zone: str) -> datetime:
    """When the clocks of a zone first show it on a day; on a day on which they leave it out, what comes instead."""
    moment = datetime.combine(day, time(2, 30), ZoneInfo(zone)).astimezone(UTC)
    is_shown = moment.astimezone(ZoneInfo(zone)).time() == time(2, 30)
    return moment if is_shown else datetime.combine(day, time(3), ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_nights_is_struck_night_by_night_when_the_clocks_are_changed_too(
    database: Database, zone: str
) -> None:
    nights = [half_past_two(date(2026, 1, 1) + timedelta(days=day), zone) for day in range(365)]
    weekly(database, QUESTION, Path(), cron="30 2 * * *", zone=zone, next_at=nights[0])
    struck = []

    for now in YEAR:
        for turn in tick(database, now):
            struck.append(turn.due_at)
            jobs.claim(database, "a 1 0", now, WEEK, servers=lambda job: ["here"], limit=1)
            assert jobs.let_go(database, turn, "a 1 0", {"state": "done"})

    assert struck == nights
