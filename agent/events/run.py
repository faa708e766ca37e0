"""The run itself: begun, planned, over."""

from dataclasses import dataclass

from redraft.agent.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ServerStep(Event):
    """The model server is on its way; announced, not kept."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ServerWarned(Event):
    """The model server is otherwise than was asked for, or had to be started again; announced, not kept."""

    text: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    run: str
    question: str
    context: int
    library: str
    resumed: bool
    follows: str | None = None
    """The run whose report this one brings up to date."""
    news: int = 0
    """How many sources were found that are new to that report, or have changed since."""


@dataclass(frozen=True, kw_only=True)
class BriefWritten(Event):
    title: str


@dataclass(frozen=True, kw_only=True)
class OutlinePlanned(Event):
    titles: list[str]
    by_code: int
    """How many of the titles come from the question and the sources, as the model's were unusable."""


@dataclass(frozen=True, kw_only=True)
class ApprovalAwaited(Event):
    """The outline stands, and the run waits until it is resumed."""

    titles: list[str]


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    sections: int
    words: int
    references: int
    quoted: int
    """Sections that quote their evidence, as no draft passed its checks."""
