"""The texts of sections, and the evidence they may cite."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from redraft.store.database import Database
from redraft.store.models import Evidence, Passage, Query, Section, SectionEvidence, Source, Version, now

UNDO = "undo"


class Exhibit(NamedTuple):
    """A piece of evidence with the passage it points to and the source it comes from."""

    evidence: Evidence
    passage: Passage
    source: Source


class Finding(NamedTuple):
    """What the searches for one section brought."""

    section_id: int
    hits: Mapping[str, int]
    """Query text → number of passages found."""
    passage_ids: Sequence[int]
    """What the section may cite, best first."""


def save_queries(database: Database, section_id: int, texts: Sequence[str]) -> None:
    """Keeps the searches to make for a section; a section that has some keeps them."""
    with database.session() as session:
        if session.exec(select(Query).where(Query.section_id == section_id).limit(1)).first() is None:
            session.add_all(Query(section_id=section_id, text=text) for text in texts)


def save_findings(database: Database, run_id: str, findings: Sequence[Finding]) -> None:
    """Takes the passages of all sections into the run, in one transaction, and numbers them in the order given.

    A run that has evidence keeps it: its ids never change.
    """
    with database.session() as session:
        if session.exec(select(Evidence).where(Evidence.run_id == run_id).limit(1)).first():
            return
        passage_ids = dict.fromkeys(passage_id for finding in findings for passage_id in finding.passage_ids)
        taken = {
            passage_id: Evidence(run_id=run_id, number=number, passage_id=passage_id)
            for number, passage_id in enumerate(passage_ids, start=1)
        }
        session.add_all(taken.values())
        session.flush()
        for finding in findings:
            _file(session, finding, taken)


def _file(session: Session, finding: Finding, taken: Mapping[int, Evidence]) -> None:
    for query in session.exec(select(Query).where(Query.section_id == finding.section_id)):
        query.hits = finding.hits.get(query.text)
    session.add_all(
        SectionEvidence(section_id=finding.section_id, evidence_id=taken[passage_id].id or 0, rank=rank)
        for rank, passage_id in enumerate(finding.passage_ids, start=1)
    )


def queries(database: Database, section_id: int) -> Sequence[Query]:
    with database.session() as session:
        return session.exec(select(Query).where(Query.section_id == section_id).order_by(col(Query.id))).all()


def exhibits(database: Database, section_id: int) -> list[Exhibit]:
    """What one section may cite, best first."""
    statement = (
        select(Evidence, Passage, Source)
        .join(SectionEvidence, col(SectionEvidence.evidence_id) == col(Evidence.id))
        .join(Passage, col(Passage.id) == col(Evidence.passage_id))
        .join(Source, col(Source.id) == col(Passage.source_id))
        .where(SectionEvidence.section_id == section_id)
        .order_by(col(SectionEvidence.rank))
    )
    with database.session() as session:
        return [Exhibit(*row) for row in session.exec(statement)]


def run_exhibits(database: Database, run_id: str) -> list[Exhibit]:
    """All evidence of a run, by number."""
    statement = (
        select(Evidence, Passage, Source)
        .join(Passage, col(Passage.id) == col(Evidence.passage_id))
        .join(Source, col(Source.id) == col(Passage.source_id))
        .where(Evidence.run_id == run_id)
        .order_by(col(Evidence.number))
    )
    with database.session() as session:
        return [Exhibit(*row) for row in session.exec(statement)]


def save_versions(database: Database, section_id: int, versions: Sequence[Version]) -> None:
    """Keeps all texts of one operation in one transaction; a section that was written keeps what it has."""
    with database.session() as session:
        if session.exec(select(Version).where(Version.section_id == section_id).limit(1)).first() is None:
            session.add_all(versions)


def revise(database: Database, section: Section, op: str, text: str, *, lock: bool = False) -> Version:
    """Adds what the user makes of a section as its newest accepted version, and may lock it. Nothing it had is lost."""
    newest = select(func.max(Version.number)).where(Version.section_id == section.id)
    with database.session() as session:
        version = Version(
            section_id=section.id or 0,
            number=(session.exec(newest).one() or 0) + 1,
            op=op,
            text=text,
            accepted=True,
            problems=[],
            invented=0,
            unsupported=0,
            created_at=now(),
        )
        session.add(version)
        if lock:
            session.get_one(Section, section.id).locked = True
    return version


def set_locked(database: Database, section: Section, *, locked: bool) -> None:
    with database.session() as session:
        session.get_one(Section, section.id).locked = locked


def is_open(database: Database, section: Section) -> bool:
    """Whether a step of the run may write the section: the user has not locked it, and nothing stands there yet."""
    return not section.locked and section.id not in accepted(database, section.run_id)


def lineage(versions: Iterable[Version]) -> list[Version]:
    """Of one section's versions by number, those that an undo goes back through: accepted, and not themselves undone.

    The last one stands. An undo is not among them: it takes the one before it away, and what was there is back.
    """
    kept: list[Version] = []
    for version in versions:
        if version.accepted and version.op == UNDO:
            kept.pop()
        elif version.accepted:
            kept.append(version)
    return kept


def accepted(database: Database, run_id: str) -> dict[int, Version]:
    """The version that stands in every section that has one, by the section's id. After an undo the one it went to."""
    by_section = groupby(versions(database, run_id), attrgetter("section_id"))
    lines = {section_id: lineage(group) for section_id, group in by_section}
    return {section_id: line[-1] for section_id, line in lines.items() if line}


def versions(database: Database, run_id: str) -> Sequence[Version]:
    """Every version of every section, refused ones too, by section and number."""
    statement = (
        select(Version)
        .join(Section, col(Section.id) == col(Version.section_id))
        .where(Section.run_id == run_id)
        .order_by(col(Section.number), col(Version.number))
    )
    with database.session() as session:
        return session.exec(statement).all()
