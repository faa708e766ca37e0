"""What a report has fixed: the abbreviations it defines, and its figures with the words around them. Pure functions.

A ledger of established facts is what LongDPO (arXiv 2502.02095) hands to the writer of every part, so that a long text
does not say one thing here and another there.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from redraft.agent.abbreviations import Abbreviation, abbreviations, firsts
from redraft.agent.citations import without_marks
from redraft.agent.facts import facts
from redraft.agent.numerals import Number, Value
from redraft.tools.language import CJK
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

SAME_SUBJECT = 0.6
"""Jaccard's likeness of the terms of two sentences, figures left out, from which on they speak of the same. In 336
reports of six research systems with 14,063 figures that finds two conflicts, one of them true; with 0.4 it is eight and
still one. Of 37 sentences that those reports repeat, with a digit of a figure changed, it finds 33."""
LEAST_TERMS = 5
"""Sentences of fewer are too short to tell of what they speak."""
MOST_CHARACTERS = 1200
"""Of a ledger in a prompt: about 300 tokens."""
WINDOW = 60
"""Characters on each side of a figure that tell what it is about."""


class Figure(NamedTuple):
    """A number that a report says, with the sentence that says it."""

    section: str
    said: str
    """With the word or sign behind it."""
    unit: str
    """The currency before it, else the word or sign behind it; empty for none."""
    values: frozenset[Value]
    sentence: str
    """Without its citations."""
    around: str
    """The words next to it."""


class Ledger(NamedTuple):
    abbreviations: list[Abbreviation]
    figures: list[Figure]
    """Both in the order of the report."""


class Conflict(NamedTuple):
    """The same subject with different figures, in different sections."""

    one: Figure
    other: Figure


def ledger(texts: Mapping[str, str]) -> Ledger:
    """`texts`: the sections' texts by number, in the order of the report."""
    figures = [figure for section, text in texts.items() for figure in _figures(section, text)]
    return Ledger(abbreviations(texts), figures)


def conflicts(kept: Ledger) -> list[Conflict]:
    """Where two sections say nearly the same sentence with one figure that differs, and is of the same unit.

    Sentences that differ in more than one figure are taken to speak of different years, places or cases.
    """
    by_sentence: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for figure in kept.figures:
        by_sentence[figure.section, figure.sentence].append(figure)
    subjects = {key: _subject(key[1], figures) for key, figures in by_sentence.items()}
    told = [key for key in by_sentence if len(subjects[key]) >= LEAST_TERMS]
    found = (
        _conflict(by_sentence[one], by_sentence[other])
        for one, other in combinations(told, 2)
        if one[0] != other[0] and _likeness(subjects[one], subjects[other]) >= SAME_SUBJECT
    )
    return [conflict for conflict in found if conflict]


def shown(kept: Ledger, near: str, *, limit: int = MOST_CHARACTERS) -> str:
    """The abbreviations, then the figures that are nearest to a text: a line for each, as far as `limit` allows."""
    about = terms(without_marks(near))
    close = sorted(kept.figures, key=lambda figure: -len(terms(figure.around) & about))
    lines = [
        *(f"- {one.short}: {one.long}" for one in firsts(kept.abbreviations).values()),
        *dict.fromkeys(f"- section {figure.section}: {figure.around}" for figure in close),
    ]
    text = ""
    for line in lines:
        if len(text) + len(line) >= limit:
            break
        text += f"\n{line}" if text else line
    return text


# A scale word belongs to the number, so the unit is what stands behind it.
_UNIT = re.compile(rf"[ \u00a0-]?(%|％|°\s?[CF]?|[{CJK}]{{1,2}}|[^\W\d_]+)")
_CURRENCY = re.compile(r"[$€£¥₹]\s?$")


def _figures(section: str, text: str) -> Iterator[Figure]:
    for span in sentence_spans(text):
        sentence = " ".join(without_marks(text[span.start : span.end]).split())
        for number in facts(sentence).numbers:
            unit, end = _unit(sentence, number)
            said, around = sentence[number.start : end], _around(sentence, number.start, end)
            yield Figure(section, said, unit, number.values, sentence, around)


def _unit(sentence: str, number: Number) -> tuple[str, int]:
    """The unit of a number, and where the word or sign behind it ends."""
    before = _CURRENCY.search(sentence[max(0, number.start - 2) : number.start])
    after = _UNIT.match(sentence, number.end)
    word = after[1].casefold() if after else ""
    return (before[0].strip() if before else word), (after.end() if after else number.end)


def _around(sentence: str, start: int, end: int) -> str:
    """The words next to a place in a sentence, none of them cut."""
    before, behind = sentence[max(0, start - WINDOW) : start], sentence[end : end + WINDOW]
    if start > WINDOW:
        before = before.partition(" ")[2] or before
    if end + WINDOW < len(sentence):
        behind = behind.rpartition(" ")[0] or behind
    return f"{before}{sentence[start:end]}{behind}".strip(" ,;")


def _subject(sentence: str, figures: Sequence[Figure]) -> set[str]:
    """What a sentence speaks of, its figures left out."""
    for figure in sorted(figures, key=lambda figure: -len(figure.said)):
        sentence = sentence.replace(figure.said, " ")
    return {term for term in terms(sentence) if not term.isdigit()}


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _conflict(some: Sequence[Figure], others: Sequence[Figure]) -> Conflict | None:
    mine = [figure for figure in some if not any(figure.values & other.values for other in others)]
    theirs = [figure for figure in others if not any(figure.values & other.values for other in some)]
    if len(mine) == len(theirs) == 1 and mine[0].unit == theirs[0].unit:
        return Conflict(mine[0], theirs[0])
    return None
