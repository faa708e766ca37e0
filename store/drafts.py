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


EXHIBITS = (
    select(Evidence, Passage, Source)
    .join(Passage, col(Passage.id) == col(Evidence.passage_id))
    .join(Source, col(Source.id) == col(Passage.source_id))
)
"""Selects the parts of exhibits, to be narrowed."""


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
    """Takes the passages of these sections into the run, in one transaction, numbered on in the order given.

    What the run has keeps its id, and a section that has evidence keeps that.
    """
    with database.session(lock=True) as session:
        filed = set(session.exec(select(SectionEvidence.section_id)))
        new = [finding for finding in findings if finding.section_id not in filed]
        taken = take_in_session(session, run_id, (passage_id for finding in new for passage_id in finding.passage_ids))
        for finding in new:
            _file(session, finding, taken)


def _file(session: Session, finding: Finding, taken: Mapping[int, Evidence]) -> None:
    for query in session.exec(select(Query).where(Query.section_id == finding.section_id)):
        query.hits = finding.hits.get(query.text)
    session.add_all(
        SectionEvidence(section_id=finding.section_id, evidence_id=taken[passage_id].id or 0, rank=rank)
        for rank, passage_id in enumerate(finding.passage_ids, start=1)
    )


def supplied(database: Database, run_id: str) -> set[int]:
    """The ids of the sections that have evidence."""
    statement = select(SectionEvidence.section_id).join(Section).where(Section.run_id == run_id)
    with database.session() as session:
        return set(session.exec(statement))


def queries(database: Database, section_id: int) -> Sequence[Query]:
    with database.session() as session:
        return session.exec(select(Query).where(Query.section_id == section_id).order_by(col(Query.id))).all()


def exhibits(database: Database, section_id: int) -> list[Exhibit]:
    """What one section may cite, best first."""
    statement = (
        EXHIBITS.join(SectionEvidence, col(SectionEvidence.evidence_id) == col(Evidence.id))
        .where(SectionEvidence.section_id == section_id)
        .order_by(col(SectionEvidence.rank))
    )
    with database.session() as session:
        return [Exhibit(*row) for row in session.exec(statement)]


def run_exhibits(database: Database, run_id: str) -> list[Exhibit]:
    """All evidence of a run, by number."""
    statement = EXHIBITS.where(Evidence.run_id == run_id).order_by(col(Evidence.number))
    with database.session() as session:
        return [Exhibit(*row) for row in session.exec(statement)]


def by_number(database: Database, run_id: str) -> dict[int, Exhibit]:
    """All evidence of a run, by the number that a text cites."""
    return {exhibit.evidence.number: exhibit for exhibit in run_exhibits(database, run_id)}


def add(session: Session, versions: Sequence[Version]) -> None:
    """Appends texts to their sections within a transaction: each gets the next number of its section."""
    for version in versions:
        newest = select(func.max(Version.number)).where(Version.section_id == version.section_id)
        version.number = (session.exec(newest).one() or 0) + 1
        session.add(version)
        session.flush()


def append(database: Database, versions: Sequence[Version]) -> None:
    """Appends texts to their sections, in one transaction. What stood before is kept below them."""
    with database.session(lock=True) as session:
        add(session, versions)


def take_in_session(session: Session, run_id: str, passage_ids: Iterable[int]) -> dict[int, Evidence]:
    """The evidence rows of a run by passage, with these passages: those it lacks are numbered on in the order given."""
    rows = session.exec(select(Evidence).where(Evidence.run_id == run_id)).all()
    known = {row.passage_id: row for row in rows}
    newest = max((row.number for row in rows), default=0)
    new = [passage_id for passage_id in dict.fromkeys(passage_ids) if passage_id not in known]
    for number, passage_id in enumerate(new, start=newest + 1):
        known[passage_id] = Evidence(run_id=run_id, number=number, passage_id=passage_id)
        session.add(known[passage_id])
    session.flush()
    return known


def take(database: Database, section: Section, passage_ids: Sequence[int]) -> None:
    """Takes passages into the run and lets a section cite them, in one transaction: see `save_findings`, `allow`."""
    with database.session(lock=True) as session:
        rows = take_in_session(session, section.run_id, passage_ids)
        _allow(session, section, [rows[passage_id].id or 0 for passage_id in passage_ids])


def allow(database: Database, section: Section, evidence_ids: Sequence[int]) -> None:
    """Lets a section cite more of the run's evidence, ranked behind what it has."""
    with database.session(lock=True) as session:
        _allow(session, section, evidence_ids)


def _allow(session: Session, section: Section, evidence_ids: Sequence[int]) -> None:
    rows = session.exec(select(SectionEvidence).where(SectionEvidence.section_id == section.id)).all()
    held = {row.evidence_id for row in rows}
    new = [evidence_id for evidence_id in dict.fromkeys(evidence_ids) if evidence_id not in held]
    session.add_all(
        SectionEvidence(section_id=section.id or 0, evidence_id=evidence_id, rank=rank)
        for rank, evidence_id in enumerate(new, start=max((row.rank for row in rows), default=0) + 1)
    )


def restore(database: Database, run_id: str, versions: Sequence[Version], there: Mapping[str, bool]) -> None:
    """Appends texts that stood before, in one transaction, and takes sections into the report or out of it.

    `there`: whether a section is part of the report from now on, by its number.
    """
    with database.session(lock=True) as session:
        add(session, versions)
        for section in session.exec(select(Section).where(Section.run_id == run_id)):
            section.dropped = not there.get(section.number, not section.dropped)


def settle(database: Database, section: Section, versions: Sequence[Version], *, stale: str | None) -> None:
    """Appends texts to a section and notes why the one that stands may no longer fit, if so, in one transaction."""
    with database.session(lock=True) as session:
        add(session, versions)
        session.get_one(Section, section.id).stale = stale


def set_stale(database: Database, section: Section, reason: str | None) -> None:
    """Notes why a section's text may no longer fit, or that it does."""
    with database.session() as session:
        session.get_one(Section, section.id).stale = reason


def revise(database: Database, section: Section, op: str, text: str, *, lock: bool = False) -> Version:
    """Adds what the user makes of a section as its newest accepted version, and may lock it. Nothing it had is lost."""
    version = version_of(section, op, text, accepted=True)
    with database.session(lock=True) as session:
        add(session, [version])
        if lock:
            session.get_one(Section, section.id).locked = True
    return version


def version_of(section: Section, op: str, text: str, *, accepted: bool, wave: int = 0, reason: str = "") -> Version:
    """A text for a section, with nothing found wrong in it, to be numbered when it is kept."""
    return Version(
        section_id=section.id or 0,
        number=0,
        op=op,
        text=text,
        accepted=accepted,
        wave=wave,
        reason=reason,
        problems=[],
        invented=0,
        unsupported=0,
        created_at=now(),
    )


def set_locked(database: Database, section: Section, *, locked: bool) -> None:
    with database.session() as session:
        session.get_one(Section, section.id).locked = locked


def is_open(database: Database, section: Section) -> bool:
    """Whether a step of the run may write the section: the user has not locked it, and nothing stands there yet."""
    return bool(open_among(database, section.run_id, [section]))


def open_among(database: Database, run_id: str, sections: Iterable[Section]) -> list[Section]:
    """Of these sections of a run, those that are open."""
    written = accepted(database, run_id)
    return [section for section in sections if not section.locked and section.id not in written]


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


def accepted(database: Database, run_id: str, *, before_wave: int | None = None) -> dict[int, Version]:
    """The version that stands in every section that has one, by the section's id. After an undo the one it went to.

    With `before_wave` the one that stood when that wave of rounds began.
    """
    rows = [v for v in versions(database, run_id) if before_wave is None or v.wave < before_wave]
    by_section = groupby(rows, attrgetter("section_id"))
    lines = {section_id: lineage(group) for section_id, group in by_section}
    return {section_id: line[-1] for section_id, line in lines.items() if line}


def versions(database: Database, run_id: str) -> Sequence[Version]:
    """Every version of every section, refused ones too, by section and number."""
    statement = (
        select(Version)
        .join(Section, col(Section.id) == col(Version.section_id))
        .where(Section.run_id == run_id)
        .order_by(col(Version.section_id), col(Version.number))
    )
    with database.session() as session:
        return session.exec(statement).all()
