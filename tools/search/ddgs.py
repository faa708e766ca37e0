"""ddgs: a library that reads the result pages of search engines, without a key. https://github.com/deedy5/ddgs

It answers as long as the engines bear it, and breaks when they change their pages: for few searches.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ddgs import DDGS
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException
from pydantic import BaseModel, TypeAdapter, ValidationError

from redraft.tools.errors import SearchFailed
from redraft.tools.search import hits
from redraft.tools.search.types import Answer, Ask, Hit

TIMEOUT_SECONDS = 8
"""For each engine. Two are asked at once, and others after them where they find nothing. A starting point."""
BACKENDS = "duckduckgo,brave,mojeek,startpage,yahoo"
"""Its `auto` would add two encyclopedias: Wikipedia is a provider of its own here."""
NOTHING = "No results found."
"""What its exception says where its engines found nothing, or refused: it does not tell the two apart."""
NOTHING_NOTE = "its engines found nothing, or answer this address no more"
REGIONS = {"en": "us-en", "pt": "br-pt", "ja": "jp-ja", "zh": "cn-zh", "ko": "kr-ko", "sv": "se-sv", "da": "dk-da"}
"""Country and language, where the country of a language is not called like it."""

Results = list[dict[str, Any]]


class _Result(BaseModel):
    title: str
    href: str
    body: str


_REPLY = TypeAdapter(list[_Result])


def _search(text: str, **options: Any) -> Results:
    return DDGS(timeout=TIMEOUT_SECONDS).text(text, **options)


@dataclass(frozen=True)
class Ddgs:
    ask_engines: Callable[..., Results] = field(default=_search, repr=False)
    today: Callable[[], date] = hits.today

    @property
    def name(self) -> str:
        return "ddgs"

    @property
    def interval(self) -> float:
        return 2.0  # nobody says what the engines bear; a starting point, not measured

    async def search(self, ask: Ask) -> Answer:
        reach = hits.reach(ask.since, self.today(), hits.REACH)
        options = {
            "region": REGIONS.get(ask.language, f"{ask.language}-{ask.language}") if ask.language else "us-en",
            "timelimit": reach and reach[0],
            "max_results": ask.limit,
            "backend": BACKENDS,
        }
        try:
            results = _REPLY.validate_python(await asyncio.to_thread(self.ask_engines, ask.text, **options))
        except (DDGSException, ValidationError) as error:
            return self._without_results(error)
        return Answer(hits=hits.kept((_hit(result) for result in results), ask))

    def _without_results(self, error: DDGSException | ValidationError) -> Answer:
        """What its errors mean. Their texts quote requests, so that only the name before the colon is shown."""
        match error:
            case ValidationError():
                raise SearchFailed(self.name, "bad_answer", "results of an unknown form") from error
            case RatelimitException():
                raise SearchFailed(self.name, "rate_limited", "asked too often") from error
            case TimeoutException():
                raise SearchFailed(self.name, "timeout", "no answer in time") from error
        if str(error) == NOTHING:
            return Answer(note=NOTHING_NOTE)
        message = f"none of its engines answers: {str(error).partition(':')[0][:80]}"
        raise SearchFailed(self.name, "unreachable", message) from error


def _hit(result: _Result) -> Hit:
    return Hit(url=result.href, title=hits.one_line(result.title), snippet=hits.one_line(result.body))
