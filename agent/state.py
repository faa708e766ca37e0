"""What travels between the steps of a run: ids only. Texts lie in the store, so that a checkpoint stays small."""

from dataclasses import dataclass
from typing import TypedDict

from redraft.agent.corpus import OpenCorpus
from redraft.agent.dialects import Dialect, dialect
from redraft.agent.events import Emit
from redraft.agent.recording import Recorder
from redraft.agent.settings import Settings
from redraft.agent.world import World
from redraft.store.database import Database


class RunState(TypedDict):
    """What every step is given."""

    run_id: str


class SectionTask(TypedDict):
    """What a step is given that works on one section, beside its siblings."""

    run_id: str
    section: str
    """The section's number."""


class RoundTask(TypedDict):
    """What a step is given that works on one round, beside the others of its wave."""

    run_id: str
    round: int
    """The round's number."""


class Update(TypedDict, total=False):
    """What a step changes: nothing here, as all results are rows of the store."""


@dataclass(frozen=True, kw_only=True)
class Deps:
    """What the steps of one run work with."""

    llm: Recorder
    database: Database
    settings: Settings
    emit: Emit
    world: World
    corpus: OpenCorpus

    @property
    def dialect(self) -> Dialect:
        """How the model is asked, and its replies read."""
        return dialect(self.settings.dialect)
