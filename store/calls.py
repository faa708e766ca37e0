"""What the model was asked, and what it said: kept so that no run asks the same thing twice."""

from collections.abc import Sequence

from sqlmodel import col, select

from redraft.store.database import Database
from redraft.store.models import Call


def answered(database: Database, run_id: str, key: str) -> Call | None:
    with database.session() as session:
        return session.exec(select(Call).where(Call.run_id == run_id, Call.key == key)).first()


def record(database: Database, call: Call) -> Call:
    """Keeps the call, durably once this returns."""
    with database.session() as session:
        session.add(call)
    return call


def of_run(database: Database, run_id: str) -> Sequence[Call]:
    """In the order they were answered."""
    with database.session() as session:
        return session.exec(select(Call).where(Call.run_id == run_id).order_by(col(Call.id))).all()
