"""What is asked of a provider, and what comes back."""

import datetime
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One search."""

    text: str
    """Words, as a person would type them."""
    limit: int = 10
    """Hits wanted at most; providers may have a lower limit of their own."""
    language: str | None = None
    """ISO 639-1; None for any."""
    since: datetime.date | None = None
    """Only what was published on this day or later, as far as the provider can tell."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One result, as the provider states it: plain text, not markup, `sanitize` not yet applied."""

    url: str
    title: str
    snippet: str = ""
    """Some words of the page around what was searched for. Never the page itself."""
    date: str | None = None
    """`yyyy-mm-dd`, or as much of it as is known: `2024`, `2024-05`."""
    author: str | None = None
    """As it should stand in a list of references; several joined by `, `."""
    abstract: str | None = None
    """The whole abstract of a scholarly work, where the provider has it: quotable when the page cannot be had."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    hits: tuple[Hit, ...] = field(default=())
    """Best first."""
    note: str = ""
    """What the provider said beside: why it is empty, which of its engines failed. For the user."""


class Provider(Protocol):
    """A search engine or catalogue."""

    @property
    def name(self) -> str:
        """As it is written in settings: lower case, `_` between words."""

    @property
    def interval(self) -> float:
        """Seconds that must lie between the starts of two requests, over all processes of this user."""

    async def search(self, ask: Ask) -> Answer:
        """Raises `SearchFailed`, and nothing else for anything that the world does."""
