"""The outline as it is: every section, how far it is, and how long."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redraft.agent import tree
from redraft.agent.prose import word_count
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.models import Section, Version


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A section of the outline."""

    number: str
    title: str
    purpose: str
    state: str
    """`planned`, `drafted`, `approved` by the user, `locked`, or `stale`: its text may no longer fit."""
    wanted: int
    """Words that it is to have."""
    words: int
    """Words that it has."""
    origin: str
    hypotheses: Sequence[str]
    stale: str | None
    """Why its text may no longer fit."""

    @property
    def depth(self) -> int:
        return tree.depth(self.number)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def contents(database: Database, run_id: str) -> list[Entry]:
    """Every section in the order of the report; none before there is an outline."""
    standing = drafts.accepted(database, run_id)
    return [_entry(section, standing.get(section.id or 0)) for section in runs.outline(database, run_id)]


def _entry(section: Section, version: Version | None) -> Entry:
    return Entry(
        number=section.number,
        title=section.title,
        purpose=section.purpose,
        state=_state(section, version),
        wanted=section.words,
        words=word_count(version.text) if version else 0,
        origin=section.origin,
        hypotheses=section.hypotheses,
        stale=section.stale,
    )


def _state(section: Section, version: Version | None) -> str:
    if section.stale is not None:
        return "stale"
    if section.locked:
        return "locked"
    if version is None:
        return "planned"
    return "approved" if version.op == "accept" else "drafted"
