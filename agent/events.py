"""What a run announces while it works: the terminal draws it, the store keeps it, tests assert it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """Anything that a run announces."""

    @property
    def kind(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ServerStep(Event):
    """The model server is on its way; announced, not kept."""

    text: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    run: str
    question: str
    context: int
    library: str
    resumed: bool


@dataclass(frozen=True, kw_only=True)
class BriefWritten(Event):
    title: str


@dataclass(frozen=True, kw_only=True)
class OutlinePlanned(Event):
    titles: list[str]
    by_code: int
    """How many of the titles come from the question and the sources, as the model's were unusable."""


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
class EvidenceGathered(Event):
    passages: int
    sources: int
    per_section: dict[str, int]
    """Section title → passages it may cite."""


@dataclass(frozen=True, kw_only=True)
class SuspiciousText(Event):
    """Evidence holds sentences that address software rather than a reader: no model is shown them."""

    url: str
    sentences: int


@dataclass(frozen=True, kw_only=True)
class ReplyRefused(Event):
    """The model's reply failed its check and goes back with the reasons."""

    node: str
    section: int | None
    attempt: int
    problems: list[str]


@dataclass(frozen=True, kw_only=True)
class CallAnswered(Event):
    node: str
    section: int | None
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
    section: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class CallRemembered(Event):
    """A reply from before the run was interrupted: the model was not asked again."""

    node: str
    section: int | None
    attempt: int


@dataclass(frozen=True, kw_only=True)
class SectionWritten(Event):
    section: int
    title: str
    op: str
    """`draft` by the model, or `quote` where its drafts were refused."""
    words: int
    citations: int
    invented: int
    """Citations and links without evidence that were taken out."""
    unsupported: int
    """Sentences taken out because the evidence they cite does not say them."""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    sections: int
    words: int
    references: int
    quoted: int
    """Sections that quote their evidence, as no draft passed its checks."""


Emit = Callable[[Event], None]
