"""Where a report covers the points that it was to cover, found by their words: no model is asked.

A table from points to the places that answer them is how Pap2Pat looks at long texts written to a specification
(arXiv 2410.07009).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from redraft.agent import tree, waves
from redraft.agent.checklist import Item, items
from redraft.agent.citations import without_marks
from redraft.store import runs
from redraft.store.database import Database
from redraft.tools.language import paired
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

WINDOW = 3
"""Sentences in a row that may make a point together. Of the 1,043 facts below, 80 % reach `COVERED` in one sentence,
88 % in two, 90 % in three."""
COVERED = 0.5
"""The share of a point's terms that sentences in a row must have. Of 1,043 facts that a model drew from 63 texts (the
nuggets of DeepScholar-Bench), 90 % are found in their own text and 1.5 % in another; 46 % are found still when the
sentences that say them best are taken out, for such texts say most things more than once. Of 216 criteria in English,
which name a matter and no fact (DeepResearch Bench), 74 % are found in a report on their question and 6.5 % in another.
With 0.6 these are 82, 0.4, 23, 47 and 0.9 %."""
COVERED_IN_PAIRS = 0.33
"""The same for Chinese, Japanese and Korean, whose terms are pairs of characters, many of them across two words. Of 214
criteria in Chinese 65 % are found in a report on their question and 5 % in another; with 0.4, 44 and 2 %."""


class Place(NamedTuple):
    """Where a point is covered."""

    section: str
    """The number of the section."""
    sentence: str
    """Of the sentences that cover it, the one that says most of it, without its citations."""
    share: float
    """Of the point's terms, those that stand there."""


class Covered(NamedTuple):
    item: Item
    place: Place | None
    """None where no section covers it."""


class _Sentence(NamedTuple):
    text: str
    terms: set[str]


_Sentences = Mapping[str, Sequence[_Sentence]]


def measurable(checklist: Iterable[Item]) -> list[Item]:
    """The points that a text covers by naming something. How well it compares or reads, no words of a point tell."""
    return [item for item in checklist if item.dimension == "comprehensiveness" and terms(item.text)]


def covered(point: str, texts: Mapping[str, str]) -> Place | None:
    """Where the sections cover a point best; None where none does. `texts`: what stands in each, by its number."""
    return _covered(point, _divided(texts))


def coverage(checklist: Iterable[Item], texts: Mapping[str, str]) -> list[Covered]:
    """Every point with where it is covered, in the order given."""
    divided = _divided(texts)
    return [Covered(item, _covered(item.text, divided)) for item in checklist]


def share(entries: Sequence[Covered]) -> float:
    """How much is covered, by the weight of the points: 1 where there are none."""
    whole = sum(entry.item.weight for entry in entries)
    return sum(entry.item.weight for entry in entries if entry.place) / whole if whole else 1.0


def of_run(database: Database, run_id: str) -> list[Covered]:
    """The points of a run's brief that can be measured, in the sections that stand: summary and conclusion apart."""
    brief = runs.brief(database, run_id)
    standing = waves.texts(database, run_id)
    body = [section.number for section in tree.body(runs.outline(database, run_id))]
    texts = {number: standing[number] for number in body if number in standing}
    return coverage(measurable(items(brief)), texts) if brief else []


def _divided(texts: Mapping[str, str]) -> _Sentences:
    return {number: [_sentence(text[s.start : s.end]) for s in sentence_spans(text)] for number, text in texts.items()}


def _sentence(text: str) -> _Sentence:
    words = " ".join(without_marks(text).split())
    return _Sentence(words, terms(words))


def _covered(point: str, divided: _Sentences) -> Place | None:
    wanted = terms(point)
    places = [_best(wanted, number, sentences) for number, sentences in divided.items() if sentences and wanted]
    best = max(places, key=lambda place: place.share, default=None)  # of equals the first in the report
    enough = COVERED if paired(point) == point else COVERED_IN_PAIRS
    return best if best is not None and best.share >= enough else None


def _best(wanted: set[str], number: str, sentences: Sequence[_Sentence]) -> Place:
    found = [wanted & sentence.terms for sentence in sentences]
    windows = [range(i, i + size) for size in range(1, WINDOW + 1) for i in range(len(found) - size + 1)]

    def said(window: range) -> int:
        return len(set().union(*(found[i] for i in window)))

    window = max(windows, key=said)  # of equals the shortest
    at = max(window, key=lambda i: len(found[i]))
    return Place(number, sentences[at].text, said(window) / len(wanted))
