"""What a run announces while it works: the terminal draws it, the store keeps it, tests assert it."""

from redraft.agent.events.base import Emit, Event
from redraft.agent.events.calls import CallAnswered, CallRemembered, CallRetried, ReplyRefused
from redraft.agent.events.evidence import (
    EvidenceGathered,
    PageRead,
    PagesGathered,
    PageUnusable,
    PassagesEncoded,
    ProviderSilent,
    Searched,
    SuspiciousText,
    TooOld,
)
from redraft.agent.events.rounds import (
    QuestionAnswered,
    QuestionAsked,
    RevisionJudged,
    RoundEnded,
    RoundRouted,
    RoundSearched,
    RoundsStopped,
    SectionsAdded,
    WaveBegun,
)
from redraft.agent.events.run import ApprovalAwaited, BriefWritten, OutlinePlanned, RunFinished, RunStarted, ServerStep
from redraft.agent.events.texts import (
    DisputesFound,
    LengthFitted,
    SectionLocked,
    SectionVerified,
    SectionWritten,
    SnapshotChosen,
)

__all__ = [
    "ApprovalAwaited",
    "BriefWritten",
    "CallAnswered",
    "CallRemembered",
    "CallRetried",
    "DisputesFound",
    "Emit",
    "Event",
    "EvidenceGathered",
    "LengthFitted",
    "OutlinePlanned",
    "PageRead",
    "PageUnusable",
    "PagesGathered",
    "PassagesEncoded",
    "ProviderSilent",
    "QuestionAnswered",
    "QuestionAsked",
    "ReplyRefused",
    "RevisionJudged",
    "RoundEnded",
    "RoundRouted",
    "RoundSearched",
    "RoundsStopped",
    "RunFinished",
    "RunStarted",
    "Searched",
    "SectionLocked",
    "SectionVerified",
    "SectionWritten",
    "SectionsAdded",
    "ServerStep",
    "SnapshotChosen",
    "SuspiciousText",
    "TooOld",
    "WaveBegun",
]
