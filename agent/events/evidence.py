"""What is searched for, read and given to the sections."""

from dataclasses import dataclass

from redraft.agent.events.base import Event


@dataclass(frozen=True, kw_only=True)
class Searched(Event):
    """A query was put to the providers of the run."""

    query: str
    found: int
    """Pages, each once."""
    hits: dict[str, int]
    """Provider → results; a provider that failed is not among them."""


@dataclass(frozen=True, kw_only=True)
class ProviderSilent(Event):
    """A search provider gave no answer, or one without a result. Announced once for each reason."""

    provider: str
    reason: str
    """As `SearchFault` names it; `nothing_found` for an answer without a result."""
    detail: str


@dataclass(frozen=True, kw_only=True)
class PageRead(Event):
    url: str
    title: str
    via: str
    """The query that found it, or the address of the page that links to it."""
    depth: int
    """0 for a search result, else how many links lie between."""


@dataclass(frozen=True, kw_only=True)
class PageUnusable(Event):
    url: str
    reason: str
    """As `PageFault` names it."""
    detail: str
    via: str


@dataclass(frozen=True, kw_only=True)
class TooOld(Event):
    """A source that was found is older than the run's sources may be, and is left out. Announced once a source."""

    url: str
    date: str
    """As far as it is known."""


@dataclass(frozen=True, kw_only=True)
class PagesGathered(Event):
    """The pages for one phase are read."""

    read: int
    followed: int
    """Of them, those that a link led to."""
    failed: dict[str, int]
    """Reason → pages that could not be had."""


@dataclass(frozen=True, kw_only=True)
class PassagesEncoded(Event):
    """Some more passages can be found by their meaning."""

    done: int
    total: int
    """Of the library, or of the pages that were read since the last time."""


@dataclass(frozen=True, kw_only=True)
class SuspiciousText(Event):
    """Evidence holds sentences that address software rather than a reader: no model is shown them."""

    url: str
    sentences: int


@dataclass(frozen=True, kw_only=True)
class EvidenceGathered(Event):
    passages: int
    sources: int
    """Of these passages."""
    per_section: dict[str, int]
    """Number of a section → passages it may cite. Only of those that had none before."""
