"""A job made of what the user chose, and changed by what they choose later. What cannot work is refused at once."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from redraft.agent import run
from redraft.agent.client import server_root
from redraft.agent.dense import check_meaning
from redraft.agent.errors import UserError
from redraft.agent.export import check_available, parse_formats
from redraft.agent.jobs import references, webhook
from redraft.agent.jobs.channels import CHANNEL, Channel, Feed, Folder, Hook, Mail, Webhook
from redraft.agent.jobs.mail import check_mail
from redraft.agent.jobs.schedule import Schedule, known_zone, machine_zone, parse
from redraft.agent.settings import Settings, listed, load_settings
from redraft.agent.web import check_web
from redraft.store.models import Job

NAME = re.compile(r"[^\W_][\w.-]{0,63}")
"""Stands in file names and in commands."""
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the user gave; None for what they did not. What is empty takes away what there was."""

    question: str | None = None
    cron: str | None = None
    every: str | None = None
    zone: str | None = None
    folder: str | None = None
    formats: str | None = None
    keep: int | None = None
    mail: tuple[str, ...] | None = None
    webhook: str | None = None
    webhook_secret: str | None = None
    """A reference."""
    feed: str | None = None
    hook: str | None = None
    jitter: int | None = None
    most_failures: int | None = None
    settings: Mapping[str, Any]
    """For its reports, by name."""


def added(name: str, chosen: Choices, now: datetime) -> Job:
    """A new job, kept nowhere yet. Raises `UserError` for what cannot work."""
    if not NAME.fullmatch(name):
        message = f"{name!r} is no name for a job: take letters, digits, '-', '_' and '.', as in weekly-trams"
        raise UserError(message)
    channels = [Folder(path=_usual_folder(name)).model_dump(mode="json")]
    job = Job(name=name, question="", zone="", settings={}, channels=channels, created_at=now)
    return changed(job, chosen, now)


def changed(job: Job, chosen: Choices, now: datetime) -> Job:
    """The job with what was chosen put in. Raises `UserError` for what cannot work."""
    clock, channels = _clock(job, chosen), _channels(job, chosen)
    own = {name: value for name, value in {**job.settings, **chosen.settings}.items() if value not in ("", ("",))}
    settings = load_settings(**own)
    _check(own, settings, channels)
    question = job.question if chosen.question is None else chosen.question
    return Job(
        **job.model_dump()
        | {"cron": clock.cron, "every": clock.every, "zone": clock.zone}
        | {
            "question": run.prepared(question, settings).question,
            "settings": _JSON.dump_python(own, mode="json"),
            "channels": [channel.model_dump(mode="json") for channel in channels],
            "jitter": job.jitter if chosen.jitter is None else chosen.jitter,
            "most_failures": job.most_failures if chosen.most_failures is None else chosen.most_failures,
            "next_at": _next(job, clock, now),
        }
    )


def _next(job: Job, clock: Schedule, now: datetime) -> datetime | None:
    """As long as the clock is the same, a tick that has come and that nobody has taken yet is still to be taken."""
    if job.paused or (clock.cron, clock.every, clock.zone) == (job.cron, job.every, job.zone):
        return job.next_at
    return coming(clock, now)


def coming(clock: Schedule, now: datetime) -> datetime:
    """The next tick. Raises `UserError` for a clock that never strikes again."""
    tick = clock.after(now)
    if tick is None:
        message = f"the clock of this job never strikes: {clock.explain()}"
        raise UserError(message)
    return tick


def _clock(job: Job, chosen: Choices) -> Schedule:
    """The one that is chosen, in the zone that is; else the one that the job has."""
    zone = (job.zone if chosen.zone is None else chosen.zone) or machine_zone()
    if chosen.cron is chosen.every is None and (job.cron or job.every):
        return Schedule(cron=job.cron, every=job.every, zone=known_zone(zone), anchor=job.created_at)
    return parse(chosen.cron, chosen.every, zone, job.created_at)


def _check(own: Mapping[str, Any], settings: Settings, channels: Sequence[Channel]) -> None:
    """Raises `UserError` and its like for what a run, or sending its report, would fail of each time."""
    if own.get("approve"):
        raise UserError("nobody is there to approve the outline of a job's report: leave --approve out")
    if any(httpx.URL(server_root(url)).userinfo for url in listed(own.get("llm_url", ""))):
        # What is chosen for a job is kept, and shown.
        raise UserError("a job's model server is given without a password: put its address into REDRAFT_LLM_URL")
    check_web(settings)
    check_meaning(settings)
    for channel in channels:
        if isinstance(channel, Mail):
            check_mail(channel, settings)


def _channels(job: Job, chosen: Choices) -> list[Channel]:
    """Each kind once: as it is chosen, else as it was."""
    held: dict[str, Channel] = {channel.kind: channel for channel in map(CHANNEL.validate_python, job.channels)}
    held["folder"] = _folder(job.name, held["folder"], chosen)
    secret = _secret(held.get("webhook"), chosen)
    for kind, given in (
        ("feed", chosen.feed),
        ("mail", chosen.mail),
        ("webhook", chosen.webhook),
        ("hook", chosen.hook),
    ):
        if given:
            held[kind] = _MADE[kind](given)
        elif given is not None:
            held.pop(kind, None)
    if "webhook" in held:
        held["webhook"] = held["webhook"].model_copy(update={"secret": secret})
    elif chosen.webhook_secret:
        raise UserError("a webhook's secret is of no use without a webhook: give its address with --webhook")
    return list(held.values())


def _secret(held: Channel | None, chosen: Choices) -> str | None:
    """Where that of the webhook is: another address is no reason to sign no more."""
    if chosen.webhook_secret is None:
        return held.secret if isinstance(held, Webhook) else None
    if chosen.webhook_secret:
        references.check(chosen.webhook_secret)
    return chosen.webhook_secret or None


def _folder(job: str, held: Channel, chosen: Choices) -> Folder:
    folder = Folder.model_validate(held.model_dump())
    formats = parse_formats(chosen.formats) if chosen.formats is not None else list(folder.formats)
    for name in formats:
        check_available(name)
    keep = folder.keep if chosen.keep is None else chosen.keep
    if chosen.folder is not None:
        folder = Folder(path=_writable(chosen.folder) if chosen.folder else _usual_folder(job))
    return Folder(path=folder.path, formats=tuple(formats) or ("md",), keep=keep)


def _usual_folder(job: str) -> Path:
    return load_settings().folders.data / "reports" / job


def _writable(folder: str | Path) -> Path:
    """The folder as a whole path. Raises `UserError` where it is none, or cannot be made."""
    path = Path(folder).expanduser().resolve()
    there = next(above for above in (path, *path.parents) if above.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        message = f"nothing can be put into {path}: {there} is no folder that can be written"
        raise UserError(message)
    return path


def _webhook(url: str) -> Webhook:
    webhook.check_url(url)
    return Webhook(url=url)


def _hook(command: str) -> Hook:
    try:
        program, *arguments = shlex.split(command) or [""]
    except ValueError as error:
        message = f"the command {command!r} cannot be read: {error}"
        raise UserError(message) from error
    if os.sep in program:  # a job is run from another folder than the one it was added in
        program = str(Path(program).expanduser().absolute())
    if shutil.which(program) is None:
        message = f"there is no program {program!r} that could be run"
        raise UserError(message)
    return Hook(command=(program, *arguments))


def _feed(path: str) -> Feed:
    file = Path(path).expanduser().resolve()
    if file.is_dir():
        message = f"a feed is a file, and {file} is a folder"
        raise UserError(message)
    return Feed(path=_writable(file.parent) / file.name)


_MADE: Mapping[str, Callable[[Any], Channel]] = {
    "feed": _feed,
    "mail": lambda to: Mail(to=to),
    "webhook": _webhook,
    "hook": _hook,
}
