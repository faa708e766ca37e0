"""What is kept of runs: where, how each stands, and its report as far as it is written."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from redraft.agent.errors import RunBusy
from redraft.agent.languages import labels_of_run
from redraft.agent.render import Part, Report, assemble
from redraft.agent.settings import Settings
from redraft.agent.shortfalls import shortfalls
from redraft.store import claims, drafts, runs
from redraft.store.database import Database
from redraft.store.models import Run


def open_database(settings: Settings) -> Database:
    return Database(settings.folders.data / "redraft.db")


def status(database: Database, run: Run) -> str:
    """`running`, `done`, `failed`, `waiting` for the user, or `interrupted`: begun, unfinished, and nobody at it."""
    return "interrupted" if run.status == "running" and not _is_held(lock(database, run.id)) else run.status


def report(database: Database, run_id: str) -> Report:
    """The report as far as it is written."""
    brief = runs.brief(database, run_id)
    accepted = drafts.accepted(database, run_id)
    outline = runs.outline(database, run_id)
    parts = [Part(section, accepted[section.id or 0]) for section in outline if section.id in accepted]
    run = runs.get(database, run_id)
    title = brief.title if brief else run.question
    exhibits, versions = drafts.run_exhibits(database, run_id), drafts.versions(database, run_id)
    said = labels_of_run(run)
    disputes = claims.disputes(database, run_id)
    return assemble(title, parts, exhibits, versions, shortfalls(database, run_id, said), said, disputes)


def lock(database: Database, run_id: str) -> FileLock:
    """Held while a process works on the run. The system lets go of it however the process ends."""
    folder = database.path.with_name("locks")
    folder.mkdir(exist_ok=True)
    return FileLock(folder / f"{run_id}.lock")


@contextmanager
def alone(database: Database, run_id: str) -> Iterator[None]:
    """Holds the run. Raises `RunBusy` while another process does."""
    try:
        held = lock(database, run_id).acquire(timeout=0)
    except Timeout as error:
        message = f"another process is working on run {run_id}: wait for it, or end it first"
        raise RunBusy(message) from error
    with held:
        yield


def _is_held(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
