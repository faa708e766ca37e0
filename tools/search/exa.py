"""Exa: search by meaning. https://exa.ai/docs/reference/search"""

from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel, Field, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.exa.ai/search"
MOST = 25


class _Result(BaseModel):
    url: str
    title: str | None = None
    published: str | None = Field(default=None, alias="publishedDate")
    author: str | None = None
    highlights: list[str] | None = None


class _Reply(BaseModel):
    results: list[_Result]


@dataclass(frozen=True)
class Exa:
    """Knows no languages."""

    client: httpx.AsyncClient = field(repr=False)
    key: SecretStr

    @property
    def name(self) -> str:
        return "exa"

    @property
    def interval(self) -> float:
        return 0.1  # 10 a second

    async def search(self, ask: Ask) -> Answer:
        asked: dict[str, Any] = {
            "query": ask.text,
            "numResults": min(ask.limit, MOST),
            "contents": {"highlights": True},
        }
        if ask.since:
            asked["startPublishedDate"] = f"{ask.since}T00:00:00.000Z"
        headers = {"x-api-key": self.key.get_secret_value()}
        body = await fetch(
            self.client, self.name, "POST", URL, refused=key_refused(self.name, self.key), json=asked, headers=headers
        )
        results = parsed(_Reply, self.name, body).results
        return Answer(hits=hits.kept((_hit(result) for result in results), ask))


def _hit(result: _Result) -> Hit:
    return Hit(
        url=result.url,
        title=hits.one_line(result.title),
        snippet=hits.one_line(" … ".join(result.highlights or [])),
        date=hits.day_of(result.published),
        author=hits.joined([result.author]),
    )
