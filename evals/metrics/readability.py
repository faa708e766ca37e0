"""How a report reads, as far as counting tells. To be reported, not to be optimised."""

import re

from redraft.agent.prose import word_count
from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import OURS, Given, Metric, Values, share, values
from redraft.tools.blocks import Kind

_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*", re.IGNORECASE)


def sentence_length(document: Document) -> float | None:
    """The mean length, in words, of the sentences in paragraphs and lists."""
    prose = [word_count(sentence.plain) for sentence in document.sentences if sentence.kind != "table"]
    return share(sum(prose), len(prose))


def flesch_kincaid(document: Document) -> float | None:
    """The Flesch-Kincaid grade of an English report: 0.39 words a sentence + 11.8 syllables a word - 15.59. None of
    other languages. Syllables are groups of vowels, without a silent e at the end."""
    if document.language != "en":
        return None
    texts = [sentence.plain for sentence in document.sentences if sentence.kind != "table"]
    words = [word for text in texts for word in _WORD.findall(text)]
    if not words:
        return None
    return 0.39 * len(words) / len(texts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def bullet_share(document: Document) -> float | None:
    """Of the words, those in list items."""
    return _share(document, "item")


def table_share(document: Document) -> float | None:
    """Of the words, those in tables, without their headings."""
    return _share(document, "table")


def syllables(word: str) -> int:
    """Of an English word, at least 1."""
    plain = word.lower()
    silent = plain.endswith("e") and not plain.endswith(("le", "ee"))
    return max(1, len(_VOWELS.findall(plain)) - silent)


def _share(document: Document, kind: Kind) -> float | None:
    words = [(sentence.kind, word_count(sentence.plain)) for sentence in document.sentences]
    return share(sum(count for of, count in words if of == kind), sum(count for _, count in words))


METRICS = (
    Metric(sentence_length, "words", "neither", OURS, "whether a long sentence is a good one"),
    Metric(
        flesch_kincaid,
        "grade",
        "neither",
        "Kincaid et al. 1975 (Navy Research Branch Report 8-75)",
        "understanding: terms of a field are long, and its readers know them",
    ),
    Metric(bullet_share, "share", "neither", OURS, "whether the matter is a list"),
    Metric(table_share, "share", "neither", OURS, "whether the matter is a table"),
)


def measure(given: Given) -> Values:
    return values(METRICS, given.document)
