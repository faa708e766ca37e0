"""Crossref: what publishers register with a DOI. https://api.crossref.org/swagger-ui/index.html"""

from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, Field

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.crossref.org/works"
MOST = 100


class _Author(BaseModel):
    given: str | None = None
    family: str | None = None
    name: str | None = None
    """Of an organisation."""


class _Issued(BaseModel):
    date_parts: list[list[int | None]] = Field(default=[], alias="date-parts")


class _Work(BaseModel):
    DOI: str
    title: list[str] = []
    author: list[_Author] = []
    issued: _Issued | None = None
    abstract: str | None = None


class _Message(BaseModel):
    items: list[_Work]


class _Reply(BaseModel):
    message: _Message


@dataclass(frozen=True)
class Crossref:
    """Knows no languages."""

    client: httpx.AsyncClient = field(repr=False)
    contact: str | None = None

    @property
    def name(self) -> str:
        return "crossref"

    @property
    def interval(self) -> float:
        return 1.0  # its polite pool allows more; the limits are in x-rate-limit-limit, and were lowered in 2025

    async def search(self, ask: Ask) -> Answer:
        params = {
            "query.bibliographic": ask.text,
            "rows": str(min(ask.limit, MOST)),
            "select": "DOI,title,author,issued,abstract",
        }
        if ask.since:
            params["filter"] = f"from-pub-date:{ask.since}"
        if self.contact:
            params["mailto"] = self.contact
        body = await fetch(self.client, self.name, "GET", URL, params=params)
        works = parsed(_Reply, self.name, body).message.items
        return Answer(hits=hits.kept((_hit(work) for work in works), ask))


def _hit(work: _Work) -> Hit:
    abstract = hits.plain(work.abstract).removeprefix("Abstract ")
    return Hit(
        url=f"https://doi.org/{work.DOI}",
        title=hits.plain(" ".join(work.title[:1])),
        snippet=abstract,
        date=_day(work.issued),
        author=hits.joined(author.name or f"{author.given or ''} {author.family or ''}" for author in work.author),
        abstract=abstract or None,
    )


def _day(issued: _Issued | None) -> str | None:
    """Of year, month and day what is known: `[[2024, 5]]`, and `[[null]]` for nothing."""
    parts = issued.date_parts[0] if issued and issued.date_parts else []
    known = [part for part in parts if part is not None]
    return hits.day_of("-".join(f"{part:0{4 if at == 0 else 2}}" for at, part in enumerate(known)))
