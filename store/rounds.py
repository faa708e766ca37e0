"""The rounds of a run, from their question to what came of them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, func, select

from redraft.store.database import Database
from redraft.store.drafts import EXHIBITS, Exhibit, add, take_in_session
from redraft.store.models import Evidence, Gap, Round, RoundEvidence, Section, Version


def begin(database: Database, run_id: str, wave: int, focuses: Sequence[tuple[str, int | None]]) -> None:
    """Adds a round for each section number and gap, in the order given. A wave that has rounds keeps them."""
    with database.session(lock=True) as session:
        if session.exec(select(Round).where(Round.run_id == run_id, Round.wave == wave).limit(1)).first():
            return
        newest = session.exec(select(func.max(Round.number)).where(Round.run_id == run_id)).one() or 0
        session.add_all(
            Round(run_id=run_id, number=number, wave=wave, focus=focus, gap_id=gap_id)
            for number, (focus, gap_id) in enumerate(focuses, start=newest + 1)
        )


def of_run(database: Database, run_id: str) -> Sequence[Round]:
    """All rounds, by number."""
    with database.session() as session:
        return session.exec(select(Round).where(Round.run_id == run_id).order_by(col(Round.number))).all()


def of_wave(database: Database, run_id: str, wave: int) -> Sequence[Round]:
    return [row for row in of_run(database, run_id) if row.wave == wave]


def get(database: Database, run_id: str, number: int) -> Round:
    with database.session() as session:
        return session.exec(select(Round).where(Round.run_id == run_id, Round.number == number)).one()


def update(database: Database, row: Round, **fields: Any) -> None:
    """Notes what a step found out about a round."""
    with database.session() as session:
        kept = session.get_one(Round, row.id)
        for name, value in fields.items():
            setattr(kept, name, value)


def conclude(
    database: Database,
    row: Round,
    outcome: str,
    reason: str,
    *,
    versions: Sequence[Version] = (),
    sections: Sequence[Section] = (),
    closing: str | None = None,
) -> None:
    """Ends a round in one transaction: its outcome, the texts or the sections it made, and how its gap is closed.

    One that has an outcome keeps it. Without a `closing` the gap stays open.
    """
    with database.session(lock=True) as session:
        kept = session.get_one(Round, row.id)
        if kept.outcome is not None:
            return
        kept.outcome, kept.reason = outcome, reason
        session.add_all(sections)
        add(session, versions)
        gap = session.get(Gap, kept.gap_id) if kept.gap_id is not None else None
        if gap is not None and closing is not None:
            gap.state, gap.closing = "closed", closing


def file_evidence(database: Database, row: Round, passage_ids: Sequence[int]) -> None:
    """Takes what a round's search brought, best first, into the run. One that was searched for keeps what it has."""
    with database.session(lock=True) as session:
        kept = session.get_one(Round, row.id)
        if kept.searched:
            return
        before = set(session.exec(select(Evidence.passage_id).where(Evidence.run_id == row.run_id)))
        known = take_in_session(session, row.run_id, passage_ids)
        session.add_all(
            RoundEvidence(round_id=kept.id or 0, evidence_id=known[i].id or 0, rank=rank, fresh=i not in before)
            for rank, i in enumerate(dict.fromkeys(passage_ids), start=1)
        )
        kept.searched = True


def exhibits(database: Database, round_id: int) -> list[Exhibit]:
    """What the search of a round brought, best first."""
    return [exhibit for exhibit, _ in found(database, round_id)]


def found(database: Database, round_id: int) -> list[tuple[Exhibit, bool]]:
    """The same, each with whether the run did not have it before."""
    statement = (
        EXHIBITS.add_columns(col(RoundEvidence.fresh))
        .join(RoundEvidence, col(RoundEvidence.evidence_id) == col(Evidence.id))
        .where(col(RoundEvidence.round_id) == round_id)
        .order_by(col(RoundEvidence.rank))
    )
    with database.session() as session:
        return [(Exhibit(*parts), is_fresh) for *parts, is_fresh in session.execute(statement)]
