"""A page of the web for a run or a user: out of the page store while it is fresh, else fetched, read and kept."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast
from urllib.parse import unquote, urlsplit

from redraft.store import library, pages
from redraft.store.database import Database
from redraft.store.models import WEB, Fetch, Source, now
from redraft.tools.errors import PageFailed, PageFault
from redraft.tools.fetch.address import shown
from redraft.tools.fetch.fetcher import Fetched, Validators
from redraft.tools.labels import first_heading
from redraft.tools.passages import cut
from redraft.tools.sanitize import visible
from redraft.tools.search.canonical import canonical
from redraft.tools.search.types import Hit
from redraft.tools.types import Content

Get = Callable[[str, Validators | None], Awaitable[Fetched]]
"""Fetches an address; raises `PageFailed`."""
Understand = Callable[[Fetched], Awaitable[Content]]
"""Reads what was fetched; raises `PageFailed`."""

FRESH = timedelta(hours=24)
"""For so long a page is not fetched again: what is cited today is what was read today. Not tuned."""
_PASSING: set[PageFault | None] = {
    *("offline", "unlisted", "private_address", "robots", "dns", "unreachable", "tls", "timeout", "rate_limited"),
    *("server_error", "extraction_timeout", "extraction_crashed"),
}
"""Failures that may be over in a minute, or that a change of settings ends: the page is asked for again."""


class Reader:
    """Reads pages. What comes of each attempt is a row, whether it brought a source or the reason why not."""

    def __init__(
        self, database: Database, get: Get | None, understand: Understand, *, fresh: timedelta = FRESH
    ) -> None:
        """Without `get` nothing goes out: pages come from the store alone, however old.

        For as long as `fresh` says, a page that was read is not asked for again.
        """
        self._database = database
        self._get = get
        self._understand = understand
        self._fresh = fresh

    async def page(self, url: str, hint: Hit | None = None) -> Fetch:
        """The page at `url`. A `hint` fills in what the page does not say of itself.

        Where it cannot be had, something else stands in its place, beside the reason: what was read of it before, if
        the failure may pass, else the abstract that the hint has.
        """
        key = canonical(url)
        kept = pages.newest(self._database, key, read=True)
        if self._get is None:
            return kept or self._failed(key, PageFailed(shown(url), "offline", "not in the page store"), hint, None)
        last = pages.newest(self._database, key)
        if last is None or now() - last.at >= self._fresh or last.failure in _PASSING:
            return await self._read(self._get, url, key, kept, hint)
        if last.failure is not None and last.source_id is None and hint is not None and hint.abstract:
            return self._failed(key, PageFailed(last.url, cast("PageFault", last.failure), last.detail), hint, None)
        return last

    async def _read(self, get: Get, url: str, key: str, kept: Fetch | None, hint: Hit | None) -> Fetch:
        began = now()
        known = Validators(kept.etag, kept.last_modified, kept.final_url) if kept else None
        try:
            fetched = await get(url, known)
            if fetched.not_modified and kept is not None:
                return self._unchanged(kept, fetched)
            content = await self._understand(fetched)
        except PageFailed as error:
            return self._failed(key, error, hint, kept, round((now() - began).total_seconds() * 1000))
        return self._keep(_row(key, fetched, content), _source(fetched.final_url, content, hint), content.text)

    def _keep(self, row: Fetch, source: Source, text: str) -> Fetch:
        return pages.keep(self._database, row, library.Entry(source, text, cut(text)))

    def _unchanged(self, kept: Fetch, fetched: Fetched) -> Fetch:
        fields = kept.model_dump(exclude={"id", "at", "ms", "status"})
        row = Fetch(**fields, status=fetched.status, ms=fetched.ms, at=now())
        return pages.keep_attempt(self._database, row)

    def _failed(self, key: str, error: PageFailed, hint: Hit | None, kept: Fetch | None, ms: int = 0) -> Fetch:
        row = Fetch(url_key=key, url=error.url, links=[], failure=error.reason, detail=error.detail, ms=ms, at=now())
        abstract = Content(text=visible(hint.abstract or "").strip()) if hint else None
        if kept is not None and error.reason in _PASSING:
            row.source_id, row.links = kept.source_id, kept.links
        elif kept is None and hint is not None and abstract is not None and abstract.text:
            return self._keep(row, _source(hint.url, abstract, hint), abstract.text)
        return pages.keep_attempt(self._database, row)


def _row(key: str, fetched: Fetched, content: Content) -> Fetch:
    return Fetch(
        url_key=key,
        url=fetched.url,
        final_url=fetched.final_url,
        status=fetched.status,
        content_type=fetched.content_type,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        links=[[link.url, link.text] for link in content.links],
        detail="",
        ms=fetched.ms,
        at=now(),
    )


def _source(url: str, content: Content, hint: Hit | None) -> Source:
    """The page's own labels come first, then what the search result says of it, then its address."""
    return Source(
        library=WEB,
        url=url,
        title=content.title or (hint.title if hint else "") or first_heading(content.text) or _last_part(url),
        site=content.site or (urlsplit(url).hostname or "").removeprefix("www."),
        date=content.date or (hint.date if hint else None),
        author=content.author or (hint.author if hint else None),
        digest="",
        page_digest="",
        added_at=now(),
    )


def _last_part(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url
