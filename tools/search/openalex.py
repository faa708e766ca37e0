"""OpenAlex: a catalogue of scholarly works. https://developers.openalex.org/api-reference/works"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.openalex.org/works"
MOST = 100
FIELDS = "id,doi,display_name,publication_date,authorships,abstract_inverted_index,open_access"


class _Author(BaseModel):
    display_name: str | None = None


class _Authorship(BaseModel):
    author: _Author


class _OpenAccess(BaseModel):
    oa_url: str | None = None


class _Work(BaseModel):
    id: str
    doi: str | None = None
    display_name: str | None = None
    publication_date: str | None = None
    authorships: list[_Authorship] = []
    abstract_inverted_index: dict[str, list[int]] | None = None
    open_access: _OpenAccess | None = None


class _Reply(BaseModel):
    results: list[_Work]


@dataclass(frozen=True)
class OpenAlex:
    client: httpx.AsyncClient = field(repr=False)
    contact: str | None = None
    key: SecretStr | None = None

    @property
    def name(self) -> str:
        return "openalex"

    @property
    def interval(self) -> float:
        return 0.1  # it allows 100 a second; there is no hurry

    async def search(self, ask: Ask) -> Answer:
        params = {"search": ask.text, "per_page": str(min(ask.limit, MOST)), "select": FIELDS}
        if narrowed := _filter(ask):
            params["filter"] = narrowed
        if self.contact:
            params["mailto"] = self.contact
        headers = {"Authorization": f"Bearer {self.key.get_secret_value()}"} if self.key else {}
        body = await fetch(
            self.client, self.name, "GET", URL, refused=key_refused(self.name, self.key), params=params, headers=headers
        )
        works = parsed(_Reply, self.name, body).results
        return Answer(hits=hits.kept((_hit(work) for work in works), ask))


def _filter(ask: Ask) -> str:
    language = [f"language:{ask.language}"] if ask.language else []
    return ",".join(language + ([f"from_publication_date:{ask.since}"] if ask.since else []))


def _hit(work: _Work) -> Hit:
    abstract = _abstract(work.abstract_inverted_index or {})
    free = work.open_access.oa_url if work.open_access else None
    return Hit(
        url=free or work.doi or work.id,  # what can be read before what can be bought
        title=hits.plain(work.display_name),
        snippet=abstract,
        date=hits.day_of(work.publication_date),
        author=hits.joined(authorship.author.display_name for authorship in work.authorships),
        abstract=abstract or None,
    )


def _abstract(index: Mapping[str, list[int]]) -> str:
    """The text again from the places of each of its words: it is not allowed to give the text itself."""
    placed = sorted((place, word) for word, places in index.items() for place in places)
    return hits.plain(" ".join(word for _, word in placed))
