"""Many processes over many due jobs, some of which are killed in the middle of a turn."""

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from redraft.store import jobs, runs
from redraft.store.database import Database
from redraft.store.models import Job
from redraft.tests.postgres import Server

DUE = datetime.now(UTC) - timedelta(hours=5)


def due_job(number: int) -> Job:
    return Job(
        name=f"job-{number}",
        question="What do trams cost?",
        every=86_400,
        zone="UTC",
        settings={},
        channels=[],
        created_at=DUE - timedelta(days=1),
        next_at=DUE,
    )


def stormed(place: Path | str, effects: Path, processes: int, kills: int) -> int:
    """How many processes were killed. None is left, whatever becomes of this one."""
    command = (sys.executable, "-m", "redraft.tests.agent.jobs.storming", place, effects, processes, kills)
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, start_new_session=True) as storm:
        try:
            said, _ = storm.communicate(timeout=250)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(storm.pid, signal.SIGKILL)
    assert storm.returncode == 0
    return int(said)


def check_storm(place: Path | str, folder: Path, *, processes: int, due: int, kills: int) -> None:
    with closing(Database(place, folder)) as database:
        for number in range(due):
            jobs.add(database, due_job(number))

        assert stormed(place, folder / "effects", processes, kills) >= kills

        turns = [turn for job in jobs.everyone(database) for turn in jobs.of_job(database, job)]
        assert Counter(turn.job_id for turn in turns) == Counter(range(1, due + 1))
        assert {turn.state for turn in turns} == {"done"}
        assert len({turn.run_id for turn in turns}) == len(runs.newest_first(database)) == due
    assert max(Counter((folder / "effects").read_text().split()).values()) == 1
    assert any(turn.tries > 1 for turn in turns)


@pytest.mark.timeout(300)
def test_each_tick_is_taken_once_whoever_is_killed(tmp_path: Path) -> None:
    check_storm(tmp_path / "redraft.db", tmp_path, processes=8, due=200, kills=12)


@pytest.mark.timeout(300)
def test_each_tick_is_taken_once_whoever_is_killed_on_a_server(server: Server, tmp_path: Path) -> None:
    with server.database() as url:
        check_storm(url, tmp_path, processes=4, due=60, kills=4)
