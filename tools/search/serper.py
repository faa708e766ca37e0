"""Serper: Google's results. https://serper.dev"""

import re
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://google.serper.dev/search"
MOST = 10
"""More costs twice as much a search."""
_DATE = re.compile(rf"({'|'.join(hits.MONTHS)})[a-z]* (\d{{1,2}}), (\d{{4}})")


class _Result(BaseModel):
    link: str
    title: str = ""
    snippet: str | None = None
    date: str | None = None


class _Reply(BaseModel):
    organic: list[_Result]


@dataclass(frozen=True)
class Serper:
    client: httpx.AsyncClient = field(repr=False)
    key: SecretStr

    @property
    def name(self) -> str:
        return "serper"

    @property
    def interval(self) -> float:
        return 0.1  # its smallest plan allows 50 a second; there is no hurry

    async def search(self, ask: Ask) -> Answer:
        asked = {"q": ask.text, "num": min(ask.limit, MOST)}
        if ask.language:
            asked |= {"hl": ask.language, "lr": f"lang_{ask.language}"}
        if ask.since:
            asked["tbs"] = f"cdr:1,cd_min:{ask.since:%m/%d/%Y}"  # Google's own form
        headers = {"X-API-KEY": self.key.get_secret_value()}
        body = await fetch(
            self.client, self.name, "POST", URL, refused=key_refused(self.name, self.key), json=asked, headers=headers
        )
        results = parsed(_Reply, self.name, body).organic
        return Answer(hits=hits.kept((_hit(result) for result in results), ask))


def _hit(result: _Result) -> Hit:
    return Hit(
        url=result.link,
        title=hits.one_line(result.title),
        snippet=hits.one_line(result.snippet),
        date=_day(result.date),
    )


def _day(text: str | None) -> str | None:
    """Of `Mar 5, 2024`. `3 days ago` depends on who reads it when, and is left out."""
    found = _DATE.fullmatch(text or "")
    return hits.day_of(f"{found[3]}-{hits.MONTHS.index(found[1]) + 1:02}-{int(found[2]):02}") if found else None
