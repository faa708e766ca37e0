"""What is kept of runs: where, how each stands, and its report as far as it is written."""

from collections.abc import Iterator
from contextlib import contextmanager

from redraft.agent.errors import RunBusy
from redraft.agent.languages import labels_of_run
from redraft.agent.render import Part, Report, assemble
from redraft.agent.settings import Settings
from redraft.agent.shortfalls import shortfalls
from redraft.agent.since import changes_since
from redraft.store import claims, drafts, runs
from redraft.store.database import Database
from redraft.store.models import Run


def open_database(settings: Settings) -> Database:
    """The database that the settings name, else the file of this user."""
    folder = settings.folders.data
    return Database(settings.database.get_secret_value() if settings.database else folder / "redraft.db", folder)


def status(database: Database, run: Run) -> str:
    """`running`, `done`, `failed`, `waiting` for the user, or `interrupted`: begun, unfinished, and nobody at it."""
    return "interrupted" if run.status == "running" and not database.is_held(run.id) else run.status


def report(database: Database, run_id: str) -> Report:
    """The report as far as it is written."""
    brief = runs.brief(database, run_id)
    accepted = drafts.accepted(database, run_id)
    outline = runs.outline(database, run_id)
    parts = [Part(section, accepted[section.id or 0]) for section in outline if section.id in accepted]
    run = runs.get(database, run_id)
    title = brief.title if brief else " ".join(run.question.split())
    exhibits, versions = drafts.run_exhibits(database, run_id), drafts.versions(database, run_id)
    said = labels_of_run(run)
    disputes = claims.disputes(database, run_id)
    limits, changes = shortfalls(database, run_id, said), changes_since(database, run)
    return assemble(title, parts, exhibits, versions, limits, said, disputes, changes)


@contextmanager
def alone(database: Database, run_id: str) -> Iterator[None]:
    """Holds the run. Raises `RunBusy` while another process does, on whichever machine."""
    with database.hold(run_id) as mine:
        if not mine:
            message = f"another process is working on run {run_id}: wait for it, or end it first"
            raise RunBusy(message)
        yield
