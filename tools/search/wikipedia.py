"""Wikipedia's own search. https://www.mediawiki.org/wiki/API:Search

The client has to say who it is: https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy
"""

from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, parsed
from redraft.tools.search.types import Answer, Ask, Hit

MOST = 50
"""Hits that it gives to clients without an account of a bot."""


class _Result(BaseModel):
    title: str
    snippet: str = ""


class _Query(BaseModel):
    search: list[_Result]


class _Reply(BaseModel):
    query: _Query


@dataclass(frozen=True)
class Wikipedia:
    """Searches the edition in the language of the question, else the English one. Knows no dates of publication."""

    client: httpx.AsyncClient = field(repr=False)

    @property
    def name(self) -> str:
        return "wikipedia"

    @property
    def interval(self) -> float:
        return 1.0  # it asks for requests one after the other, and states no number

    async def search(self, ask: Ask) -> Answer:
        site = f"https://{ask.language or 'en'}.wikipedia.org"
        params = {
            "action": "query",
            "list": "search",
            "srsearch": ask.text,
            "srlimit": min(ask.limit, MOST),
            "srprop": "snippet",
            "format": "json",
            "formatversion": 2,
        }
        body = await fetch(self.client, self.name, "GET", f"{site}/w/api.php", params=params)
        results = parsed(_Reply, self.name, body).query.search
        return Answer(hits=hits.kept((_hit(site, result) for result in results), ask))


def _hit(site: str, result: _Result) -> Hit:
    url = f"{site}/wiki/{quote(result.title.replace(' ', '_'), safe='/:(),')}"
    return Hit(url=url, title=result.title, snippet=hits.plain(result.snippet))
