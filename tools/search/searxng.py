"""SearXNG: the user's own metasearch engine. https://docs.searxng.org/dev/search_api.html"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import httpx
from pydantic import BaseModel, Field

from redraft.tools.search import hits
from redraft.tools.search.http import fetch, parsed
from redraft.tools.search.types import Answer, Ask, Hit

REFUSED = "it may not answer as JSON: put `formats: [html, json]` below `search:` in its settings.yml, and restart it"
TIME_RANGES = ("day", "month", "year")


class _Result(BaseModel):
    url: str | None = None
    """Tables of facts come without one."""
    title: str = ""
    content: str | None = None
    published: str | None = Field(default=None, alias="publishedDate")


class _Reply(BaseModel):
    results: list[_Result]
    unresponsive_engines: list[list[str | bool]] = []


@dataclass(frozen=True)
class Searxng:
    client: httpx.AsyncClient = field(repr=False)
    url: str = field(repr=False)
    """Its address. May hold a name and a password."""
    today: Callable[[], date] = hits.today

    @property
    def name(self) -> str:
        return "searxng"

    @property
    def interval(self) -> float:
        # Its engines are other people's, and block it when it comes too fast. A starting point, not measured.
        return 0.5

    async def search(self, ask: Ask) -> Answer:
        params = {"q": ask.text, "format": "json", "language": ask.language or "all"}
        time_range = hits.reach(ask.since, self.today(), TIME_RANGES)
        if time_range:
            params["time_range"] = time_range
        base = httpx.URL(self.url)
        auth = (base.username, base.password) if base.userinfo else None
        url = str(base.copy_with(username="", password="")).rstrip("/") + "/search"  # httpx logs addresses
        body = await fetch(self.client, self.name, "GET", url, refused=REFUSED, params=params, auth=auth)
        reply = parsed(_Reply, self.name, body)
        found = hits.kept((_hit(result) for result in reply.results), ask)
        return Answer(hits=found, note=_note(reply.unresponsive_engines))


def _hit(result: _Result) -> Hit:
    return Hit(
        url=result.url or "",
        title=hits.one_line(result.title),
        snippet=hits.one_line(result.content),
        date=hits.day_of(result.published),
    )


def _note(engines: list[list[str | bool]]) -> str:
    """Each entry is an engine and why it failed, sometimes with a flag after them."""
    failed = [": ".join(part for part in engine if isinstance(part, str)) for engine in engines]
    return f"engines without an answer: {', '.join(failed)}" if failed else ""
