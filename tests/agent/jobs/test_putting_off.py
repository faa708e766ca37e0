"""A delivery that fails is tried again, apart from its run, and loses no report."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from redraft.agent import archive
from redraft.agent.jobs.channels import Feed, Folder, Hook
from redraft.agent.jobs.sending import FIRST_WAIT, LONGEST_WAIT, MOST_TRIES
from redraft.agent.llm import ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.store import deliveries, jobs, runs
from redraft.store.database import Database
from redraft.store.models import Delivery, Job, JobRun
from redraft.tests.agent.jobs.clockwork import MONDAY, Clock, Process, weekly
from redraft.tests.agent.mended import RUN, mended


@pytest.fixture
def process(database: Database, settings: Settings) -> Process:
    return Process(database, settings, ScriptedLLM({}), Clock())


@pytest.fixture
def job(database: Database, tmp_path: Path) -> Job:
    mended(database)
    return weekly(database, "What do trams cost?", tmp_path / "reports")


def queue(database: Database, job: Job, *channels: Any) -> int:
    """The id of a turn that wrote the report, which is to go there."""
    turn = JobRun(job_id=job.id or 0, due_at=MONDAY, not_before=MONDAY, state="done", run_id=RUN, finished_at=MONDAY)
    with database.session() as session:
        turn.due_at += len(jobs.of_job(database, job)) * timedelta(seconds=1)
        session.add(turn)
        session.flush()
        for number, channel in enumerate(channels, start=1):
            row = {
                "job_run_id": turn.id,
                "number": number,
                "kind": "report",
                "channel": channel.model_dump(mode="json"),
            }
            session.add(Delivery(state="pending", not_before=MONDAY, **row))
    return turn.id or 0


@trying(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(failures=st.integers(0, MOST_TRIES + 2))
@example(failures=MOST_TRIES - 1)
@example(failures=MOST_TRIES)
def test_however_often_it_fails_it_arrives_or_is_given_up_and_the_report_stays(
    process: Process, database: Database, job: Job, tmp_path: Path, failures: int
) -> None:
    blocked = tmp_path / "blocked"
    shutil.rmtree(blocked, ignore_errors=True)
    blocked.touch()
    turn = queue(database, job, Folder(path=blocked / "reports"))
    report = markdown(archive.report(database, RUN))

    waits, (row,) = list[float](), deliveries.of_turn(database, turn)
    while row.state == "pending":
        if len(waits) == failures:
            blocked.unlink()
        process.clock.now = row.not_before
        process.deliver()
        (row,) = deliveries.of_turn(database, turn)
        waits.append((row.not_before - process.clock.now).total_seconds())

    assert (row.state, row.tries) == (("done", failures + 1) if failures < MOST_TRIES else ("failed", MOST_TRIES))
    assert blocked.is_dir() == (row.state == "done")
    assert all(FIRST_WAIT / 2 < wait <= LONGEST_WAIT for wait in waits[:-1])
    assert markdown(archive.report(database, RUN)) == report
    assert (runs.get(database, RUN).status, jobs.turn(database, turn).state) == ("done", "done")


def test_one_that_can_never_arrive_is_given_up_at_once_and_costs_the_others_nothing(
    process: Process, database: Database, job: Job, tmp_path: Path
) -> None:
    gone, folder, feed = (
        Hook(command=(str(tmp_path / "gone"),)),
        Folder(path=tmp_path / "reports"),
        Feed(path=tmp_path / "feed.xml"),
    )
    turn = queue(database, job, gone, folder, feed)

    process.deliver()

    assert [(row.state, row.tries) for row in deliveries.of_turn(database, turn)] == [("failed", 1)] + [("done", 1)] * 2
    assert process.said == [f"hook is given up: {tmp_path / 'gone'} cannot be started: No such file or directory"]
    assert (tmp_path / "reports" / f"weekly-2026-03-02-{RUN}.md").read_text() == markdown(archive.report(database, RUN))
    assert "Trams and buses" in (tmp_path / "feed.xml").read_text()


def test_it_is_said_when_it_is_tried_again_by_the_clocks_of_the_job(
    process: Process, database: Database, job: Job, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    turn = queue(database, job, Folder(path=tmp_path / "file" / "reports"))

    process.deliver()

    (row,) = deliveries.of_turn(database, turn)
    assert row.error in process.said[0]
    assert "(tried again at Mon 2026-03-02 07:0" in process.said[0]
    assert process.said[0].endswith(" CET)")
    process.deliver()
    assert len(process.said) == 1
