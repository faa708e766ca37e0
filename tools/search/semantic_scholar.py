"""Semantic Scholar: a catalogue of scholarly works. https://api.semanticscholar.org/api-docs/graph"""

from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, Field, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.semanticscholar.org/graph/v1/paper/search"
MOST = 100
FIELDS = "title,abstract,url,year,publicationDate,authors,externalIds,openAccessPdf"


class _Author(BaseModel):
    name: str | None = None


class _Ids(BaseModel):
    ArXiv: str | None = None
    DOI: str | None = None


class _Pdf(BaseModel):
    url: str | None = None


class _Paper(BaseModel):
    url: str
    title: str | None = None
    abstract: str | None = None
    year: int | None = None
    published: str | None = Field(default=None, alias="publicationDate")
    authors: list[_Author] = []
    ids: _Ids | None = Field(default=None, alias="externalIds")
    pdf: _Pdf | None = Field(default=None, alias="openAccessPdf")


class _Reply(BaseModel):
    total: int
    data: list[_Paper] = []
    """Left out where nothing was found."""


@dataclass(frozen=True)
class SemanticScholar:
    """Knows no languages."""

    client: httpx.AsyncClient = field(repr=False)
    key: SecretStr | None = None

    @property
    def name(self) -> str:
        return "semantic_scholar"

    @property
    def interval(self) -> float:
        return 1.0  # what a key allows; without one, all the world shares one limit

    async def search(self, ask: Ask) -> Answer:
        # "Hyphenated query terms yield no matches", says its documentation.
        params = {"query": ask.text.replace("-", " "), "limit": str(min(ask.limit, MOST)), "fields": FIELDS}
        if ask.since:
            params["publicationDateOrYear"] = f"{ask.since}:"
        headers = {"x-api-key": self.key.get_secret_value()} if self.key else {}
        body = await fetch(
            self.client, self.name, "GET", URL, refused=key_refused(self.name, self.key), params=params, headers=headers
        )
        papers = parsed(_Reply, self.name, body).data
        return Answer(hits=hits.kept((_hit(paper) for paper in papers), ask))


def _hit(paper: _Paper) -> Hit:
    abstract = hits.one_line(paper.abstract)
    return Hit(
        url=_url(paper),
        title=hits.one_line(paper.title),
        snippet=abstract,
        date=hits.day_of(paper.published or str(paper.year or "")),
        author=hits.joined(author.name for author in paper.authors),
        abstract=abstract or None,
    )


def _url(paper: _Paper) -> str:
    """What can be read before what can be bought."""
    ids = paper.ids or _Ids()
    if ids.ArXiv:
        return f"https://arxiv.org/abs/{ids.ArXiv}"
    free = paper.pdf.url if paper.pdf else None
    return free or (f"https://doi.org/{ids.DOI}" if ids.DOI else paper.url)
