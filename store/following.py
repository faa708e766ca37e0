"""A run that brings the report of another up to date: it begins with all that the other had."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from redraft.store import claims, drafts, runs
from redraft.store.database import Database
from redraft.store.models import Evidence, Gap, JobRun, Run, Section, SectionEvidence, Version

Row = TypeVar("Row", bound=SQLModel)
CARRIED = "carry"
BY_MODEL = ("draft", "denoise", "repair", "cohere", "fit", "trim", "restore")
"""What made a version that is carried over as `carry`. Quotations, and what the user wrote, stay what they are."""


def begin(database: Database, turn: JobRun, run: Run, gaps: Sequence[Gap] = ()) -> Run:
    """Keeps the run of a job's turn, in one transaction; a turn that has a run keeps it, and gives it back.

    A run that follows another has its brief, its outline, the texts that stand there with the verdicts on their claims,
    and its evidence under the numbers that these cite.
    """
    texts = drafts.accepted(database, run.follows) if run.follows else {}
    with database.session(lock=True) as session:
        kept = session.get_one(JobRun, turn.id)
        if kept.run_id is not None:
            return session.get_one(Run, kept.run_id)
        session.add(run)
        session.flush()
        if run.follows:
            _carry_over(session, database, run.follows, run.id, texts)
        session.add_all(gaps)
        kept.run_id = run.id
    return run


def _carry_over(session: Session, database: Database, old: str, new: str, texts: Mapping[int, Version]) -> None:
    brief = runs.brief(database, old)
    if brief:
        session.add(_copy(brief, run_id=new))
    evidence = {
        row.id: _add(session, _copy(row, run_id=new))
        for row in session.exec(select(Evidence).where(Evidence.run_id == old).order_by(col(Evidence.number)))
    }
    outline = runs.outline(database, old)
    sections = {row.id: _add(session, _copy(row, run_id=new, wave=0)) for row in outline}
    for given in session.exec(select(SectionEvidence).where(col(SectionEvidence.section_id).in_(sections))).all():
        section_id, evidence_id = sections[given.section_id].id, evidence[given.evidence_id].id
        session.add(_copy(given, section_id=section_id, evidence_id=evidence_id))
    # What stands at the ends of the report comes last: it is older than no section then, and need not be written anew.
    for row in sorted(outline, key=lambda section: section.origin in ("summary", "conclusion")):
        if standing := texts.get(row.id or 0):
            _carry_text(session, database, standing, sections[row.id])
    session.add_all(_copy(row, run_id=new) for row in claims.disputes(database, old))


def _carry_text(session: Session, database: Database, version: Version, section: Section) -> None:
    op = CARRIED if version.op in BY_MODEL else version.op
    found: dict[str, Any] = {"reason": "", "problems": [], "invented": 0, "unsupported": 0}
    text = _add(session, _copy(version, section_id=section.id, number=1, op=op, wave=0, call_id=None, **found))
    session.add_all(_copy(row, version_id=text.id) for row in claims.of_version(database, version.id or 0))


def _copy(row: Row, **changed: Any) -> Row:
    """A new row like another: its own key is left out where the database gives one."""
    fields = row.model_dump()
    if type(row).model_fields.keys() >= {"id"}:
        fields.pop("id")
    return type(row)(**fields | changed)


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
