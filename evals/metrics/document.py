"""An article of any system, taken apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import NamedTuple

from redraft.agent.citations import cited, without_marks
from redraft.agent.facts import facts
from redraft.evals.metrics.listing import Entry, divided
from redraft.evals.metrics.marks import number_of, unified
from redraft.prompts.labels import LANGUAGES, labels
from redraft.tools.blocks import Block, Kind, blocks
from redraft.tools.language import language_of, paired
from redraft.tools.sanitize import visible
from redraft.tools.search.canonical import canonical
from redraft.tools.sentences import block_spans

CLAIM = 50
"""Characters of a sentence from which on it claims something: DeepScholar-Bench's bound (arXiv 2508.20033)."""
CLAIM_IN_CHARACTERS = 25
"""The same where characters are words, as in Chinese. Starting point."""
_LIMITS = re.compile(
    rf"^> \*\*(?:{'|'.join(re.escape(labels(code).limits) for code in LANGUAGES)})\*\* .*\n?", re.MULTILINE
)
UNNUMBERED = 10**6
"""Above it are the numbers of references that have none of their own, as those that are only linked."""


class Reference(NamedTuple):
    """An entry of an article's list of references."""

    number: int
    title: str
    url: str
    """Empty where the list has none."""


class Section(NamedTuple):
    level: int
    """Of its heading, from 1; 0 of what stands before the first."""
    heading: str
    text: str
    """To the next heading of any level, in blocks; cites as `[e3]`."""


class Sentence(NamedTuple):
    text: str
    """Cites as `[e3]`."""
    section: int
    """The place of its section."""
    kind: Kind

    @property
    def plain(self) -> str:
        """Without its citations."""
        return without_marks(self.text).lstrip("-*+•#> ")

    @property
    def citations(self) -> list[int]:
        """The numbers of the references it cites, each once."""
        return cited(self.text)

    @property
    def is_claim(self) -> bool:
        """Whether it says something that can be right or wrong, by its form: long enough, and no question."""
        least = CLAIM if paired(self.plain) == self.plain else CLAIM_IN_CHARACTERS
        return len(self.plain) >= least and not self.plain.rstrip("*_\"'”’ ").endswith(("?", "？", "؟"))

    @property
    def is_hard(self) -> bool:
        """Whether it is a claim with a number, a date or a quotation."""
        return self.is_claim and any(facts(self.plain))


@dataclass(frozen=True)
class Document:
    """An article in its parts. Everything but `raw` is without the list of references."""

    raw: str
    """The article as it was given."""
    sections: Sequence[Section]
    references: Sequence[Reference]
    """The entries of its list in order, then what is linked in the text alone."""
    listed: int
    """How many of them stand in the list."""

    @property
    def title(self) -> str:
        return next((section.heading for section in self.sections if section.level == 1), "")

    @cached_property
    def text(self) -> str:
        """The running text, without headings."""
        return "\n\n".join(section.text for section in self.sections if section.text)

    @cached_property
    def sentences(self) -> Sequence[Sentence]:
        """Without headings, code, and what only divides or heads a table."""
        return [s for place, section in enumerate(self.sections) for s in _sentences(section.text, place)]

    @cached_property
    def claims(self) -> Sequence[Sentence]:
        return [sentence for sentence in self.sentences if sentence.is_claim]

    @cached_property
    def language(self) -> str | None:
        return language_of(self.text)

    @cached_property
    def cited(self) -> Sequence[int]:
        """The numbers of the references it cites, each once, by first mention."""
        return list(dict.fromkeys(number for sentence in self.sentences for number in sentence.citations))


def parse(article: str) -> Document:
    """Takes an article apart. Never raises, and takes time in proportion to its length.

    The box in which redraft says what a report lacks is left out, as it is about the report and no part of it.
    """
    text, entries = divided(_LIMITS.sub("", visible(article)))
    numbering = _Numbering(entries)
    listed = len(numbering.references)
    sections = [section._replace(text=numbering.unified(section.text)) for section in _sections(text)]
    return Document(article, tuple(sections), tuple(numbering.references), listed)


class _Numbering:
    """The references of an article: those of its list, and those that its text links."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.references: list[Reference] = []
        self._of_address: dict[str, int] = {}
        self._free = count(UNNUMBERED)
        for entry in entries:
            if entry.keys or canonical(entry.url) not in self._of_address:
                self._add(entry)

    def unified(self, text: str) -> str:
        """The text with marks as `[e3]`: code as it is."""
        pieces, at = [], 0
        for block in blocks(text):
            piece = text[block.start : block.end]
            pieces += [text[at : block.start], piece if block.kind == "code" else unified(piece, self._number)]
            at = block.end
        return "".join([*pieces, text[at:]])

    def _number(self, url: str, title: str) -> int:
        if canonical(url) not in self._of_address:
            self._add(Entry([], title, url))
        return self._of_address[canonical(url)]

    def _add(self, entry: Entry) -> None:
        numbers = [number_of(key) for key in entry.keys] or [next(self._free)]
        self.references += [Reference(number, entry.title, entry.url) for number in numbers]
        if entry.url:
            self._of_address.setdefault(canonical(entry.url), numbers[0])


def _sections(text: str) -> Iterator[Section]:
    level, heading, start = 0, "", 0
    for block in blocks(text):
        if block.kind == "heading":
            yield from _section(level, heading, text[start : block.start])
            line = text[block.start : block.end]
            level = len(line) - len(line.lstrip("#"))
            heading, start = line.strip("# \t"), block.end
    yield from _section(level, heading, text[start:])


def _section(level: int, heading: str, text: str) -> Iterator[Section]:
    if level or text.strip():
        yield Section(level, heading, text.strip("\n").rstrip())


def _sentences(text: str, place: int) -> Iterator[Sentence]:
    for block in blocks(text):
        pieces = [text[span.start : span.end] for span in block_spans(text, block)]
        for piece in _rows(pieces) if block.kind == "table" else pieces:
            if block.kind not in ("code", "heading") and any(map(str.isalnum, without_marks(piece))):
                yield Sentence(piece, place, block.kind)


def _rows(rows: Sequence[str]) -> Sequence[str]:
    """The rows of a table that say something: below its heading."""
    is_headed = len(rows) > 1 and not any(map(str.isalnum, rows[1]))
    return rows[2:] if is_headed else rows


def table_blocks(text: str) -> list[Block]:
    return [block for block in blocks(text) if block.kind == "table"]
