"""Brave Search. https://api-dashboard.search.brave.com/app/documentation/web-search"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import httpx
from pydantic import BaseModel, SecretStr

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit

URL = "https://api.search.brave.com/res/v1/web/search"
MOST = 20
LONGEST_WORDS, LONGEST = 50, 400
"""Words and characters of a search: it refuses longer ones."""
LANGUAGES = {"ja": "jp", "pt": "pt-pt", "zh": "zh-hans"}
"""Where its names of languages are not those of ISO 639-1."""


class _Result(BaseModel):
    url: str
    title: str = ""
    description: str | None = None
    page_age: str | None = None


class _Web(BaseModel):
    results: list[_Result]


class _Reply(BaseModel):
    type: str
    web: _Web | None = None
    """Left out where nothing was found."""


@dataclass(frozen=True)
class Brave:
    client: httpx.AsyncClient = field(repr=False)
    key: SecretStr
    today: Callable[[], date] = hits.today

    @property
    def name(self) -> str:
        return "brave"

    @property
    def interval(self) -> float:
        return 0.1  # its plan allows 50 a second; there is no hurry

    async def search(self, ask: Ask) -> Answer:
        params = {
            "q": " ".join(ask.text.split()[:LONGEST_WORDS])[:LONGEST],
            "count": str(min(ask.limit, MOST)),
            "result_filter": "web",
            "text_decorations": "false",
        }
        if ask.language:
            params["search_lang"] = LANGUAGES.get(ask.language, ask.language)
        if ask.since:
            params["freshness"] = f"{ask.since}to{self.today()}"
        headers = {"X-Subscription-Token": self.key.get_secret_value()}
        body = await fetch(
            self.client, self.name, "GET", URL, refused=key_refused(self.name, self.key), params=params, headers=headers
        )
        web = parsed(_Reply, self.name, body).web
        return Answer(hits=hits.kept((_hit(result) for result in (web.results if web else [])), ask))


def _hit(result: _Result) -> Hit:
    return Hit(
        url=result.url,
        title=hits.plain(result.title),
        snippet=hits.plain(result.description),
        date=hits.day_of(result.page_age),
    )
