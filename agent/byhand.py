"""The web's parts for a user who tries them one at a time: through the same doors as a run."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from redraft.agent.errors import UserError
from redraft.agent.memory import RunMemory
from redraft.agent.reading import FRESH, Reader
from redraft.agent.settings import Settings
from redraft.agent.web import SEARCH_SECONDS, open_web
from redraft.store import library, pages
from redraft.store.database import Database
from redraft.store.models import Fetch, Source
from redraft.tools.errors import PageFailed, PageFault
from redraft.tools.search.together import Combined, search_all
from redraft.tools.search.types import Ask
from redraft.tools.suspicion import without_suspicious


@dataclass(frozen=True)
class Page:
    """A page that a user asked for, or why it could not be had."""

    fetch: Fetch
    source: Source | None
    text: str | None
    before: Fetch | None
    """The reading before this one."""

    @property
    def failure(self) -> PageFailed | None:
        fetch = self.fetch
        return PageFailed(fetch.url, cast("PageFault", fetch.failure), fetch.detail) if fetch.failure else None

    def data(self) -> dict[str, Any]:
        """Everything that is known of it, ready for JSON; `reason` is None for a page that was read."""
        fields = self.fetch.model_dump(
            mode="json", include={"url", "final_url", "status", "content_type", "links", "at", "ms", "detail"}
        )
        labels = dict.fromkeys(("title", "site", "author", "date"))
        if self.source is not None:
            labels = self.source.model_dump(include=set(labels))
        return (
            fields
            | labels
            | {
                "text": self.text,
                "reason": self.fetch.failure,
                "suspicious": self.suspicious,
                **self._compared(),
            }
        )

    @property
    def suspicious(self) -> int:
        """Sentences that address software rather than a reader: no model is shown them."""
        return without_suspicious(self.text or "").left_out

    def _compared(self) -> dict[str, Any]:
        """What changed since it was last read; None for both where it never was."""
        before = self.before
        return {
            "read_before": before.at.isoformat() if before else None,
            "changed": before.source_id != self.fetch.source_id if before and self.source else None,
        }


async def search_by_hand(settings: Settings, database: Database, text: str, *, limit: int) -> Combined:
    """Asks every provider of the settings. What it brings is kept, for times without a network.

    Raises `UserError` for words that are none, and where the settings name nobody to ask.
    """
    if not any(character.isalnum() for character in text):
        raise UserError('there is nothing to search for: give some words, as in redraft search "night trains"')
    async with open_web(settings, database) as web:
        if not web.providers:
            raise UserError(
                "the settings name no search provider: name one with --provider, such as searxng or library"
            )
        ask, memory = Ask(text=text, limit=limit), RunMemory(database, None)
        return await search_all(web.providers, ask, web.pacer, memory, timeout=SEARCH_SECONDS)


async def fetch_by_hand(settings: Settings, database: Database, url: str, *, refresh: bool) -> Page:
    """Reads one page, and keeps it. With `refresh` the page store is not taken for an answer."""
    async with open_web(settings, database) as web:
        reader = Reader(database, web.get, web.understand, fresh=timedelta(0) if refresh else FRESH)
        fetch = await reader.page(url)
    source = pages.source(database, fetch)
    text = library.page_text(database, source.page_digest) if source else None
    return Page(fetch, source, text, pages.before(database, fetch))
