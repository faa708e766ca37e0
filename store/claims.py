"""What became of the claims of a report, and where its sources disagree."""

from collections.abc import Sequence

from sqlmodel import col, func, select

from redraft.store.database import Database
from redraft.store.drafts import add
from redraft.store.models import Claim, Dispute, Section, Version


def save(
    database: Database, claims: Sequence[Claim], versions: Sequence[Version] = (), mended: Sequence[Claim] = ()
) -> None:
    """Keeps the verdicts on one version's claims with the texts that mend it, in one transaction.

    `mended`: the claims of the last of these texts, of which the version is set here. A version that has verdicts keeps
    them, and nothing is added.
    """
    with database.session(lock=True) as session:
        if claims and not session.exec(select(Claim).where(Claim.version_id == claims[0].version_id).limit(1)).first():
            session.add_all(claims)
            add(session, versions)
            for claim in mended:
                claim.version_id = versions[-1].id or 0
            session.add_all(mended)


def of_version(database: Database, version_id: int) -> Sequence[Claim]:
    with database.session() as session:
        return session.exec(select(Claim).where(Claim.version_id == version_id).order_by(col(Claim.number))).all()


def of_run(database: Database, run_id: str) -> Sequence[Claim]:
    """By version and number."""
    statement = (
        select(Claim)
        .join(Version, col(Version.id) == col(Claim.version_id))
        .join(Section, col(Section.id) == col(Version.section_id))
        .where(Section.run_id == run_id)
        .order_by(col(Claim.version_id), col(Claim.number))
    )
    with database.session() as session:
        return session.exec(statement).all()


def save_disputes(database: Database, run_id: str, disputes: Sequence[Dispute]) -> None:
    """Adds them, numbered in the order given. One with the same section and sides is known already."""
    with database.session(lock=True) as session:
        rows = session.exec(select(Dispute).where(Dispute.run_id == run_id)).all()
        known = {(row.section, row.one, row.other) for row in rows}
        newest = session.exec(select(func.max(Dispute.number)).where(Dispute.run_id == run_id)).one() or 0
        new = [row for row in disputes if (row.section, row.one, row.other) not in known]
        for number, row in enumerate(new, start=newest + 1):
            row.number = number
            session.add(row)


def disputes(database: Database, run_id: str) -> Sequence[Dispute]:
    with database.session() as session:
        return session.exec(select(Dispute).where(Dispute.run_id == run_id).order_by(col(Dispute.number))).all()
