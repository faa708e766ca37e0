"""What search providers were asked and what they said: kept so that no run asks twice, and any can be played back."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from redraft.store.database import Database
from redraft.store.models import Search


def keep(database: Database, search: Search) -> None:
    """Keeps what was said, durably once this returns. An answer that a run has stays; a failure makes room."""
    with database.session() as session:
        told = session.exec(_told(search.run_id, search.provider, search.key)).first() if search.run_id else None
        if told is not None and told.failure is None:
            return
        if told is not None:
            session.delete(told)
            session.flush()
        session.add(search)


def answered(database: Database, run_id: str, provider: str, key: str) -> Search | None:
    """What this run was told, be it an answer or a failure."""
    with database.session() as session:
        return session.exec(_told(run_id, provider, key)).first()


def newest(database: Database, provider: str, key: str) -> Search | None:
    """The last answer that anybody was given: of any run, or of a search by hand. Failures are no answers."""
    answers = select(Search).where(Search.provider == provider, Search.key == key, col(Search.failure).is_(None))
    with database.session() as session:
        return session.exec(answers.order_by(col(Search.at).desc(), col(Search.id).desc()).limit(1)).first()


def of_run(database: Database, run_id: str) -> Sequence[Search]:
    """In the order in which they were kept."""
    with database.session() as session:
        return session.exec(select(Search).where(Search.run_id == run_id).order_by(col(Search.id))).all()


def _told(run_id: str | None, provider: str, key: str) -> SelectOfScalar[Search]:
    return select(Search).where(Search.run_id == run_id, Search.provider == provider, Search.key == key)
