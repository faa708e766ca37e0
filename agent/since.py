"""What is new in a run's report since the one that it follows, from the rows of both."""

from collections.abc import Sequence

from redraft.agent import tree, waves
from redraft.agent.changes import Changes, Edition, compare
from redraft.store import claims, drafts, runs
from redraft.store.database import Database
from redraft.store.errors import NoSuchRun
from redraft.store.models import Run


def changes_since(database: Database, run: Run) -> Changes | None:
    """None for a run that follows none, or one that is no longer there or did not come to its end."""
    old = _followed(database, run)
    if old is None or old.finished_at is None or old.status != "done":
        return None
    before, after = (
        _edition(database, old.id, _carried(database, run)),
        _edition(database, run.id, _texts(database, run)),
    )
    return compare(before, after, old.finished_at.date().isoformat())


def _followed(database: Database, run: Run) -> Run | None:
    try:
        return runs.get(database, run.follows or "")
    except NoSuchRun:
        return None


def _edition(database: Database, run_id: str, texts: Sequence[str]) -> Edition:
    exhibits = drafts.run_exhibits(database, run_id)
    return Edition(texts, exhibits, claims.of_run(database, run_id), claims.disputes(database, run_id))


def _carried(database: Database, run: Run) -> list[str]:
    """The old texts as the run began with them: what was made of the old report since is no news of this one."""
    first = {version.section_id: version.text for version in drafts.versions(database, run.id) if version.number == 1}
    body = tree.body(runs.outline(database, run.id, dropped=True))
    return [first[section.id] for section in body if section.wave == 0 and section.id in first]


def _texts(database: Database, run: Run) -> list[str]:
    standing = waves.texts(database, run.id)
    return [
        standing[section.number] for section in tree.body(runs.outline(database, run.id)) if section.number in standing
    ]
