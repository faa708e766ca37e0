"""`redraft job`: reports that are written by the clock: made, changed, paused, and forgotten."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_job_history import history, logs, metrics
from redraft.cli_job_runs import daemon, install_systemd, run, run_due
from redraft.cli_job_shown import JobName, due, explain, list_jobs, next_, opened, show
from redraft.cli_research import Flags, chosen, option, with_flags
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.agent.jobs.choices import Choices
    from redraft.store.models import Job

job_app = typer.Typer(no_args_is_help=True, help="Reports that are written by the clock.")
CLOCK, DELIVERY, FAILURE = "Clock", "Delivery", "Failure"


@dataclass(frozen=True, kw_only=True)
class JobFlags:
    """What is chosen for a job besides its question and the settings of its reports."""

    cron: Annotated[str | None, option(CLOCK, help="Five fields, as '0 7 * * MON', or @daily and the like.")] = None
    every: Annotated[str | None, option(CLOCK, help="A length of time instead, as 90m, 6h, 2d or 1w.")] = None
    zone: Annotated[
        str | None, option(CLOCK, "--tz", metavar="ZONE", help="As Europe/Berlin; else this machine's.")
    ] = None
    jitter: Annotated[
        int | None, option(CLOCK, metavar="SECONDS", min=0, max=86_400, help="Begin up to so much later.")
    ] = None
    folder: Annotated[str | None, option(DELIVERY, "--to", metavar="DIR", help="Where the reports are put.")] = None
    formats: Annotated[
        str | None, option(DELIVERY, "--export", metavar="FORMATS", help="Of md, html, pdf and json; else md.")
    ] = None
    keep: Annotated[
        int | None, option(DELIVERY, metavar="NUMBER", min=0, help="Reports that stay in the folder; 0 for all.")
    ] = None
    mail: Annotated[list[str] | None, option(DELIVERY, "--email", metavar="ADDRESS", help="May be given again.")] = None
    webhook: Annotated[str | None, option(DELIVERY, metavar="URL", help="Is sent each report by POST.")] = None
    webhook_secret: Annotated[
        str | None, option(DELIVERY, metavar="REFERENCE", help="env:NAME or keyring:SERVICE/USER, to sign it with.")
    ] = None
    feed: Annotated[str | None, option(DELIVERY, metavar="FILE", help="An Atom feed of the reports.")] = None
    hook: Annotated[
        str | None, option(DELIVERY, metavar="COMMAND", help="Is run for each report; no shell reads it.")
    ] = None
    most_failures: Annotated[
        int | None,
        option(
            FAILURE, "--max-failures", metavar="NUMBER", min=0, help="In a row, after which it is paused; 0 for never."
        ),
    ] = None


@job_app.command()
@with_flags
def add(
    question: Annotated[str, typer.Argument(help="What each report is to answer.", show_default=False)],
    name: Annotated[str, typer.Option(help="What the job is called from here on.", show_default=False)],
    job_flags: JobFlags,
    flags: Flags,
) -> None:
    """Have a question researched by the clock; `job run-due` or `job daemon` does what is due."""
    from redraft.agent.jobs.choices import added
    from redraft.store import jobs
    from redraft.store.models import now

    job = jobs.add(opened(), added(name, _choices(job_flags, flags, question), now()))
    _say_next(job)


@job_app.command()
@with_flags
def edit(
    name: JobName,
    job_flags: JobFlags,
    flags: Flags,
    question: Annotated[str | None, typer.Option(help="Another question.", show_default=False)] = None,
) -> None:
    """Change what is given, and nothing else; an empty value, as --webhook '', takes away what there was."""
    from redraft.agent.jobs.choices import changed
    from redraft.store import jobs
    from redraft.store.models import now

    database = opened()
    job = jobs.get(database, name)
    new = changed(job, _choices(job_flags, flags, question), now())
    _say_next(jobs.change(database, job, **new.model_dump(exclude={"id", "name", "paused", "failures", "created_at"})))


job_app.command("list")(list_jobs)
job_app.command()(show)
job_app.command("next")(next_)
job_app.command()(explain)


@job_app.command()
def pause(name: JobName) -> None:
    """Leave out the ticks to come; a run that is under way goes on."""
    from redraft.store import jobs

    database = opened()
    job = jobs.get(database, name)
    jobs.change(database, job, paused=job.paused or "by hand", next_at=None)
    say(f"{name} is paused; go on with: redraft job resume {name}")


@job_app.command()
def resume(name: JobName) -> None:
    """Run a paused job by the clock again. Ticks that it missed stay missed."""
    from redraft.agent.jobs.choices import coming
    from redraft.agent.jobs.ticking import schedule
    from redraft.store import jobs
    from redraft.store.models import now

    database = opened()
    job = jobs.get(database, name)
    next_at = coming(schedule(job), now()) if job.paused else job.next_at
    _say_next(jobs.change(database, job, paused=None, failures=0, next_at=next_at))


@job_app.command()
def rm(name: JobName) -> None:
    """Forget a job. Its reports stay, as files and as runs."""
    from redraft.store import jobs
    from redraft.store.models import now

    database = opened()
    jobs.remove(database, jobs.get(database, name), now())
    say(f"{name} is gone; its reports are kept")


for command in (run, history, logs, metrics, daemon):
    job_app.command()(command)
job_app.command("run-due")(run_due)
job_app.command("install-systemd")(install_systemd)


def _choices(job_flags: JobFlags, flags: Flags, question: str | None) -> "Choices":
    from redraft.agent.jobs.choices import Choices

    given: dict[str, Any] = vars(job_flags) | {"mail": _addresses(job_flags.mail)}
    return Choices(**given, question=question, settings=chosen(flags))


def _addresses(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(address for address in given if address)


def _say_next(job: "Job") -> None:
    from redraft.agent.jobs.ticking import schedule

    say(f"{job.name}: {schedule(job).explain()}; {'paused' if job.paused else f'next: {due(job)}'}")
