"""The outline of a run, as long as it can be changed as a whole."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from redraft.store.database import Database
from redraft.store.models import Brief, Query, Section, Version


def is_begun(database: Database, run_id: str) -> bool:
    """Whether something was searched or written for a section: from then on the outline only grows."""
    with database.session() as session:
        return _begun(session, run_id)


def replace(database: Database, run_id: str, sections: Sequence[Section]) -> bool:
    """Puts these sections in the place of the run's, in one transaction; False, and no change, once it is begun.

    Where the length of the whole changes with them, the brief wants that one now, as the user set it.
    """
    with database.session(lock=True) as session:
        if _begun(session, run_id):
            return False
        session.exec(delete(Section).where(col(Section.run_id) == run_id))
        session.add_all(sections)
        brief, words = session.get(Brief, run_id), sum(section.words for section in sections)
        if brief is not None and brief.words != words:
            brief.words, brief.words_from = words, "user"
    return True


def _begun(session: Session, run_id: str) -> bool:
    mine = select(Section.id).where(Section.run_id == run_id)
    for table in (Query, Version):
        if session.exec(select(table.id).where(col(table.section_id).in_(mine)).limit(1)).first() is not None:
            return True
    return False
