"""What stands in the sections, and what it was held against."""

from dataclasses import dataclass

from redraft.agent.events.base import Event


@dataclass(frozen=True, kw_only=True)
class SectionWritten(Event):
    section: str
    title: str
    op: str
    """What wrote it, as `Version.op` names it: `draft`, `denoise`, `cohere` or `fit` by the model, or `quote` where it
    failed."""
    words: int
    citations: int
    invented: int
    """Citations and links without evidence that were taken out."""
    unsupported: int
    """Sentences taken out because the evidence they cite does not say them."""


@dataclass(frozen=True, kw_only=True)
class SectionLocked(Event):
    """The user locked a section, or took the lock off; kept, not announced."""

    section: str
    locked: bool


@dataclass(frozen=True, kw_only=True)
class SectionVerified(Event):
    """The claims of a section were held against their evidence: how many came out how, and what was done about them."""

    section: str
    supported: int
    partial: int
    contradicted: int
    unsupported: int
    unchecked: int
    patched: int
    hedged: int
    deleted: int


@dataclass(frozen=True, kw_only=True)
class DisputesFound(Event):
    """Places where sources may disagree were looked at."""

    asked: int
    found: int


@dataclass(frozen=True, kw_only=True)
class LengthFitted(Event):
    """The body of the report has the length that it will have."""

    wanted: int
    written: int
    """Both in words."""
    score: float
    """Of 100, as `redraft.agent.lengths.length_score` has it."""


@dataclass(frozen=True, kw_only=True)
class SnapshotChosen(Event):
    """The report goes on from the best of its states, with what can be counted about that one."""

    name: str
    """`wave 2` for the one after that wave, `closed 1` for one after verifying and polishing."""
    of: int
    """States that it was chosen from."""
    dangling: int
    unsupported: int
    repeated: int
    uncovered: int
