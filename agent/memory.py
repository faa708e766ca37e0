"""What search providers have said, whose turn it is, and the library as one more provider: the doors of `tools.search`
that lead to the store."""

import time
from collections.abc import Callable
from datetime import datetime

from redraft.store import library, pacing, searches
from redraft.store.database import Database
from redraft.store.library import Match
from redraft.store.models import Search, now
from redraft.tools.errors import SearchFailed
from redraft.tools.retrieve import search_words
from redraft.tools.search.recorded import played_back, recorded
from redraft.tools.search.types import Answer, Ask, Hit

SNIPPET = 300
"""Characters of a passage that stand for it in a list of results."""
PASSAGES_PER_RESULT = 4
"""Passages asked for, for each document wanted: several may come from one."""


class RunMemory:
    """What one run was told; without a run, what is asked by hand. A failure is not remembered, and asked for again."""

    def __init__(self, database: Database, run_id: str | None) -> None:
        self._database = database
        self._run_id = run_id

    def recall(self, provider: str, key: str) -> Answer | SearchFailed | None:
        if self._run_id is None:
            return None
        row = searches.answered(self._database, self._run_id, provider, key)
        return _said(row) if row and row.failure is None else None

    def keep(self, provider: str, ask: Ask, key: str, said: Answer | SearchFailed, ms: int) -> None:
        row = Search(
            run_id=self._run_id, provider=provider, key=key, text=ask.text, ms=ms, at=now(), **vars(recorded(said))
        )
        searches.keep(self._database, row)


class Archive:
    """The last answer that any run was given, for times without a network."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self, provider: str, key: str) -> Answer | SearchFailed | None:
        row = searches.newest(self._database, provider, key)
        return _said(row) if row else None

    def keep(self, provider: str, ask: Ask, key: str, said: Answer | SearchFailed, ms: int) -> None:
        """What is played back is not kept again."""


def _said(row: Search) -> Answer | SearchFailed:
    return played_back(row.provider, row.hits, row.note, row.failure, row.detail)


class StorePacer:
    """Turns that all processes with one database share."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def reserve(self, name: str, interval: float) -> float:
        at = self._clock()
        turn = pacing.reserve(self._database, name, interval, now=at)
        if turn is None:
            raise SearchFailed(name, "resting", self._why_resting(name))
        return max(0.0, turn - at)

    def rest(self, name: str, seconds: float, why: str) -> None:
        pacing.close(self._database, name, self._clock() + seconds, why)

    def _why_resting(self, name: str) -> str:
        pace = pacing.pace(self._database, name)
        until = datetime.fromtimestamp(pace.closed_until if pace else 0).astimezone()
        return f"left alone until {until:%H:%M:%S}: {pace.reason if pace else ''}"


class Stored:
    """A library as a search provider: its documents, each by its best passage."""

    interval = 0.0

    def __init__(self, database: Database, name: str, held: str) -> None:
        self.name = name
        self._database = database
        self._held = held

    async def search(self, ask: Ask) -> Answer:
        limit = PASSAGES_PER_RESULT * ask.limit
        best: dict[str, Match] = {}
        for match in library.search(self._database, self._held, search_words(ask.text), limit=limit):
            best.setdefault(match.source.url, match)
        return Answer(hits=tuple(map(_hit, list(best.values())[: ask.limit])))


def _hit(match: Match) -> Hit:
    source, text = match.source, " ".join(match.passage.text.split())
    return Hit(url=source.url, title=source.title, snippet=text[:SNIPPET], date=source.date, author=source.author)
