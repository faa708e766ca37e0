"""How a job has fared, in numbers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from redraft.agent.errors import StorageFull
from redraft.agent.jobs.metrics import MEANINGS, measured, write
from redraft.store import claims, jobs
from redraft.store.database import Database
from redraft.store.models import Delivery, Job, JobRun
from redraft.tests.agent.jobs.clockwork import MONDAY, weekly
from redraft.tests.agent.mended import mended

TOOK, DAY = timedelta(minutes=4), timedelta(days=1)
STATES = ("done", "unchanged", "failed", "failed", "failed")


@pytest.fixture
def job(database: Database) -> Job:
    return weekly(database, "What do trams cost?", Path(), failures=3)


def turns(database: Database, job: Job, run_id: str) -> list[JobRun]:
    """One a day: a report, nothing new, and three failures."""
    made = []
    for number, state in enumerate(STATES):
        at = MONDAY + number * DAY
        times: dict[str, Any] = {"due_at": at, "not_before": at, "started_at": at, "finished_at": at + TOOK}
        made.append(JobRun(job_id=job.id or 0, state=state, run_id=None if number else run_id, **times))
    with database.session() as session:
        session.add_all(made)
    return made


def test_a_job_that_was_never_run_has_numbers_of_what_is_to_come(database: Database, job: Job) -> None:
    numbers = measured(database, job)

    assert numbers == dict.fromkeys(MEANINGS) | {
        "job": "weekly",
        "failures": 3,
        "next_run": MONDAY.timestamp(),
        "deliveries_pending": 0,
        "deliveries_failed": 0,
        "runs": {},
    }


def test_the_numbers_are_those_of_the_last_report_and_of_what_came_since(database: Database, job: Job) -> None:
    run_id = mended(database)
    report, *_ = turns(database, job, run_id)
    with database.session() as session:
        for number, state in enumerate(["done", "pending", "failed"], start=1):
            row: dict[str, Any] = {
                "job_run_id": report.id or 0,
                "number": number,
                "kind": "report",
                "not_before": MONDAY,
            }
            session.add(Delivery(channel={"kind": "hook"}, state=state, **row))

    numbers = measured(database, jobs.get(database, "weekly"))

    assert numbers["last_success"] == (MONDAY + DAY + TOOK).timestamp()
    assert (numbers["duration_seconds"], numbers["tokens"]) == (TOOK.total_seconds(), 3150)
    verdicts = [claim.verdict for claim in claims.of_run(database, run_id) if claim.verdict != "unchecked"]
    assert 0 < numbers["support_rate"] == round(verdicts.count("supported") / len(verdicts), 4)
    assert (numbers["deliveries_pending"], numbers["deliveries_failed"]) == (1, 1)
    assert numbers["runs"] == {"done": 1, "failed": 3, "unchanged": 1}


def test_prometheus_reads_the_same_numbers(database: Database, job: Job, tmp_path: Path) -> None:
    turns(database, job, mended(database))
    weekly(database, "What do buses cost?", tmp_path, name="never-run", paused="by hand", next_at=None)
    file = tmp_path / "new" / "redraft.prom"

    write(database, file)
    write(database, file)

    families = text_string_to_metric_families(file.read_text())
    read = {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}
    numbers = measured(database, job)
    for name in MEANINGS:
        assert read["redraft_job_" + name, "weekly"] == numbers[name]
        assert (("redraft_job_" + name, "never-run") in read) == (name.startswith(("failures", "deliveries")))
    assert read["redraft_job_runs", "weekly", "failed"] == 3
    assert [path.name for path in file.parent.iterdir()] == ["redraft.prom"]


def test_numbers_that_cannot_be_written_are_told_of(database: Database, job: Job, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageFull, match="cannot write the numbers of jobs"):
        write(database, tmp_path / "file" / "redraft.prom")
