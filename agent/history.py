"""The versions that a section has had: listed, and compared. Nothing here changes one: see `redraft.agent.editing`."""

from collections.abc import Sequence
from difflib import unified_diff
from typing import Any, NamedTuple

from redraft.agent.citations import cited
from redraft.agent.errors import UserError
from redraft.agent.prose import word_count
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.models import Section, Version
from redraft.tools.sentences import sentence_spans


class Chapter(NamedTuple):
    """A section with every version it has had or was offered, by number."""

    section: Section
    versions: Sequence[Version]

    @property
    def newest(self) -> Version | None:
        """The version that holds the text that stands: the newest accepted one, be it an undo."""
        return next((version for version in reversed(self.versions) if version.accepted), None)

    @property
    def offered(self) -> Version | None:
        """The newest version that waits for the user: proposed beside a locked text, and nothing stands since."""
        standing = self.newest.number if self.newest else 0
        return next((v for v in reversed(self.versions) if v.proposed and v.number > standing), None)

    @property
    def name(self) -> str:
        return f"section {self.section.number}"


def chapters(database: Database, run_id: str) -> list[Chapter]:
    """All sections of a run, in the order of its report."""
    versions = drafts.versions(database, run_id)
    outline = runs.outline(database, run_id)
    return [Chapter(section, [v for v in versions if v.section_id == section.id]) for section in outline]


def chapter(database: Database, run_id: str, number: str) -> Chapter:
    """Section `number` of a run. Raises `UserError` where there is none."""
    found = chapters(database, run_id)
    for entry in found:
        if entry.section.number == number:
            return entry
    numbers = ", ".join(entry.section.number for entry in found)
    there = f"its sections are {numbers}" if found else "it has no outline yet"
    message = f"run {run_id} has no section {number}: {there}"
    raise UserError(message)


def as_data(chapter: Chapter, version: Version) -> dict[str, Any]:
    """One version, ready for JSON. Its text cites evidence ids."""
    kept = version.model_dump(
        include={"op", "accepted", "proposed", "wave", "reason", "invented", "unsupported", "problems", "text"}
    )
    return {
        "section": chapter.section.number,
        "title": chapter.section.title,
        "locked": chapter.section.locked,
        "stale": chapter.section.stale,
        "version": version.number,
        "stands": version is chapter.newest,
        "words": word_count(version.text),
        "citations": len(cited(version.text)),
        "at": version.created_at.isoformat(),
        **kept,
    }


def difference(chapter: Chapter, old: int | None = None, new: int | None = None) -> list[str]:
    """What changed between two versions, by number, as the lines of a unified diff with one sentence a line.

    Without `new` the one that stands is meant, without `old` the accepted one before `new`. Empty where the texts are
    the same. Raises `UserError` for a version that the section does not have.
    """
    after = version_of(chapter, new) if new is not None else _standing(chapter)
    before = version_of(chapter, old) if old is not None else _accepted_before(chapter, after)
    old_name, new_name = (f"{chapter.name}, version {version.number} ({version.op})" for version in (before, after))
    return list(unified_diff(_lines(before.text), _lines(after.text), old_name, new_name, lineterm=""))


def version_of(chapter: Chapter, number: int) -> Version:
    """Raises `UserError` where the section has none of this number."""
    for version in chapter.versions:
        if version.number == number:
            return version
    message = f"{chapter.name} has no version {number}: `redraft history` lists those it has"
    raise UserError(message)


def _standing(chapter: Chapter) -> Version:
    if chapter.newest is None:
        message = f"nothing stands in {chapter.name} yet"
        raise UserError(message)
    return chapter.newest


def _accepted_before(chapter: Chapter, after: Version) -> Version:
    earlier = [version for version in chapter.versions if version.accepted and version.number < after.number]
    if not earlier:
        message = f"{chapter.name} has no accepted version before version {after.number}: name two to compare"
        raise UserError(message)
    return earlier[-1]


def _lines(text: str) -> list[str]:
    """The text with one sentence a line: a changed word shows its sentence and not its whole paragraph."""
    return [piece for line in text.splitlines() for piece in _sentences(line) or [""]]


def _sentences(line: str) -> list[str]:
    return [line[span.start : span.end] for span in sentence_spans(line)]
