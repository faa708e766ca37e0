"""The rounds that deepen and denoise a report."""

from dataclasses import dataclass

from redraft.agent.events.base import Event


@dataclass(frozen=True, kw_only=True)
class WaveBegun(Event):
    """Some rounds go side by side."""

    wave: int
    sections: list[str]
    """The number of the section that each looks at first; empty for the report as a whole."""


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    """A round knows what it is to find out."""

    round: int
    section: str
    gap: str
    """Its kind, as `redraft.agent.gaps.Kind` names it."""
    question: str
    parts: list[str]
    """What a hard question was split into."""


@dataclass(frozen=True, kw_only=True)
class RoundSearched(Event):
    """What the queries of a round brought is filed."""

    round: int
    passages: int
    fresh: int
    """Of them, those that the run did not have."""


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    round: int
    sentences: int
    sources: int
    """Different ones that the answer cites."""
    novelty: float
    """Share of the sentences that are new to the report."""


@dataclass(frozen=True, kw_only=True)
class RoundRouted(Event):
    """What is to be done with a round's answer."""

    round: int
    section: str
    route: str
    """`deepen`, `denoise` or `none`."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class SectionsAdded(Event):
    """A section was given sections below it."""

    round: int
    section: str
    titles: list[str]


@dataclass(frozen=True, kw_only=True)
class RevisionJudged(Event):
    """What became of a section that was written anew."""

    round: int
    section: str
    outcome: str
    """`accepted`, `refused`, `proposed` beside a text that the user has locked, or `failed`."""
    reason: str
    kept: int
    """Sentences with evidence that the old text had and the new one still says."""
    updated: int
    """Of them, those that say something else now, from new evidence."""
    lost: int
    """Of them, those that are gone: the gap doubted them, or there was no draft to keep."""


@dataclass(frozen=True, kw_only=True)
class RoundEnded(Event):
    """A round came to nothing before a section was written."""

    round: int
    outcome: str
    """`dry` or `failed`."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class RoundsStopped(Event):
    reason: str
    """As `redraft.agent.stopping.Reason` names it."""
    open_gaps: int
