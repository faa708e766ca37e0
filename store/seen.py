"""What a job has met before: addresses that are no news to it any more, its reports, and what these searched for."""

from collections.abc import Iterable, Sequence

from sqlmodel import col, select

from redraft.store.database import Database
from redraft.store.models import JobRun, Query, Run, Section, Seen
from redraft.store.runs import place


def keys(database: Database, job_id: int) -> set[str]:
    """The canonical addresses that are known."""
    with database.session() as session:
        return set(session.exec(select(Seen.url_key).where(Seen.job_id == job_id)))


def add(database: Database, job_id: int, url_keys: Iterable[str]) -> None:
    """Makes these addresses known. Those that are stay so."""
    with database.session(lock=True) as session:
        known = set(session.exec(select(Seen.url_key).where(Seen.job_id == job_id)))
        session.add_all(Seen(job_id=job_id, url_key=key) for key in sorted(set(url_keys) - known))


def done_runs(database: Database, job_id: int) -> Sequence[Run]:
    """The runs that have written a report for a job, oldest first."""
    mine = select(JobRun.run_id).where(JobRun.job_id == job_id)
    statement = select(Run).where(col(Run.id).in_(mine), Run.status == "done")
    with database.session() as session:
        return session.exec(statement.order_by(col(Run.created_at), col(Run.id))).all()


def section_queries(database: Database, run_ids: Sequence[str]) -> list[str]:
    """The searches that these runs made for sections of their reports, by the place of the section."""
    statement = select(Section.number, Query.id, Query.text).join(Query, col(Query.section_id) == col(Section.id))
    mine = col(Section.run_id).in_(run_ids), col(Section.dropped).is_(False)
    with database.session() as session:
        rows = session.exec(statement.where(*mine)).all()
    return [text for number, _, text in sorted(rows, key=lambda row: (place(row[0]), row[1] or 0))]
