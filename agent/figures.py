"""What a text says in figures, so that two texts can be held against one another. Pure functions."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from redraft.agent.facts import ROUNDED, facts
from redraft.agent.numerals import Number
from redraft.tools.language import CJK, STOP_WORDS
from redraft.tools.retrieve import STEM, terms
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import harmless

YEARS = (Decimal(1000), Decimal(2100))
"""A whole number from one to the other, without a unit, is a year."""
GAP = len(" und ")
"""Characters between two numbers that are the ends of one span, as in "15 to 40 million euros"."""


class Figure(NamedTuple):
    """A quantity of something, or a span from one to another."""

    unit: str
    """The stem of the word behind it, a sign of currency, or `%`; empty where there is none, as behind a year."""
    low: Decimal
    high: Decimal


class Statistic(NamedTuple):
    """A sentence with figures."""

    sentence: str
    figures: frozenset[Figure]
    years: frozenset[Decimal]
    terms: frozenset[str]
    """What else it says."""


def statistics(text: str) -> list[Statistic]:
    """The sentences of a text that hold a quantity of something, without those that address software."""
    sentences = (text[span.start : span.end] for span in sentence_spans(text))
    found = (_statistic(sentence) for sentence in sentences)
    return [statistic for statistic in found if statistic.figures and not harmless(statistic.sentence).left_out]


def differ(one: Statistic, other: Statistic) -> bool:
    """Whether two sentences give figures of one unit that lie apart by more than rounding.

    Of different years they may: then each year has its own figure. A span differs only from what lies outside of it.
    """
    if one.years and other.years and one.years.isdisjoint(other.years):
        return False
    shared = {figure.unit for figure in one.figures} & {figure.unit for figure in other.figures}
    return any(
        _apart([f for f in one.figures if f.unit == unit], [f for f in other.figures if f.unit == unit])
        for unit in shared
    )


def _apart(some: list[Figure], others: list[Figure]) -> bool:
    return all(_beyond(one, other) or _beyond(other, one) for one in some for other in others)


def _beyond(one: Figure, other: Figure) -> bool:
    return one.low > other.high * (1 + ROUNDED)


def _statistic(sentence: str) -> Statistic:
    found = [number for number in facts(sentence).numbers if _amounts(number)]
    figures = [_figure(sentence, *pair) for pair in zip([None, *found], found, strict=False)]
    years = frozenset(figure.high for figure in figures if _is_year(figure))
    words = frozenset(terms("".join(_between(sentence, found))))
    return Statistic(sentence, frozenset(figure for figure in figures if figure.unit), years, words)


def _figure(sentence: str, before: Number | None, number: Number) -> Figure:
    unit, amounts = _unit(sentence, number), _amounts(number)
    high, low = max(amounts), max(amounts) if unit == "%" else min(amounts)
    if before and number.start - before.end <= GAP and not _unit(sentence, before):
        below = [value for value in (*before.values, *number.readings) if isinstance(value, Decimal) and value < high]
        low = max(below, default=low)
    return Figure(unit, low, high)


def _amounts(number: Number) -> list[Decimal]:
    return [value for value in number.values if isinstance(value, Decimal)]


def _is_year(figure: Figure) -> bool:
    return not figure.unit and figure.high == int(figure.high) and YEARS[0] <= figure.high <= YEARS[1]


_CURRENCY = "€$£¥₩₹"
_BEHIND = re.compile(
    rf"[ \u00a0-]?(?:(?P<percent>[%％٪]|per\s?cent|prozent|pour cent|por ciento)|(?P<unit>[{_CURRENCY}]|[{CJK}]{{1,2}}"
    r"|[^\W\d_]+))",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"([{_CURRENCY}])[ \u00a0]?$")


def _unit(sentence: str, number: Number) -> str:
    before = _BEFORE.search(sentence, max(0, number.start - 2), number.start)
    behind = _BEHIND.match(sentence, number.end)
    if before or not behind:
        return before[1] if before else ""
    word = (behind["unit"] or "%").lower()
    return "" if word in STOP_WORDS else word[:STEM]


def _between(sentence: str, found: list[Number]) -> Iterator[str]:
    """A sentence without its numbers."""
    at = 0
    for number in found:
        yield sentence[at : number.start]
        at = number.end
    yield sentence[at:]
