"""A report on an evaluation, before it is Markdown, HTML or a terminal's text. Any string in it may be anybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from redraft.evals.statistics import Interval

HUNDRED = 100
"""From here on the decimals of a number are left out."""
TINY = 1e-12
"""Below this a number is what is left over of sums that should come to 0."""


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Table:
    kind: ClassVar[str] = "table"
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    heads: int = 1
    """Columns, from the first, that name the row."""
    numbers: bool = True
    """Whether the others hold numbers."""
    long: bool = False
    """To be looked things up in: folded where that can be, and left out on a terminal."""


class Mark(NamedTuple):
    """A value with its interval, on a line of its own."""

    name: str
    value: float
    interval: Interval | None
    clear: bool
    """Whether it is more than noise."""
    told: str


@dataclass(frozen=True)
class Forest:
    """Differences from 0, a panel for each measure: measures have units of their own."""

    kind: ClassVar[str] = "plot"
    caption: str
    alt: str
    panels: Mapping[str, Sequence[Mark]]


@dataclass(frozen=True)
class Spread:
    """The values of each system, a panel for each measure."""

    kind: ClassVar[str] = "plot"
    caption: str
    alt: str
    panels: Mapping[str, Mapping[str, Sequence[float]]]


class Cloud(NamedTuple):
    """Points of one system, as many of `x` as of `y`."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Scatter:
    """One quantity against several others, a panel for each."""

    kind: ClassVar[str] = "plot"
    caption: str
    alt: str
    y: str
    panels: Mapping[str, Sequence[Cloud]]


Plot = Forest | Spread | Scatter
Block = Paragraph | Table | Plot


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    title: str
    sections: Sequence[Section]

    @property
    def plots(self) -> list[Plot]:
        """In their order."""
        return [
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Forest | Spread | Scatter)
        ]


def number(value: float | None, *, signed: bool = False) -> str:
    """Three digits, or all before the point; empty for None."""
    if value is None:
        return ""
    sign, shown = "+" if signed else "", value if abs(value) > TINY else 0.0
    return f"{shown:{sign},.0f}" if abs(shown) >= HUNDRED else f"{shown:{sign}.3g}"


def ends(interval: Interval | None, *, signed: bool = False) -> str:
    """As `[0.1, 0.2]`; empty for None."""
    return f"[{number(interval.low, signed=signed)}, {number(interval.high, signed=signed)}]" if interval else ""
