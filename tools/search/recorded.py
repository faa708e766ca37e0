"""What was asked before: under which key, in which form, and how it is played back."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, get_args

from redraft.tools.errors import SearchFailed, SearchFault
from redraft.tools.search.types import Answer, Ask, Hit


class Memory(Protocol):
    """Remembers what providers said."""

    def recall(self, provider: str, key: str) -> Answer | SearchFailed | None:
        """What it said when it was asked this; None where it never was."""

    def keep(self, provider: str, ask: Ask, key: str, said: Answer | SearchFailed, ms: int) -> None:
        """`ms`: how long it took. Durable once this returns."""


def key_of(ask: Ask) -> str:
    """What is asked in one canonical line. Case and white space of the words make no difference."""
    options = {"limit": ask.limit, "language": ask.language, "since": ask.since and ask.since.isoformat()}
    return json.dumps({"text": " ".join(ask.text.casefold().split()), **options}, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a provider said, in values that JSON knows. Loses nothing but `retry_after`."""

    hits: list[dict[str, Any]]
    note: str
    failure: str | None
    detail: str


def recorded(said: Answer | SearchFailed) -> Record:
    if isinstance(said, SearchFailed):
        return Record(hits=[], note="", failure=said.reason, detail=said.detail)
    return Record(hits=[dataclasses.asdict(hit) for hit in said.hits], note=said.note, failure=None, detail="")


def played_back(
    provider: str, hits: Sequence[Mapping[str, Any]], note: str, failure: str | None, detail: str
) -> Answer | SearchFailed:
    """The opposite of `recorded`."""
    for reason in get_args(SearchFault):
        if reason == failure:
            return SearchFailed(provider, reason, detail)
    return Answer(hits=tuple(Hit(**hit) for hit in hits), note=note)


@dataclass(frozen=True)
class Replay:
    """A provider that answers from memory alone."""

    name: str
    memory: Memory = field(repr=False)
    interval: float = 0.0

    async def search(self, ask: Ask) -> Answer:
        said = self.memory.recall(self.name, key_of(ask))
        if said is None:
            raise SearchFailed(self.name, "offline", "nothing recorded for this search, and the run may not go out")
        if isinstance(said, SearchFailed):
            raise said
        return said
