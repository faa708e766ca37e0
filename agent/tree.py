"""The outline as a tree: a section's number is its place, `2.1` the first below `2`. Pure functions."""

from collections.abc import Iterable, Sequence

from redraft.store.models import Section
from redraft.store.runs import place

DEEPEST = 3
"""Levels of sections. WARP's limit: below it a tree falls into scraps (AgentCPM-Report, section 3.1)."""


def depth(number: str) -> int:
    return len(place(number))


def parent(number: str) -> str | None:
    """The number of the section above; None for one of the first level."""
    above, _, _ = number.rpartition(".")
    return above or None


def body(sections: Iterable[Section]) -> list[Section]:
    """Without the summary and the conclusion."""
    return [section for section in sections if section.origin not in ("summary", "conclusion")]


def children(sections: Iterable[Section], number: str) -> list[Section]:
    return [section for section in sections if parent(section.number) == number]


def siblings(sections: Iterable[Section], number: str) -> list[Section]:
    """Those with the same section above, or with none; without itself."""
    return [s for s in body(sections) if parent(s.number) == parent(number) and s.number != number]


def may_grow(sections: Sequence[Section], number: str) -> bool:
    """Whether a section may be given children: it has none, nobody locked it, and it is not at the deepest level."""
    found = next((section for section in body(sections) if section.number == number), None)
    return found is not None and not found.locked and depth(number) < DEEPEST and not children(sections, number)
