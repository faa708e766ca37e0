"""Reports and notices made up for sending."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from redraft.agent import archive
from redraft.agent.citations import without_marks
from redraft.agent.errors import UserError
from redraft.agent.export import FORMATS, article
from redraft.agent.jobs import filing
from redraft.agent.jobs.channels import CHANNEL, DeliveryFailed, Folder
from redraft.agent.jobs.feed import MOST_ENTRIES, Entry
from redraft.agent.jobs.parcel import Parcel
from redraft.agent.languages import language_of_run
from redraft.agent.render import Report, markdown, news
from redraft.store import jobs, runs
from redraft.store.database import Database
from redraft.store.models import Delivery, Job, JobRun, Run


def parcel(database: Database, job: Job, turn: JobRun, delivery: Delivery) -> Parcel:
    """What a delivery carries: the report of its turn as it stands now, or the notice that the job is paused."""
    about = {"job": job.name, "question": job.question, "due_at": turn.due_at, "zone": job.zone, "run_id": turn.run_id}
    # The same for each try, and no other delivery's, whichever store it is of.
    key = f"{job.name}-{turn.due_at:%Y%m%dT%H%M%S}-{turn.run_id or delivery.kind}-{delivery.number}"
    if delivery.kind == "notice":
        title = f"The job {job.name} is paused"
        said = f"{title}: {turn.reason}\n\nGo on with: redraft job resume {job.name}"
        return Parcel(**about, key=key, kind="notice", language="en", title=title, text=said)
    run, report = _report(database, turn)
    return Parcel(
        **about,
        key=key,
        kind="report",
        language=language_of_run(run),
        title=report.title,
        text=what_matters(report),
        markdown=markdown(report),
        html=FORMATS["html"](report, run).decode(),
        files=filed(job, turn),
    )


def file_report(database: Database, job: Job, turn: JobRun, folder: Folder) -> None:
    """Raises `DeliveryFailed`, also where this machine can no longer make one of the formats."""
    run, report = _report(database, turn)
    try:
        contents = {name: FORMATS[name](report, run) for name in folder.formats}
    except UserError as error:
        raise DeliveryFailed(str(error)) from error
    filing.file_report(folder.path, job.name, run.id, _written(job, turn), contents, folder.keep)


def entries(database: Database, job: Job) -> list[Entry]:
    """The job's newest reports, as its feed has them."""
    done = [turn for turn in jobs.of_job(database, job) if turn.state == "done" and turn.run_id][:MOST_ENTRIES]
    return [_entry(database, job, turn) for turn in done]


def filed(job: Job, turn: JobRun) -> tuple[Path, ...]:
    """The files of a turn's report that are there."""
    folders = [channel for channel in map(CHANNEL.validate_python, job.channels) if isinstance(channel, Folder)]
    paths = (
        filing.path(folder.path, job.name, turn.run_id or "", _written(job, turn), ending)
        for folder in folders
        for ending in folder.formats
    )
    return tuple(path for path in paths if path.exists())


def _entry(database: Database, job: Job, turn: JobRun) -> Entry:
    run, report = _report(database, turn)
    return Entry(
        run_id=run.id,
        title=report.title,
        updated=turn.finished_at or turn.due_at,
        text=what_matters(report),
        html=article(report, run),
        files=filed(job, turn),
    )


def what_matters(report: Report) -> str:
    """What is new, else the summary; without citations."""
    blocks = news(report)[1:] or [part.version.text for part in report.parts[:1]]
    return without_marks("\n\n".join(blocks))


def _report(database: Database, turn: JobRun) -> tuple[Run, Report]:
    """The report of a turn, as it stands now, and its run."""
    run = runs.get(database, turn.run_id or "")
    return run, archive.report(database, run.id)


def _written(job: Job, turn: JobRun) -> datetime:
    """When the report was written, by the user's clocks."""
    return (turn.finished_at or turn.due_at).astimezone(ZoneInfo(job.zone))
