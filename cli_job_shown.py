"""`redraft job list`, `show`, `next`, `explain`: which jobs there are, and when they are due."""

import json
import shlex
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from redraft.agent.jobs.schedule import Schedule
    from redraft.store.database import Database
    from redraft.store.models import Job

JobName = Annotated[str, typer.Argument(help="The job's name.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
COMING = 5
"""Ticks that `job show` names."""
LONGEST = 100
"""Characters of a setting on the terminal: samples of style are whole texts."""


def opened() -> "Database":
    from redraft.agent import archive
    from redraft.agent.settings import load_settings

    return archive.open_database(load_settings())


def list_jobs(*, as_json: AsJson = False) -> None:
    """List the jobs: when each is due, how its last run stands, and what it asks."""
    from redraft.store import jobs

    database = opened()
    for job in jobs.everyone(database):
        last = next(iter(jobs.of_job(database, job, 1)), None)
        fields = _summary(job) | {"last": last.state if last else None}
        line = f"{job.name:20} {due(job):25} {last.state if last else 'never run':11}  {_line(job.question)}"
        typer.echo(json.dumps(fields) if as_json else line)


def show(name: JobName, *, as_json: AsJson = False) -> None:
    """Print all that is chosen for a job, and when it is due."""
    from redraft.agent.jobs.ticking import schedule
    from redraft.store import jobs

    job = jobs.get(opened(), name)
    clock = schedule(job)
    if as_json:
        typer.echo(json.dumps(_summary(job) | _details(job, clock)))
        return
    label = ""
    for said, value in _described(job, clock):
        typer.echo(f"{'' if said == label else said:13} {value}")
        label = said


def next_(
    name: JobName,
    after: Annotated[
        str | None, typer.Option(metavar="TIME", help="As 2026-03-29T00:00; without an offset in the job's zone.")
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", metavar="NUMBER", min=1, max=1000, help="How many.")] = 1,
    *,
    as_json: AsJson = False,
) -> None:
    """Print when a job is due next, whether it is paused or not."""
    from itertools import islice

    from redraft.agent.jobs.ticking import schedule
    from redraft.store import jobs
    from redraft.store.models import now

    job = jobs.get(opened(), name)
    for tick in islice(schedule(job).ticks(_moment(after, job.zone) if after else now()), count):
        local = tick.astimezone(_zone(job.zone)).isoformat()
        fields = {"name": job.name, "next": tick.isoformat(), "local": local, "zone": job.zone}
        typer.echo(json.dumps(fields) if as_json else _shown(tick, job))


def explain(name: JobName) -> None:
    """Say in words when a job is due."""
    from redraft.agent.jobs.ticking import schedule
    from redraft.store import jobs

    job = jobs.get(opened(), name)
    typer.echo(schedule(job).explain())
    typer.echo(f"paused: {job.paused}" if job.paused else f"next: {due(job)}")


def due(job: "Job") -> str:
    if job.paused:
        return "paused"
    return _shown(job.next_at, job) if job.next_at else "never"


def _summary(job: "Job") -> dict[str, Any]:
    next_at = job.next_at.isoformat() if job.next_at else None
    return {"name": job.name, "question": job.question, "next": next_at, "paused": job.paused}


def _details(job: "Job", clock: "Schedule") -> dict[str, Any]:
    return {
        "cron": job.cron,
        "every": job.every,
        "zone": job.zone,
        "clock": clock.explain(),
        "jitter": job.jitter,
        "settings": job.settings,
        "channels": job.channels,
        "max_failures": job.most_failures,
        "failures": job.failures,
        "created": job.created_at.isoformat(),
    }


def _described(job: "Job", clock: "Schedule") -> Iterator[tuple[str, object]]:
    """What `job show` prints line by line; a label that comes again stands once."""
    from itertools import islice

    from redraft.store.models import now

    yield from (("name", job.name), ("question", _line(job.question)))
    yield "clock", clock.explain() + (f", up to {job.jitter} seconds later" if job.jitter else "")
    if job.paused:
        yield "paused", job.paused
    else:
        yield from (("next", _shown(tick, job)) for tick in islice(clock.ticks(now()), COMING))
    yield from (("settings", f"{name}: {_short(value)}") for name, value in job.settings.items())
    for channel in job.channels:
        yield channel["kind"], ", ".join(f"{name} {_short(value)}" for name, value in channel.items() if name != "kind")
    yield "failures", f"{job.failures} in a row; paused after {job.most_failures or 'no number of them'}"
    yield "created", _shown(job.created_at, job)


def _line(text: str) -> str:
    return " ".join(text.split())


def _short(value: object) -> str:
    text = shlex.join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _shown(tick: datetime, job: "Job") -> str:
    from redraft.agent.jobs.wording import local

    return local(tick, job.zone)


def _moment(text: str, zone: str) -> datetime:
    """Raises `UserError` for what is no moment."""
    from redraft.agent.errors import UserError

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no time: give one like 2026-03-29T00:00 or 2026-03-29T00:00+01:00"
        raise UserError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=_zone(zone))


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
