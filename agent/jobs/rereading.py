"""Whether the sources of a report still say what it cites: pages are read again, documents looked up in the library."""

import asyncio
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from redraft.agent.events import Emit, PageUnusable
from redraft.agent.jobs.news import Item, safe
from redraft.agent.reading import Reader
from redraft.agent.render import Reference
from redraft.store import library, pages
from redraft.store.database import Database
from redraft.store.models import WEB, Fetch, Source
from redraft.store.pages import Visited
from redraft.tools.search.canonical import canonical
from redraft.tools.search.types import Hit


class Met(NamedTuple):
    """What is known of the sources that changed before: no news twice."""

    since: datetime
    """When the run began that saw them last. What the library took in before, it had."""
    read: Mapping[str, Visited]
    """Where a page lies, as its canonical address → how a run read it last."""
    told: Collection[str]
    """Canonical addresses of what runs were told has changed."""


@dataclass(frozen=True)
class _Cited:
    """A source with the passages that a report cites of it, in whatever state of the source it found them."""

    source: Source
    passages: Sequence[str]

    @property
    def key(self) -> str:
        return canonical(self.source.url)

    def gone(self, text: str) -> str | None:
        """The first passage that does not stand in a text."""
        whole = _plain(text)
        return next((passage for passage in self.passages if _plain(passage) not in whole), None)

    def item(self, passage: str) -> Item:
        return safe("changed", Hit(url=self.source.url, title=self.source.title, snippet=passage))


async def changed_pages(
    database: Database, references: Sequence[Reference], met: Met, reader: Reader, emit: Emit
) -> tuple[list[Item], int]:
    """The cited pages that no longer have a cited passage, and the number of those that cannot be read now.

    A text that a run has read already is no news, and a page that never could be read, whose abstract is cited, is not
    asked for.
    """
    cited = [(entry, _asked_for(entry, met)) for entry in _by_address(references, web=True)]
    urls = list(dict.fromkeys(url for _, url in cited if _was_read(database, url)))
    read = dict(zip(urls, await asyncio.gather(*map(reader.page, urls)), strict=True))
    failed = [fetch for fetch in read.values() if fetch.failure is not None]
    for fetch in failed:
        emit(PageUnusable(url=fetch.url, reason=fetch.failure or "", detail=fetch.detail, via=""))
    found = (_changed_page(database, entry, read[url], met) for entry, url in cited if url in read)
    return [item for item in found if item], len(failed)


def changed_documents(database: Database, references: Sequence[Reference], met: Met) -> list[Item]:
    """The cited documents of libraries that were replaced or taken out, so that a cited passage is there no more."""
    cited = [entry for entry in _by_address(references, web=False) if not entry.source.active]
    names = {entry.source.library for entry in cited}
    held = {name: {source.url: source for source in library.documents(database, name)} for name in names}
    found = (_changed_document(database, entry, held[entry.source.library], met) for entry in cited)
    return [item for item in found if item]


def _by_address(references: Iterable[Reference], *, web: bool) -> list[_Cited]:
    """A report that was brought up to date may cite several states of one source: the newest stands for it."""
    groups: dict[str, list[Reference]] = {}
    for reference in references:
        if (reference.source.library == WEB) == web:
            groups.setdefault(canonical(reference.source.url), []).append(reference)
    return [
        _Cited(
            max((reference.source for reference in group), key=lambda source: source.id or 0),
            [exhibit.passage.text for reference in group for exhibit in reference.exhibits],
        )
        for group in groups.values()
    ]


def _asked_for(entry: _Cited, met: Met) -> str:
    """The address that led to a page: where it lies may be good for one visit alone."""
    return met.read[entry.key].fetch.url if entry.key in met.read else entry.source.url


def _was_read(database: Database, url: str) -> bool:
    kept = pages.newest(database, canonical(url), read=True)
    return kept is None or kept.failure is None


def _changed_page(database: Database, entry: _Cited, fetch: Fetch, met: Met) -> Item | None:
    source, last = pages.source(database, fetch), met.read.get(entry.key)
    if fetch.failure is not None or source is None:
        return None
    if last is not None and last.source is not None and last.source.page_digest == source.page_digest:
        return None
    gone = entry.gone(library.page_text(database, source.page_digest))
    return entry.item(gone) if gone else None


def _changed_document(database: Database, entry: _Cited, held: Mapping[str, Source], met: Met) -> Item | None:
    now = held.get(entry.source.url)
    if now is None:
        moved = any(source.page_digest == entry.source.page_digest for source in held.values())
        known = moved or entry.key in met.told
        return None if known else entry.item(entry.passages[0])
    if now.added_at <= met.since:
        return None
    gone = entry.gone(library.page_text(database, now.page_digest))
    return entry.item(gone) if gone else None


def _plain(text: str) -> str:
    """Without what differs between two readings of one text: spellings that mean one character, and white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())
