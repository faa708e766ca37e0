"""The states of a report that it can go back to."""

from collections.abc import Sequence

from sqlmodel import col, select

from redraft.store.database import Database
from redraft.store.models import Snapshot


def save(database: Database, snapshot: Snapshot) -> None:
    """Keeps it; a run that has one of this name keeps that."""
    with database.session(lock=True) as session:
        same = (Snapshot.run_id == snapshot.run_id, Snapshot.name == snapshot.name)
        if session.exec(select(Snapshot).where(*same)).first() is None:
            session.add(snapshot)


def of_run(database: Database, run_id: str) -> Sequence[Snapshot]:
    """In the order they were taken."""
    with database.session() as session:
        return session.exec(select(Snapshot).where(Snapshot.run_id == run_id).order_by(col(Snapshot.id))).all()


def choose(database: Database, snapshot: Snapshot) -> None:
    """Notes that the report goes on from it, and from no other."""
    with database.session() as session:
        for row in session.exec(select(Snapshot).where(Snapshot.run_id == snapshot.run_id)):
            row.chosen = row.id == snapshot.id
