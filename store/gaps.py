"""What a report lacks: noted once, closed once."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from redraft.store.database import Database
from redraft.store.models import Gap


def open_all(database: Database, gaps: Sequence[Gap]) -> list[Gap]:
    """Keeps new gaps, numbered in the order given, and leaves out what is noted already, open or closed.

    Two are the same with the same section, kind and question. Returns the rows of all, the known ones among them.
    """
    with database.session(lock=True) as session:
        return [_noted(session, gap) for gap in gaps]


def _noted(session: Session, gap: Gap) -> Gap:
    same = (Gap.run_id == gap.run_id, Gap.section == gap.section, Gap.kind == gap.kind, Gap.question == gap.question)
    known = session.exec(select(Gap).where(*same)).first()
    if known is not None:
        return known
    newest = session.exec(select(func.max(Gap.number)).where(Gap.run_id == gap.run_id)).one()
    gap.number = (newest or 0) + 1
    session.add(gap)
    session.flush()
    return gap


def get(database: Database, gap_id: int) -> Gap:
    with database.session() as session:
        return session.get_one(Gap, gap_id)


def of_run(database: Database, run_id: str) -> Sequence[Gap]:
    """All gaps, by number."""
    with database.session() as session:
        return session.exec(select(Gap).where(Gap.run_id == run_id).order_by(col(Gap.number))).all()


def close(database: Database, gap_id: int, closing: str) -> None:
    """Notes what came of a gap. One that is closed stays as it is."""
    with database.session() as session:
        gap = session.get_one(Gap, gap_id)
        if gap.state == "open":
            gap.state, gap.closing = "closed", closing
