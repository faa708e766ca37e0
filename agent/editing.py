"""What the user does to a section: write it, take that back, accept an offer, lock it. History only grows.

What stands on the section's text, the summary and the conclusion, is stale from then on, locked or not: the next pass
writes it anew, or offers it beside a text that is locked. Of a finished run that is the one that `redraft redo` begins,
whatever section it is asked for; asked for the summary, it writes nothing but these two.
"""

import re
from collections.abc import Container, Iterator
from contextlib import contextmanager

from redraft.agent import tree
from redraft.agent.archive import alone
from redraft.agent.citations import cited, resolve
from redraft.agent.errors import UserError
from redraft.agent.events import SectionLocked
from redraft.agent.history import Chapter, chapter, version_of
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.models import Version

_BRACKETED = re.compile(r"[\[【［][^\[\]【】［］]*[\]】］]")
_BEGINS_WITH_AN_ID = re.compile(r"[\[【［]\s*e\s?\d", re.IGNORECASE)
MOST_NAMED = 5
"""Faults that an error names: more do not fit on a line."""


@contextmanager
def opened(database: Database, run_id: str, number: str) -> Iterator[Chapter]:
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
    return _revised(database, opened, "edit", resolved, lock=True)


def undo(database: Database, opened: Chapter) -> Version:
    """Brings back the accepted version before the one that stands; again, the one before that.

    Raises `UserError` where there is none.
    """
    line = drafts.lineage(opened.versions)
    if len(line) < 2:
        message = f"there is nothing to undo: {opened.name} has no accepted version before the one that stands"
        raise UserError(message)
    return _revised(database, opened, drafts.UNDO, line[-2].text)


def accept(database: Database, opened: Chapter, number: int | None = None) -> Version:
    """Lets a version stand that was offered or refused; without its number the one that waits beside a locked text.

    The section stays locked or open as it is. Raises `UserError` where no version waits, where the section has none of
    this number, and for one that stands already, has no text, or cites what is no evidence of the run.
    """
    version = opened.offered if number is None else version_of(opened, number)
    if version is None:
        message = f"no version waits in {opened.name}: name one of those that `redraft history` lists"
        raise UserError(message)
    if opened.newest is not None and opened.newest.text == version.text:
        message = f"the text of version {version.number} stands in {opened.name} already"
        raise UserError(message)
    if not version.text.strip():
        message = f"version {version.number} of {opened.name} has no text"
        raise UserError(message)
    known = {exhibit.evidence.number for exhibit in drafts.run_exhibits(database, opened.section.run_id)}
    return _revised(database, opened, "accept", _resolved(version.text, known))


def set_lock(database: Database, opened: Chapter, *, locked: bool) -> None:
    """Puts the lock on a section or takes it off, and notes when."""
    drafts.set_locked(database, opened.section, locked=locked)
    event = SectionLocked(section=opened.section.number, locked=locked)
    runs.add_event(database, opened.section.run_id, event.kind, event.data())


def _revised(database: Database, opened: Chapter, op: str, text: str, *, lock: bool = False) -> Version:
    section = opened.section
    # Marked first: if this ends in between, one that is stale for no reason is written anew, and nothing is wrong.
    if tree.body([section]):
        for other in runs.outline(database, section.run_id):
            if not tree.body([other]):
                drafts.set_stale(database, other, f"Section {section.number} was changed by the user ({op}).")
    version = drafts.revise(database, section, op, text, lock=lock)
    drafts.set_stale(database, section, None)
    return version


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
