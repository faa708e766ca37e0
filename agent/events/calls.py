"""What the model is asked, and what becomes of its replies."""

from dataclasses import dataclass

from redraft.agent.events.base import Event


@dataclass(frozen=True, kw_only=True)
class CallAnswered(Event):
    node: str
    section: str | None
    attempt: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    ms: int
    finish_reason: str


@dataclass(frozen=True, kw_only=True)
class CallRetried(Event):
    """The server failed; the call is tried again."""

    node: str
    section: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class CallRemembered(Event):
    """A reply from before the run was interrupted: the model was not asked again."""

    node: str
    section: str | None
    attempt: int


@dataclass(frozen=True, kw_only=True)
class CallLeftOut(Event):
    """The served context cannot hold the smallest prompt of a step that a run can do without."""

    node: str
    section: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReplyRefused(Event):
    """The model's reply failed its check and goes back with the reasons."""

    node: str
    section: str | None
    attempt: int
    problems: list[str]
