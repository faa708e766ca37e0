"""Where sentences end. Rules, no model: the same text always falls into the same sentences."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from redraft.tools.blocks import Block, blocks

# Words whose full stop never ends a sentence, because something always follows them.
_NEVER = re.compile(
    r"approx|bros|bzw|ca|capt|cf|d\.h|dept|dr|e\.g|eg|esp|fig|figs|eq|eqs|eqn|gen|gov|hon|i\.e|ie|incl|lt|messrs|mr|mrs|ms"
    r"|prof|resp|rev|sen|sgt|sr|st|univ|usw|viz|vs|z\.b",
    re.IGNORECASE,
)
# Words whose full stop ends a sentence unless a number follows: many of them are plain words too.
_BEFORE_NUMBER = re.compile(
    "app|art|cap|ch|chap|col|ed|eds|fn|line|lines|no|nos|nr|op|p|pg|pp|pl|pt|pts|ref|refs|sec|sect|tab|ver|vol|vols",
    re.IGNORECASE,
)
# Words whose full stop may end a sentence: then the next word begins with a capital letter.
_PERHAPS = re.compile(
    "al|apr|assoc|aug|ave|avg|co|corp|dec|etc|feb|gmbh|inc|jan|jr|jul|jun|llc|ltd|mar|max|min|mt|nov|oct|plc|sep|sept|std"
    "|tel",
    re.IGNORECASE,
)
# Capitalised words that begin a sentence far more often than they follow "J." or "U.S." within one.
_STARTERS = re.compile(
    "A|After|All|Also|Although|An|And|As|At|Because|Both|But|By|Each|For|From|He|Here|His|How|However|If|In|It|Its|Many"
    "|Most|No|On|One|Or|Other|She|Since|So|Some|Such|That|The|Their|Then|There|These|They|This|Those|To|We|What|When"
    "|Where|Which|While|With|You"
)
_MARKERS = r"(?:[ \t]?[\[【](?:e?\d+)(?:\s?[,;–-]\s?e?\d+)*+[\]】])*+"
STOP = re.compile(
    rf"(?<![.!?…])(?P<latin>[.!?…]++)[\"'”’»)\]*_`]*+{_MARKERS}(?=\s)|[。！？｡]++[」』）》〉”’\"')]*+{_MARKERS}",
)
"""What may end a sentence: a full stop with the quotes and brackets it closes, and the citation markers that stand
directly behind it. Latin stops end a sentence only before white space, which spares decimals, versions, URLs and
dotted names. A run of stops is tried only from its beginning, and nothing gives back what it took: a page of dots is
linear."""
_WORD_BEFORE = re.compile(r"[\w.&'’-]*$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[*_`]*([^\W_]*)")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|[A-Z]")
_ENUMERATOR = re.compile(r"[ \t*+•(-]*(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-zA-Z]|[ivxIVX]{1,5})")
# "am 5. Mai 2024": German writes the day of a month as an ordinal.
_DAY = re.compile(r"[1-9]|[12]\d|3[01]")
_MONTH = re.compile("Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember")
# How far to look around a stop for a word. Longer ones are no abbreviations, and one endless line stays linear.
_REACH = 40


class SentenceSpan(NamedTuple):
    """`text[start:end]`, without white space at either end."""

    start: int
    end: int


def sentence_spans(text: str) -> list[SentenceSpan]:
    """The sentences of `text` in order: disjoint, never blank, together all of it but white space.

    A heading, a list item, a row of a table and a paragraph end with their last line; a fenced block is one piece.
    A citation marker directly behind a full stop belongs to the sentence it follows.
    """
    return [span for block in blocks(text) for span in block_spans(text, block)]


def block_spans(text: str, block: Block) -> Iterator[SentenceSpan]:
    """The sentences of one block."""
    if block.kind in ("code", "heading"):
        return iter([SentenceSpan(block.start, block.end)])
    ends = _row_ends(text, block) if block.kind == "table" else _sentence_ends(text, block)
    return _between(text, block, ends)


def _between(text: str, block: Block, ends: Iterator[int]) -> Iterator[SentenceSpan]:
    start = block.start
    for end in (*ends, block.end):
        piece = text[start:end]
        if piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            yield SentenceSpan(first, start + len(piece.rstrip()))
        start = end


def _row_ends(text: str, block: Block) -> Iterator[int]:
    return (match.end() for match in re.compile(r"\n").finditer(text, block.start, block.end))


def _sentence_ends(text: str, block: Block) -> Iterator[int]:
    start = block.start
    for stop in STOP.finditer(text, block.start, block.end):
        if stop["latin"] is None or _is_end(text, start, stop, block.end):
            start = stop.end()
            yield start


def _is_end(text: str, start: int, stop: re.Match[str], limit: int) -> bool:
    """Whether a Latin stop before white space ends the sentence that began at `start`."""
    after = _NEXT_WORD.match(text, stop.end(), min(limit, stop.end() + _REACH))
    following = after[1] if after else ""
    if stop["latin"] != ".":
        return not following[:1].islower()
    if _ENUMERATOR.fullmatch(text, start, stop.start()):
        return False
    before = _WORD_BEFORE.search(text, max(start, stop.start() - _REACH), stop.start())
    return _may_end(before[0] if before else "", following)


def _may_end(word: str, following: str) -> bool:
    """Whether a sentence may end with `word` and a full stop and go on with `following`."""
    if _NEVER.fullmatch(word):
        return False
    if _DAY.fullmatch(word) and _MONTH.fullmatch(following):
        return False
    if _ACRONYM.fullmatch(word):
        return _STARTERS.fullmatch(following) is not None
    if _BEFORE_NUMBER.fullmatch(word):
        return not following[:1].isdigit()
    return following[:1].isupper() or not _PERHAPS.fullmatch(word)
