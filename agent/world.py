"""The world as one run sees it: what it asks is asked once, and it opens only what a search or a page has named."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from redraft.agent.events import Emit, PageRead, PagesGathered, PageUnusable, ProviderSilent, Searched
from redraft.agent.memory import RunMemory
from redraft.agent.reading import Reader
from redraft.agent.recency import Recency
from redraft.agent.web import SEARCH_SECONDS, Web
from redraft.store import pages
from redraft.store.database import Database
from redraft.store.models import Fetch, Visit
from redraft.store.pages import Visited
from redraft.tools.errors import SearchFault
from redraft.tools.fetch.listing import Listing
from redraft.tools.search.canonical import canonical
from redraft.tools.search.together import Combined, Outcome, search_all
from redraft.tools.search.types import Ask, Hit

PATIENCE = 2
"""Pages asked for, for each page wanted: half of what search engines list may be closed before a run gives up."""

GIVEN_UP = 2
_COUNTS: Mapping[SearchFault, int] = {
    "unreachable": 2,
    "forbidden": 2,
    "timeout": 1,
    "server_error": 1,
    "bad_answer": 1,
}
"""What a failure counts. A provider whose failures in a row come to `GIVEN_UP` is asked nothing more until the run is
entered again: to wait for its turn only to see it fail once more costs seconds for each query. `unreachable` has been
tried twice already."""


class Candidate(NamedTuple):
    """A page that may be worth reading."""

    url: str
    via: str
    """The query that found it, or the address of the page that links to it."""
    depth: int = 0
    """0 for a search result, else how many links lie between."""
    hint: Hit | None = None


class World:
    """Searches and pages of one run. Entered again after a kill, it gives what it gave before and asks for the rest."""

    def __init__(self, web: Web, database: Database, run_id: str, emit: Emit) -> None:
        self._web = web
        self._database = database
        self._run_id = run_id
        self._emit = emit
        self._memory = RunMemory(database, run_id)
        self._recency = Recency(database, run_id, emit)
        self._reader = Reader(database, web.get, web.understand)
        self._listing = Listing(canonical)
        self._silent: set[tuple[str, str]] = set()
        self._failures: Counter[str] = Counter()

    @property
    def can_search(self) -> bool:
        return bool(self._web.providers)

    async def search(self, text: str) -> Combined:
        """What all providers together found, best first, without what is too old. A failure of theirs is announced, and
        no error."""
        asked = [provider for provider in self._web.providers if self._failures[provider.name] < GIVEN_UP]
        ask = Ask(text=text, since=self._recency.since)
        found = await search_all(asked, ask, self._web.pacer, self._memory, timeout=SEARCH_SECONDS)
        recent = [entry for entry in found.found if self._recency.admits(entry.hit.url, entry.hit.date)]
        found = replace(found, found=tuple(recent))
        self._listing.add(entry.hit.url for entry in found.found)
        for outcome in found.outcomes:
            failed = _COUNTS.get(outcome.failure.reason, 0) if outcome.failure else -GIVEN_UP
            self._failures[outcome.provider] = max(0, self._failures[outcome.provider] + failed)
            self._note_silence(outcome)
        hits = {outcome.provider: outcome.hits for outcome in found.outcomes if outcome.failure is None}
        self._emit(Searched(query=text, found=len(found.found), hits=hits))
        return found

    def allow(self, urls: Iterable[str]) -> None:
        """From here on these may be opened: a search before this run has listed them, or the report that it brings up
        to date cites them."""
        self._listing.add(urls)

    def listed(self, visited: Visited) -> Sequence[tuple[str, str]]:
        """Where a page that was read links to, as address and words; from here on these may be opened."""
        links = [(url, text) for url, text in visited.fetch.links]
        self._listing.add(url for url, _ in links)
        return links

    async def read(self, candidates: Sequence[Candidate], *, wanted: int) -> None:
        """Reads candidates in order until the run has `wanted` pages in all, or has asked for twice as many.

        No page is asked for twice. Raises `PageFailed` for one that nothing has listed.
        """
        visited = pages.visited(self._database, self._run_id)
        before = len(visited)
        while batch := self._next(candidates, visited, wanted):
            fetches = await asyncio.gather(*(self._reader.page(entry.url, entry.hint) for entry in batch))
            visited = self._keep(batch, fetches, len(visited))
        if now_read := visited[before:]:
            self._sum_up(now_read)

    def _next(self, candidates: Sequence[Candidate], visited: Sequence[Visited], wanted: int) -> list[Candidate]:
        seen = {entry.visit.url_key for entry in visited}
        lacking = min(wanted - sum(entry.source is not None for entry in visited), PATIENCE * wanted - len(visited))
        fresh: dict[str, Candidate] = {}
        for candidate in candidates:
            # What the provider `library` finds lies in files, which are at hand already.
            if candidate.url.startswith("http") and (key := canonical(candidate.url)) not in seen:
                fresh.setdefault(key, candidate)
        batch = list(fresh.values())[: max(0, lacking)]
        # As it was listed, not in another spelling that would say something to the site.
        return [candidate._replace(url=self._listing.check(candidate.url)) for candidate in batch]

    def _keep(self, batch: Sequence[Candidate], fetches: Sequence[Fetch], count: int) -> list[Visited]:
        """All that is visited with this batch, after the `count` before it."""
        visits = [
            Visit(
                run_id=self._run_id,
                url_key=canonical(candidate.url),
                fetch_id=fetch.id or 0,
                number=number,
                via=candidate.via,
                depth=candidate.depth,
            )
            for number, (candidate, fetch) in enumerate(zip(batch, fetches, strict=True), start=count + 1)
        ]
        pages.save_visits(self._database, visits)
        visited = pages.visited(self._database, self._run_id)
        for entry in visited[count:]:
            self._announce(entry)
        return visited

    def _announce(self, entry: Visited) -> None:
        visit, fetch, source = entry
        if fetch.failure is not None:
            self._emit(PageUnusable(url=fetch.url, reason=fetch.failure, detail=fetch.detail, via=visit.via))
        if source is not None:
            self._emit(PageRead(url=source.url, title=source.title, via=visit.via, depth=visit.depth))

    def _sum_up(self, entries: Sequence[Visited]) -> None:
        failed = Counter(entry.fetch.failure for entry in entries if entry.fetch.failure is not None)
        read = [entry for entry in entries if entry.source is not None]
        followed = sum(entry.visit.depth > 0 for entry in read)
        self._emit(PagesGathered(read=len(read), followed=followed, failed=dict(failed)))

    def _note_silence(self, outcome: Outcome) -> None:
        reason = outcome.failure.reason if outcome.failure else "nothing_found"
        if (outcome.failure or not outcome.hits) and (outcome.provider, reason) not in self._silent:
            self._silent.add((outcome.provider, reason))
            detail = outcome.failure.detail if outcome.failure else outcome.note
            self._emit(ProviderSilent(provider=outcome.provider, reason=reason, detail=detail))
