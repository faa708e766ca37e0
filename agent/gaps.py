"""What a report can lack, which of it comes first, and whether it was asked for before. Pure functions."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, NamedTuple

from redraft.store.models import Gap
from redraft.store.runs import place
from redraft.tools.retrieve import terms

Priority = Literal["high", "medium", "low"]

ALIKE = 0.7
"""The share of their terms that two questions have in common (Jaccard) from which on they are taken for one. Of all
pairs of 1,000 questions that people put to a search engine (Researchy Questions), 10 share so much, and 7 of these ask
the same; of the 54 that share 0.6 and more, one in four does: "how does climate change affect birds", "… seals"."""


NEWS = "news"
"""What opens the gaps of a run that brings a report up to date: sources that the report does not have."""


class Kind(StrEnum):
    """What is wrong. The first two call for new subsections, the others for a better text."""

    MISSING = "missing"
    BRANCH = "branch"
    THIN = "thin"
    UNSUPPORTED = "unsupported"
    OUTDATED = "outdated"
    CONFLICTING = "conflicting"
    NOTE = "note"


class Nature(NamedTuple):
    """What a kind of gap is."""

    meaning: str
    """As a prompt tells it."""
    priority: Priority
    """Where nothing else speaks for another."""


NATURES = {
    Kind.MISSING: Nature("the reader needs it, and no section treats it", "high"),
    Kind.BRANCH: Nature("the section's matter has parts that nobody has written of", "medium"),
    Kind.THIN: Nature("the section says too little of it, or rests on a single source", "medium"),
    Kind.UNSUPPORTED: Nature("the section says it without evidence", "high"),
    Kind.OUTDATED: Nature("it may have changed since the section's sources were written", "medium"),
    Kind.CONFLICTING: Nature("two sources or two sections say different things of it", "high"),
    Kind.NOTE: Nature("the user asked for it in these words", "high"),
}
_ORDER: dict[str, int] = {"high": 0, "medium": 1, "low": 2}


def ranked(gaps: Iterable[Gap]) -> list[Gap]:
    """Those that are open: news first, as the run was begun for them, then the most urgent, and of these the oldest.

    Their numbers do not count: rounds that go side by side give them out as they come.
    """

    def rank(gap: Gap) -> tuple[bool, int, int, tuple[int, ...], str, str]:
        where = place(gap.section) if gap.section else ()
        return gap.opened_by != NEWS, _ORDER[gap.priority], gap.opened_in, where, gap.kind, gap.question

    return sorted((gap for gap in gaps if gap.state == "open"), key=rank)


def alike(question: str, others: Iterable[str]) -> bool:
    """Whether one of the others asks the same. Two that name different numbers, such as years, never do."""
    mine = terms(question)
    return any(_alike(mine, terms(other)) for other in others)


def _alike(mine: set[str], theirs: set[str]) -> bool:
    if not mine or _numbers(mine) != _numbers(theirs):
        return mine == theirs
    return len(mine & theirs) >= ALIKE * len(mine | theirs)


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}
