"""The rounds of a run: what the report still lacked, what was found out about it, and what came of that."""

from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel


class Gap(SQLModel, table=True):
    """Something that the report lacks or lacked."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: int
    """Counts from 1 within the run."""
    kind: str
    """As `redraft.agent.gaps.Kind` names it."""
    section: str
    """The number of the section it is in."""
    question: str
    """What would have to be found out, or done, in a sentence."""
    priority: str
    """`high`, `medium` or `low`."""
    opened_by: str
    """`diagnosis`, `question`, `critique`, `verification`, `news` or `user`."""
    opened_in: int
    """The wave it was found in."""
    state: str = "open"
    """`open`, or `closed`."""
    closing: str = ""
    """What came of it: `answered`, `nothing_new`, `refused`, `failed`."""


class Round(SQLModel, table=True):
    """One transaction on one section: a question, its answer, and what was done with it."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: int
    """Counts from 1 within the run."""
    wave: int
    """Rounds of one wave go side by side, each on a section of its own."""
    focus: str
    """The number of the section it looks at first; empty for the report as a whole."""
    gap_id: int | None = Field(default=None, foreign_key="gap.id")
    """What it works on; None until its question is asked, and for one whose question failed."""
    question: str = ""
    parts: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The questions that a hard one was split into."""
    queries: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    searched: bool = False
    answer: str | None = None
    """Cites evidence ids; None until it is answered, empty where nothing could be."""
    novelty: float | None = None
    """Share of the answer's sentences that the report did not say before."""
    route: str | None = None
    """`deepen`, `denoise` or `none`."""
    section: str = ""
    """The number of the section that it works on; empty until it is routed."""
    outcome: str | None = None
    """`accepted`, `refused`, `proposed`, `dry` or `failed`; None while it is under way."""
    reason: str = ""
    """Why it came out so, in a sentence."""


class RoundEvidence(SQLModel, table=True):
    """What the search of a round brought, best first."""

    __tablename__ = "round_evidence"

    round_id: int = Field(primary_key=True, foreign_key="round.id")
    evidence_id: int = Field(primary_key=True, foreign_key="evidence.id")
    rank: int
    fresh: bool
    """The run did not have it before this round."""


class Claim(SQLModel, table=True):
    """A sentence that cites, held against its evidence by a model that saw the evidence alone."""

    __table_args__ = (UniqueConstraint("version_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="version.id", index=True)
    """The text it stands in."""
    number: int
    """Counts from 1 within the text."""
    text: str
    evidence: list[int] = Field(sa_column=Column(JSON, nullable=False))
    """The ids it cites."""
    question: str
    """The open question that it would answer."""
    answer: str
    """What the evidence says to that."""
    verdict: str
    """`supported`, `partial`, `contradicted` or `unsupported`; `unchecked` where no verdict could be had."""
    action: str
    """What was done: `kept`, `patched`, `hedged` or `deleted`."""
    detail: str = ""


class Dispute(SQLModel, table=True):
    """Two sources that say different things: shown to the reader with both sides."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    number: int
    """Counts from 1 within the run."""
    section: str
    """The number of the section under whose text it stands."""
    topic: str
    one: str
    """A sentence that cites evidence ids."""
    other: str
    """A sentence that cites evidence ids of other sources."""


class Snapshot(SQLModel, table=True):
    """The report as it stood at one moment, and how good it was by what can be counted."""

    __table_args__ = (UniqueConstraint("run_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    name: str
    """`wave 0`, `wave 1`… after the drafts and after each wave of rounds, `closed 2.1`… after verifying and polishing
    what the second wave left."""
    wave: int
    """The last wave of rounds before it."""
    versions: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """The id of the version that stood in each section, by the section's number."""
    counts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """As `redraft.agent.snapshots.Counts` has them, when it was taken."""
    chosen: bool = False
    """The report goes on from this one."""
