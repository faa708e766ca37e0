"""What a good report on the question does, point by point: settled before anybody writes, and held against it later."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from redraft.agent.titles import covered
from redraft.store.models import Brief

Dimension = Literal["comprehensiveness", "insight", "instruction", "readability"]
"""The four on which DeepResearch Bench judges a report (RACE, arXiv 2506.11763)."""
Origin = Literal["model", "spec", "question"]

HEAVIEST = 3


@dataclass(frozen=True, kw_only=True)
class Item:
    """One point."""

    dimension: Dimension
    text: str
    weight: int
    """1 to `HEAVIEST`."""
    origin: Origin
    """Who made it: the model, the user's specification, or the program from the question itself."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Item":
        return cls(**data)


def items(brief: Brief) -> list[Item]:
    """The points of a brief, those of the user's specification first."""
    return [Item.from_dict(data) for data in brief.checklist]


def demanded(points: Iterable[str], origin: Origin) -> list[Item]:
    """Points that the report has to cover, whatever the model makes of the question."""
    return [Item(dimension="comprehensiveness", text=text, weight=HEAVIEST, origin=origin) for text in points]


def joined(required: Sequence[Item], further: Iterable[Item]) -> list[Item]:
    """All that is required, and of the further ones those that say something else."""
    kept = list(required)
    for item in further:
        if not covered(item.text, (other.text for other in kept)):
            kept.append(item)
    return kept
