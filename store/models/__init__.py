"""Every table. Rows only: the values that a run works with are defined where they are made."""

from redraft.store.models.columns import UtcDateTime, now
from redraft.store.models.evals import EvalRun, EvalTask, Score, Scoring
from redraft.store.models.jobs import Delivery, Job, JobRun, Seen
from redraft.store.models.rounds import Claim, Dispute, Gap, Round, RoundEvidence, Snapshot
from redraft.store.models.runs import Brief, Call, Event, Migration, Run
from redraft.store.models.sections import Evidence, Query, Section, SectionEvidence, Version
from redraft.store.models.sources import WEB, Embedding, Page, Passage, Source
from redraft.store.models.web import Fetch, Pace, Search, Visit

__all__ = [
    "WEB",
    "Brief",
    "Call",
    "Claim",
    "Delivery",
    "Dispute",
    "Embedding",
    "EvalRun",
    "EvalTask",
    "Event",
    "Evidence",
    "Fetch",
    "Gap",
    "Job",
    "JobRun",
    "Migration",
    "Pace",
    "Page",
    "Passage",
    "Query",
    "Round",
    "RoundEvidence",
    "Run",
    "Score",
    "Scoring",
    "Search",
    "Section",
    "SectionEvidence",
    "Seen",
    "Snapshot",
    "Source",
    "UtcDateTime",
    "Version",
    "Visit",
    "now",
]
