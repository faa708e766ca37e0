"""The outline, the texts that its sections have had, and what they may cite."""

from datetime import datetime

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment


class Section(SQLModel, table=True):
    """A node of the outline."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: str
    """Its place: `2.1` is the first below `2`, and `0` the summary, which stands first and is written last."""
    title: str
    purpose: str
    words: int
    """Wanted length."""
    origin: str
    """Who chose the title: `model`, `user`, or `code` where the model's were unusable. `summary` and `conclusion` for
    the two that every report has."""
    hypotheses: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """What it may find, to be asked about: unverified, never part of a report."""
    wave: int = 0
    """Since when it is there: 0 for the outline, else the wave of rounds that added it."""
    locked: bool = False
    """Nobody but the user writes it."""
    stale: str | None = None
    """Why its text may no longer fit; None where it does."""
    dropped: bool = False
    """No longer part of the report: the best snapshot was taken before it was added."""


class Version(SQLModel, table=True):
    """A text that a section has had, or was offered: what the guard refused is kept with its reasons."""

    __table_args__ = (UniqueConstraint("section_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id", index=True)
    number: int
    """Counts from 1 within the section."""
    op: str
    """What made it: `draft`, `denoise`, `repair`, `cohere`, `fit` by the model, `quote` from the evidence alone,
    `trim` of what another section says, `restore` from a better snapshot, `edit`, `undo` or `accept` by the user."""
    text: str
    """Cites evidence by its id in the run, `[e12]`."""
    accepted: bool
    proposed: bool = False
    """It passed, and the section is locked: offered to the user beside the text that stands."""
    wave: int = 0
    """The wave of rounds in which it was made: 0 before the first."""
    reason: str = ""
    """What it was to mend, as a sentence; empty for a first draft."""
    problems: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What the guard found in it, as sentences."""
    invented: int
    """Citations and links without evidence that were taken out of the model's reply."""
    unsupported: int
    """Sentences that were taken out because the evidence they cite does not say them."""
    call_id: int | None = Field(default=None, foreign_key="call.id")
    created_at: datetime = moment()


class Query(SQLModel, table=True):
    """A search for a section's evidence."""

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id", index=True)
    text: str
    hits: int | None = None
    """Passages it brought; None until it was made."""


class Evidence(SQLModel, table=True):
    """A passage taken into a run, under an id that never changes: number 12 is cited as `[e12]`."""

    __table_args__ = (UniqueConstraint("run_id", "number"), UniqueConstraint("run_id", "passage_id"))

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: int
    passage_id: int = Field(foreign_key="passage.id", index=True)


class SectionEvidence(SQLModel, table=True):
    """Which evidence a section may cite, best first."""

    __tablename__ = "section_evidence"

    section_id: int = Field(primary_key=True, foreign_key="section.id")
    evidence_id: int = Field(primary_key=True, foreign_key="evidence.id")
    rank: int
