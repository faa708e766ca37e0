"""Tavily. https://docs.tavily.com/documentation/api-reference/endpoint/search"""

from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.tavily.com/search"
MOST = 20
LONGEST = 400
"""Characters of a search: it refuses longer ones."""


class _Result(BaseModel):
    url: str
    title: str = ""
    content: str | None = None
    published_date: str | None = None


class _Reply(BaseModel):
    results: list[_Result]


@dataclass(frozen=True)
class Tavily:
    """Knows no languages."""

    client: httpx.AsyncClient = field(repr=False)
    key: SecretStr

    @property
    def name(self) -> str:
        return "tavily"

    @property
    def interval(self) -> float:
        return 0.6  # a development key allows 100 a minute

    async def search(self, ask: Ask) -> Answer:
        asked = {"query": ask.text[:LONGEST], "max_results": min(ask.limit, MOST), "search_depth": "basic"}
        if ask.since:
            asked["start_date"] = ask.since.isoformat()
        headers = {"Authorization": f"Bearer {self.key.get_secret_value()}"}
        body = await fetch(
            self.client, self.name, "POST", URL, refused=key_refused(self.name, self.key), json=asked, headers=headers
        )
        results = parsed(_Reply, self.name, body).results
        return Answer(hits=hits.kept((_hit(result) for result in results), ask))


def _hit(result: _Result) -> Hit:
    return Hit(
        url=result.url,
        title=hits.one_line(result.title),
        snippet=hits.one_line(result.content),
        date=hits.day_of(result.published_date),
    )
