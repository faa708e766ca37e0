"""Where the rounds of a run stand: rounds of one wave go side by side, and the next wave sees what they made."""

from collections.abc import Mapping, Sequence

from redraft.store import drafts, rounds, runs
from redraft.store.database import Database
from redraft.store.models import Section, Version


def settled_outline(database: Database, run_id: str) -> Sequence[Section]:
    """The sections as they were when the wave began, while it is under way; afterwards all there are.

    It is under way until every round has its outcome and every new section its text.
    """
    sections, wave = runs.outline(database, run_id), current(database, run_id)
    before = [section for section in sections if section.wave < wave]
    new = [section for section in sections if section.wave == wave]
    asked = any(row.outcome is None for row in rounds.of_wave(database, run_id, wave))
    return before if before and (asked or drafts.open_among(database, run_id, new)) else sections


def current(database: Database, run_id: str) -> int:
    """The wave that is under way; 0 before the first."""
    return max((row.wave for row in rounds.of_run(database, run_id)), default=0)


def standing(database: Database, run_id: str) -> dict[str, Version]:
    """The version that stands in every section that has one, by the section's number."""
    accepted = drafts.accepted(database, run_id)
    return {s.number: accepted[s.id] for s in runs.outline(database, run_id) if s.id in accepted}


def texts(database: Database, run_id: str) -> Mapping[str, str]:
    """What stands in every section, by its number."""
    return {number: version.text for number, version in standing(database, run_id).items()}


def settled_texts(database: Database, run_id: str) -> Mapping[str, str]:
    """What stood when the wave began: the same for all that goes side by side, whoever is first."""
    wave = current(database, run_id)
    before = drafts.accepted(database, run_id, before_wave=wave)
    return {s.number: before[s.id].text for s in runs.outline(database, run_id) if s.id in before}
