"""How a job has fared, in numbers: for people, for programs, and for Prometheus."""

from collections import Counter
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from redraft.agent.errors import StorageFull
from redraft.store import calls, claims, deliveries, jobs
from redraft.store.database import Database
from redraft.store.models import Job, JobRun

MEANINGS = {
    "last_success": "When a run of the job last came to its end, in seconds since the epoch.",
    "duration_seconds": "How long the last run that wrote a report took.",
    "tokens": "Tokens of prompts and replies in that one.",
    "support_rate": "Of the claims that it verified, the share that the evidence supports.",
    "failures": "Runs that have failed in a row, up to now.",
    "next_run": "When the next run is due, in seconds since the epoch.",
    "deliveries_pending": "Deliveries that are still to be made.",
    "deliveries_failed": "Deliveries that were given up.",
}


def measured(database: Database, job: Job) -> dict[str, Any]:
    """Numbers by name: those of `MEANINGS`, None where there is none, and how often each state was an end."""
    turns = jobs.of_job(database, job)
    last = next((turn for turn in turns if turn.state in ("done", "unchanged")), None)
    report = next((turn for turn in turns if turn.state == "done"), None)
    return {
        "job": job.name,
        "last_success": _moment(last.finished_at) if last else None,
        "duration_seconds": _duration(report) if report else None,
        "tokens": calls.spent(database, report.run_id) if report and report.run_id else None,
        "support_rate": _support(database, report.run_id) if report and report.run_id else None,
        "failures": job.failures,
        "next_run": _moment(job.next_at),
        "deliveries_pending": len(deliveries.of_job(database, job.id or 0, "pending")),
        "deliveries_failed": len(deliveries.of_job(database, job.id or 0, "failed")),
        "runs": dict(sorted(Counter(turn.state for turn in turns).items())),
    }


def write(database: Database, path: Path) -> None:
    """The numbers of all jobs in Prometheus's text format, for the textfile collector of its node exporter.

    The file is replaced whole. Raises `StorageFull` where it cannot be written.
    """
    registry = CollectorRegistry()
    gauges = {name: Gauge(f"redraft_job_{name}", text, ["job"], registry=registry) for name, text in MEANINGS.items()}
    runs = Gauge("redraft_job_runs", "Runs of the job by how they stand.", ["job", "state"], registry=registry)
    for job in jobs.everyone(database):
        numbers = measured(database, job)
        for name, gauge in gauges.items():
            if numbers[name] is not None:
                gauge.labels(job.name).set(numbers[name])
        for state, count in numbers["runs"].items():
            runs.labels(job.name, state).set(count)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(path), registry)
    except OSError as error:
        message = f"cannot write the numbers of jobs to {path}: {error.strerror}"
        raise StorageFull(message) from error


def _moment(moment: Any) -> float | None:
    return moment.timestamp() if moment else None


def _duration(turn: JobRun) -> float | None:
    return (turn.finished_at - turn.started_at).total_seconds() if turn.finished_at and turn.started_at else None


def _support(database: Database, run_id: str) -> float | None:
    verdicts = [claim.verdict for claim in claims.of_run(database, run_id) if claim.verdict != "unchecked"]
    return round(verdicts.count("supported") / len(verdicts), 4) if verdicts else None
