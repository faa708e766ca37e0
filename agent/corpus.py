"""All passages that a run may draw on, searched as one: its library's, and those of the pages it has read."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from redraft.agent.events import Emit, PassagesEncoded
from redraft.agent.recency import Recency
from redraft.store import library, pages, runs, searches
from redraft.store.database import Database
from redraft.store.library import Match
from redraft.tools.ranking import Index
from redraft.tools.retrieve import fuse, near, search_words
from redraft.tools.search.canonical import canonical

if TYPE_CHECKING:
    from redraft.agent.meaning import Meaning

DEPTH = 30
"""Passages taken from each ranking before they are fused."""
SCOUTED = 24
"""Passages looked at before there is an outline: enough to name a dozen sources."""


class Corpus:
    """What there was when it was made, to be searched many times, without what is too old for the run. Equal libraries
    and pages give equal answers; with a `meaning`, as far as that promises."""

    def __init__(
        self, database: Database, run_id: str, library_name: str, emit: Emit, meaning: "Meaning | None" = None
    ) -> None:
        self._database = database
        self._library = library_name
        self._emit = emit
        self._meaning = meaning
        self._recency = Recency(database, run_id, emit)
        self._question = runs.get(database, run_id).question
        self._read = list(filter(self._admits, pages.passages(database, run_id)))
        self._index = Index([(match.passage.heading, match.passage.text) for match in self._read])
        self._searches = searches.of_run(database, run_id)
        self._source_of = {entry.visit.url_key: entry.fetch.source_id for entry in pages.visited(database, run_id)}

    async def learn(self) -> None:
        """Encodes what has to be encoded before it can be found by its meaning."""

        def watch(done: int, total: int) -> None:
            self._emit(PassagesEncoded(done=done, total=total))

        if self._meaning is not None:
            await self._meaning.learn_library(self._library, watch)
            await self._meaning.learn([match.passage for match in self._read], watch)

    def known(self) -> list[Match]:
        """What speaks to the question as a whole."""
        return self.search(self._question, limit=SCOUTED)

    def search(self, text: str, *, limit: int = DEPTH) -> list[Match]:
        """The passages that say most about some words, best first."""
        words = search_words(text)
        held = self._admitted(lambda depth: library.search(self._database, self._library, words, limit=depth), limit)
        read = [self._read[at] for at in self._index.search(words, limit)]
        rankings = [held, read, list(self._around_snippets(text))]
        if self._meaning is not None:
            rankings.append(self._by_meaning(self._meaning, text, limit))
        return _fused(rankings)[:limit]

    def _by_meaning(self, meaning: "Meaning", text: str, limit: int) -> list[Match]:
        passages = [match.passage for match in self._read]
        return self._admitted(lambda depth: meaning.search(text, self._library, passages, limit=depth), limit)

    def _admitted(self, find: Callable[[int], list[Match]], limit: int) -> list[Match]:
        """The best that may be used: looked for more deeply where what is too old stands before them."""
        depth = limit
        while True:
            found = find(depth)
            recent = list(islice(filter(self._admits, found), limit))
            if len(recent) == limit or len(found) < depth:
                return recent
            depth *= 4

    def _admits(self, match: Match) -> bool:
        return self._recency.admits(match.source.url, match.source.date)

    def _around_snippets(self, text: str) -> Iterator[Match]:
        """The passages that the snippets of this search come from, in the order of the results: why each page was found
        at all."""
        for row in self._searches:
            if row.text != text:
                continue
            for hit in row.hits:
                page = self._page(canonical(str(hit["url"])))
                yield from (page[at] for at in near(str(hit["snippet"]), [m.passage.text for m in page])[:1])

    def _page(self, url_key: str) -> list[Match]:
        source_id = self._source_of.get(url_key)
        return [match for match in self._read if match.source.id == source_id]


OpenCorpus = Callable[[], Awaitable[Corpus]]
"""Opens the corpus of a run as it is now."""


async def open_corpus(
    database: Database, run_id: str, library_name: str, meaning: "Meaning | None", emit: Emit
) -> Corpus:
    """With a `meaning`, all of it is encoded first, so that nothing is silently left out."""
    corpus = Corpus(database, run_id, library_name, emit, meaning)
    await corpus.learn()
    return corpus


def search_library(
    database: Database, name: str, text: str, *, limit: int, meaning: "Meaning | None" = None
) -> list[Match]:
    """The passages of a library alone that say most about some words, best first."""
    depth = max(limit, DEPTH)
    rankings = [library.search(database, name, search_words(text), limit=depth)]
    if meaning is not None:
        rankings.append(meaning.search(text, name, limit=depth))
    return _fused(rankings)[:limit]


def _fused(rankings: Sequence[Sequence[Match]]) -> list[Match]:
    """One ranking of several. Each text comes once, in the copy that is met first."""
    by_text: dict[str, Match] = {}
    for match in chain.from_iterable(rankings):
        by_text.setdefault(match.passage.text, match)
    order = fuse([list(dict.fromkeys(match.passage.text for match in ranking)) for ranking in rankings])
    return [by_text[text] for text in order]
