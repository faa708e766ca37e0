"""`redraft job history`, `logs`, `metrics`: what came of a job."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from redraft.cli_job_shown import AsJson, JobName, opened
from redraft.cli_lines import Lines

if TYPE_CHECKING:
    from redraft.store.database import Database
    from redraft.store.models import Job, JobRun


def history(
    name: JobName,
    count: Annotated[int, typer.Option("-n", "--count", metavar="NUMBER", min=1, help="How many.")] = 20,
    *,
    as_json: AsJson = False,
) -> None:
    """List the runs of a job, newest first: when each was due, how it ended, and what was sent."""
    from redraft.store import jobs

    database = opened()
    job = jobs.get(database, name)
    for turn in jobs.of_job(database, job, count):
        fields = _turn(database, turn)
        typer.echo(json.dumps(fields) if as_json else _line(job, turn, fields))


def logs(
    name: JobName,
    back: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="0 for the newest run, 1 for the one before…")] = 0,
) -> None:
    """Print what happened in a run of a job, line by line."""
    from rich.console import Console

    from redraft.agent.errors import UserError
    from redraft.agent.events import restored
    from redraft.store import jobs, runs

    database = opened()
    job = jobs.get(database, name)
    turns = jobs.of_job(database, job, back + 1)
    if len(turns) <= back:
        message = f"there is no such run: {name} has had {len(turns)}"
        raise UserError(message)
    turn, console, lines = turns[back], Console(highlight=False), Lines()
    typer.echo(_line(job, turn, _turn(database, turn)))
    for row in runs.events(database, turn.run_id) if turn.run_id else ():
        line = lines.of(restored(row.kind, row.data))
        if line:
            console.print(f"{row.at.astimezone(ZoneInfo(job.zone)):%H:%M:%S} {line}", soft_wrap=True)


def metrics(
    name: Annotated[str | None, typer.Argument(help="One job alone.", show_default=False)] = None,
    prometheus: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all of it in Prometheus's text format.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print how jobs have fared: last success, duration, tokens, share of claims that hold, failures."""
    from redraft.agent.jobs.metrics import measured, write
    from redraft.store import jobs

    database = opened()
    for job in [jobs.get(database, name)] if name else jobs.everyone(database):
        numbers = measured(database, job)
        typer.echo(json.dumps(numbers) if as_json else f"{job.name}: {'; '.join(_told(numbers, job.zone))}")
    if prometheus:
        write(database, prometheus)


def _told(numbers: Mapping[str, Any], zone: str) -> Iterator[str]:
    """The numbers of a job for people, as far as there are any."""
    from redraft.agent.jobs.wording import duration, local

    def moment(seconds: float) -> str:
        return local(datetime.fromtimestamp(seconds, UTC), zone)

    yield ", ".join(f"{count} {state}" for state, count in numbers["runs"].items()) or "never run"
    if numbers["last_success"] is not None:
        yield f"last success {moment(numbers['last_success'])}"
    if numbers["duration_seconds"] is not None:
        yield f"last report in {duration(timedelta(seconds=numbers['duration_seconds']))}, {numbers['tokens']:,} tokens"
    if numbers["support_rate"] is not None:
        yield f"{numbers['support_rate']:.0%} of its claims hold"
    yield f"{numbers['failures']} failures in a row"
    yield f"next {moment(numbers['next_run'])}" if numbers["next_run"] is not None else "none to come"
    yield f"{numbers['deliveries_pending']} deliveries pending, {numbers['deliveries_failed']} given up"


def _turn(database: "Database", turn: "JobRun") -> dict[str, Any]:
    from redraft.store import deliveries

    sent = [
        {"kind": row.kind, "channel": row.channel["kind"], "state": row.state, "tries": row.tries, "error": row.error}
        for row in deliveries.of_turn(database, turn.id or 0)
    ]
    kept = {"due_at", "by_hand", "missed", "state", "tries", "run_id", "reason", "started_at", "finished_at"}
    return turn.model_dump(mode="json", include=kept) | {"deliveries": sent}


def _line(job: "Job", turn: "JobRun", fields: Mapping[str, Any]) -> str:
    from redraft.agent.jobs.wording import duration, local

    took = duration(turn.finished_at - turn.started_at) if turn.finished_at and turn.started_at else ""
    sent = ", ".join(f"{entry['channel']} {entry['state']}" for entry in fields["deliveries"])
    missed = f"{turn.missed} missed before" if turn.missed else ""
    parts = [
        local(turn.due_at, job.zone),
        "by hand" if turn.by_hand else "",
        turn.state,
        f"run {turn.run_id}" if turn.run_id else "",
        took,
        missed,
    ]
    return "  ".join(part for part in (*parts, sent, turn.reason) if part)
