"""What the world has that a report does not: found by searching alone, before any token is spent."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from redraft.agent import prose
from redraft.agent.memory import SNIPPET
from redraft.tools.ranking import Index
from redraft.tools.retrieve import search_words, terms
from redraft.tools.search.hits import one_line
from redraft.tools.search.types import Hit
from redraft.tools.suspicion import harmless

FITTING = 2
"""Terms that an item must share with a section to be for it: with one, it may be about anything. A starting point, not
measured."""


class Item(BaseModel):
    """A source that the last report did not have, or that no longer says what the report cites."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["new", "changed"]
    url: str
    title: str
    snippet: str = ""
    """Some of its words; of a changed source those that the report cites and that it no longer has."""
    date: str | None = None
    via: str = ""
    """The query that found it; for a changed source empty."""


def safe(kind: Literal["new", "changed"], hit: Hit, *, via: str = "") -> Item:
    """What is found, in words that may travel on: short ones, and none that a site means for a model."""
    title, snippet = harmless(hit.title or hit.url).text, one_line(harmless(hit.snippet).text)
    return Item(kind=kind, url=hit.url, title=prose.one_line(title), snippet=snippet[:SNIPPET], date=hit.date, via=via)


class News(NamedTuple):
    """What a check came to."""

    items: list[Item]
    """What is new, what most queries agree on first, then what has changed."""
    searches: int
    """Queries, each counted once for every provider that it was put to."""
    failed: int
    """Of these searches those without an answer, and besides the cited pages that could not be read."""
    judged: frozenset[str] = frozenset()
    """The keys of all addresses that the check has looked at, new or not."""


Titled = tuple[str, str, str]
"""A section: its number, its title and its text."""


def by_section(items: Iterable[Item], sections: Sequence[Titled]) -> dict[str, list[Item]]:
    """The items by the number of the section that each speaks to most, in order; under "" those that fit none."""
    index = Index([(title, text) for _, title, text in sections])
    given: dict[str, list[Item]] = {}
    for item in items:
        given.setdefault(_closest(item, sections, index), []).append(item)
    return given


def _closest(item: Item, sections: Sequence[Titled], index: Index) -> str:
    said = f"{item.title} {item.snippet}"
    for at in index.search(search_words(said), limit=1):
        number, title, text = sections[at]
        if len(terms(said) & terms(f"{title} {text}")) >= FITTING:
            return number
    return ""
