"""What the model was asked, and what it said: kept so that no run asks the same thing twice."""

from collections.abc import Sequence

from sqlmodel import col, func, select

from redraft.store.database import Database
from redraft.store.models import Call


def answered(database: Database, run_id: str, key: str) -> Sequence[Call]:
    """The replies to one request, by their variant; none where it was not answered."""
    asked = select(Call).where(Call.run_id == run_id, Call.key == key).order_by(col(Call.variant))
    with database.session() as session:
        return session.exec(asked).all()


def record(database: Database, rows: Sequence[Call]) -> None:
    """Keeps all replies to one request or none of them, durably once this returns."""
    with database.session() as session:
        session.add_all(rows)


def of_run(database: Database, run_id: str) -> Sequence[Call]:
    """In the order they were answered."""
    with database.session() as session:
        return session.exec(select(Call).where(Call.run_id == run_id).order_by(col(Call.id))).all()


def spent(database: Database, run_id: str) -> int:
    """Tokens of all prompts and replies of a run, those that the server still knew among them."""
    tokens = select(func.sum(Call.prompt_tokens + Call.output_tokens)).where(Call.run_id == run_id)
    with database.session() as session:
        return session.exec(tokens).one() or 0
