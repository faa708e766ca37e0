"""What can be the title of a report or of a section, and titles that a question or a document gives. Pure functions."""

import re
from collections.abc import Iterable

from redraft.agent.prose import CHARACTERS_PER_WORD, one_line, word_count
from redraft.prompts.labels import LANGUAGES, labels
from redraft.tools.retrieve import search_words, terms
from redraft.tools.suspicion import suspicious_spans

TITLE_WORDS = 12
TITLE_LENGTH = 120
"""Characters."""
LONGEST_ASKED = 60
"""Words of a question whose clauses are taken for its parts. Starting point. The prompts of DeepScholar-Bench have 180:
with three of their clauses for sections, 0.30 of what is found is of the works to be cited, and with three titles of
sources 0.61 (recall 0.20 and 0.30)."""


def is_title(text: str) -> bool:
    """Whether a text can head a section: it names something, is short, and is no heading that reports have anyway."""
    title = one_line(text)
    named = bool(terms(title)) and word_count(title) <= TITLE_WORDS
    return named and not is_reserved(title) and not suspicious_spans(title)


def is_reserved(title: str) -> bool:
    """Whether it is a heading that the program itself gives, or a word for a part of any report."""
    return one_line(title).casefold().removeprefix("the ") in _RESERVED


_RESERVED = frozenset({"title", "section", "conclusion", "outline", "report", "introduction"}).union(
    heading.casefold()
    for said in map(labels, LANGUAGES)
    for heading in (said.summary, said.conclusion, said.references)
)


def overlap(title: str, other: str) -> bool:
    """Whether two titles share most of what they name."""
    mine, theirs = terms(title), terms(other)
    return 2 * len(mine & theirs) > len(mine | theirs)


def covered(title: str, others: Iterable[str]) -> bool:
    return any(overlap(title, other) for other in others)


def parts(question: str) -> list[str]:
    """What stands between the commas and the "and"s of a question, as far as it names something.

    A text of more than `LONGEST_ASKED` words has none: its clauses say what to do, or are an abstract that comes along.
    """
    if word_count(question) > LONGEST_ASKED:
        return []
    named = [part for part in map(short, _JOINT.split(question)) if any(len(w) > 1 for w in search_words(part))]
    return [part[:1].upper() + part[1:] for part in named]


_JOINT = re.compile(r"[,;:?!。？！，、；：،؛؟¿¡]|\b(?:and|or|und|oder|sowie|et|ou|y|e|и|или)\b", re.IGNORECASE)
_NUMBERING = re.compile(r"^(?:(?:chapter|section|part|appendix)\s+)?(?:\d+|[A-Z](?=\.))(?:\.\d+)*\.\s+", re.IGNORECASE)


def short(title: str) -> str:
    """The first clause of a title, without its number, and of that no more words than a heading holds."""
    clause = re.split(r"[,;–—|。？！，、；：｜]|\. | - ", _NUMBERING.sub("", one_line(title)))[0]
    words = " ".join(clause.split()[:TITLE_WORDS])[:TITLE_LENGTH]
    # Where nothing stands between words, the first of them are so many characters.
    return words if word_count(words) <= TITLE_WORDS else words[: TITLE_WORDS * CHARACTERS_PER_WORD]
