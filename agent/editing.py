"""What the user does to a section: write it, take that back, lock it. History only grows."""

import re
from collections.abc import Container, Iterator
from contextlib import contextmanager

from redraft.agent.archive import alone
from redraft.agent.citations import cited, resolve
from redraft.agent.errors import UserError
from redraft.agent.history import Chapter, chapter
from redraft.store import drafts
from redraft.store.database import Database
from redraft.store.models import Version

_BRACKETED = re.compile(r"[\[【［][^\[\]【】［］]*[\]】］]")
_BEGINS_WITH_AN_ID = re.compile(r"[\[【［]\s*e\s?\d", re.IGNORECASE)
MOST_NAMED = 5
"""Faults that an error names: more do not fit on a line."""


@contextmanager
def opened(database: Database, run_id: str, number: int) -> Iterator[Chapter]:
    """A section that nobody else writes while the context is entered.

    Raises `UserError` where there is none, and `RunBusy` while another process works on the run.
    """
    with alone(database, run_id):
        yield chapter(database, run_id, number)


def edit(database: Database, opened: Chapter, text: str) -> Version | None:
    """Lets the user's text stand in the section, and locks it. None, and no change, where it stands there already.

    Citations are ids of the run's evidence, `[e12]`. Raises `UserError` for a text that is blank or that cites anything
    else: nothing is taken out of what a user writes.
    """
    if not text.strip():
        raise UserError("the text is empty: nothing is changed")
    known = {exhibit.evidence.number for exhibit in drafts.run_exhibits(database, opened.section.run_id)}
    resolved = _resolved(text.strip(), known)
    if opened.newest is not None and opened.newest.text == resolved:
        return None
    return drafts.revise(database, opened.section, "edit", resolved, lock=True)


def undo(database: Database, opened: Chapter) -> Version:
    """Brings back the accepted version before the one that stands; again, the one before that.

    Raises `UserError` where there is none.
    """
    line = drafts.lineage(opened.versions)
    if len(line) < 2:
        message = f"there is nothing to undo: {opened.name} has no accepted version before the one that stands"
        raise UserError(message)
    return drafts.revise(database, opened.section, drafts.UNDO, line[-2].text)


def _resolved(text: str, known: Container[int]) -> str:
    """The text with every citation in the one form."""
    refused: list[str] = []

    def check(match: re.Match[str]) -> str:
        resolved = resolve(match[0], known)
        if resolved.invented or (_BEGINS_WITH_AN_ID.match(match[0]) and not cited(resolved.text)):
            refused.append(match[0])
        return resolved.text

    written = _BRACKETED.sub(check, text)
    if refused:
        named = ", ".join(dict.fromkeys(refused[:MOST_NAMED]))
        message = f"this points to no evidence of the run: {named}; cite the ids that `redraft explain` shows, as [e1]"
        raise UserError(message)
    return written
