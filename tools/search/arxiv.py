"""arXiv: preprints. https://info.arxiv.org/help/api/user-manual.html"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from lxml import etree

from redraft.tools.errors import SearchFailed
from redraft.tools.retrieve import search_words
from redraft.tools.search import hits
from redraft.tools.search.http import fetch
from redraft.tools.search.types import Answer, Ask, Hit
from redraft.tools.search.xml import parsed_xml, text_of

URL = "https://export.arxiv.org/api/query"
ATOM = "{http://www.w3.org/2005/Atom}"
MOST = 100
"""It gives up to 2,000, slowly. Nobody reads more than a hundred."""


@dataclass(frozen=True)
class Arxiv:
    """Searches all of its languages: nearly everything is English."""

    client: httpx.AsyncClient = field(repr=False)

    @property
    def name(self) -> str:
        return "arxiv"

    @property
    def interval(self) -> float:
        return 3.0  # https://info.arxiv.org/help/api/tou.html

    async def search(self, ask: Ask) -> Answer:
        query = _query(ask)
        if not query:
            return Answer(note="no words to search for")
        params = {"search_query": query, "max_results": min(ask.limit, MOST), "sortBy": "relevance"}
        root = parsed_xml(self.name, await fetch(self.client, self.name, "GET", URL, params=params))
        if root.tag != f"{ATOM}feed":
            raise SearchFailed(self.name, "bad_answer", "an answer that is no Atom feed")
        return Answer(hits=hits.kept(self._hits(root), ask))

    def _hits(self, feed: etree._Element) -> Iterator[Hit]:
        for entry in feed.iterfind(f"{ATOM}entry"):
            url = text_of(entry.find(f"{ATOM}id")).replace("http://", "https://", 1)
            summary = text_of(entry.find(f"{ATOM}summary"))
            if "/api/errors" in url:  # errors are entries, as §3.4 of the manual says
                raise SearchFailed(self.name, "bad_answer", f"it does not understand the search: {summary}")
            yield Hit(
                url=url,
                title=text_of(entry.find(f"{ATOM}title")),
                snippet=summary,
                date=hits.day_of(text_of(entry.find(f"{ATOM}published"))),
                author=hits.joined(text_of(name) for name in entry.iterfind(f"{ATOM}author/{ATOM}name")),
                abstract=summary or None,
            )


def _query(ask: Ask) -> str:
    """Any of the words, best match first: it has no form for words as a person types them."""
    words = " OR ".join(f"all:{word}" for word in search_words(ask.text))
    if not words or ask.since is None:
        return words
    return f"({words}) AND submittedDate:[{ask.since:%Y%m%d}0000 TO 999912312359]"
