"""All passages that a run may draw on, searched as one: its library's, and those of the pages it has read."""

from collections.abc import Iterator

from redraft.store import library, pages, searches
from redraft.store.database import Database
from redraft.store.library import Match
from redraft.tools.ranking import Index
from redraft.tools.retrieve import fuse, near, search_words
from redraft.tools.search.canonical import canonical

DEPTH = 30
"""Passages taken from each ranking before they are fused."""


class Corpus:
    """Made when pages were read, and searched many times. Equal libraries and pages give equal answers."""

    def __init__(self, database: Database, run_id: str, library_name: str) -> None:
        self._database = database
        self._library = library_name
        self._read = pages.passages(database, run_id)
        self._index = Index([(match.passage.heading, match.passage.text) for match in self._read])
        self._searches = searches.of_run(database, run_id)
        self._source_of = {entry.visit.url_key: entry.fetch.source_id for entry in pages.visited(database, run_id)}

    def search(self, text: str, *, limit: int = DEPTH) -> list[Match]:
        """The passages that say most about some words, best first."""
        words = search_words(text)
        held = library.search(self._database, self._library, words, limit=limit)
        read = [self._read[at] for at in self._index.search(words, limit)]
        rankings = [held, read, list(self._around_snippets(text))]
        by_id = {match.passage.id: match for ranking in rankings for match in ranking}
        order = fuse([list(dict.fromkeys(match.passage.id for match in ranking)) for ranking in rankings])
        return [by_id[passage_id] for passage_id in order[:limit]]

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
