"""What the work on jobs is done with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redraft.agent.events import Emit, Event
from redraft.agent.llm import LLM
from redraft.agent.settings import Settings
from redraft.agent.web import Web
from redraft.store.database import Database
from redraft.store.holders import this_process
from redraft.store.models import Job, JobRun, now
from redraft.tools.dense import Encoder

Say = Callable[[Job, str], None]
"""Is told what becomes of a job, a sentence at a time."""
LEASE = timedelta(seconds=120)
"""A process that has not been heard of for so long is taken for dead by other machines; on its own it is known at once.
Longer than any pause of a busy machine that was seen, and short beside the hours between ticks."""


def _silent(*_: object) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Tools:
    """One process at work. Without a model, a web and an encoder it takes those that the settings name."""

    database: Database
    settings: Settings
    holder: str = field(default_factory=this_process)
    clock: Callable[[], datetime] = now
    lease: timedelta = LEASE
    say: Say = _silent
    listen: Callable[[Job], Emit] = lambda job: _heard
    llm: LLM | None = None
    web: Web | None = None
    encoder: Encoder | None = None


def _heard(event: Event) -> None:
    pass


def name_of(turn: JobRun) -> str:
    return f"{turn.due_at:%Y-%m-%d %H:%M} UTC"
