"""Text as a row of blocks: what blank lines divide, and what the first characters of a line set apart."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["heading", "code", "table", "item", "text"]

FENCE = re.compile(
    r"^[ \t]*(?P<rail>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*(?:\n(?:.*?^[ \t]*(?P=rail)[`~]*[ \t]*$|.*)|\Z)", re.M | re.S
)
"""A fenced block of code, to the end of the text where nothing closes it."""

# A longer "heading" is a paragraph that happens to begin with `#`; the longest in 208 package descriptions has 80
# characters.
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?=\S)[^\n]{0,200}$", re.M)
# A lone "|" is a slip before a paragraph: a row closes a cell.
_TABLE = re.compile(r"[ \t]*(?:\|[^|\n]*\||\+[-=]{2,})")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")


class Block(NamedTuple):
    """`text[start:end]`, without white space at either end."""

    kind: Kind
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of `text` in order. Together they cover everything but white space."""
    current: Block | None = None
    for line in _lines(text):
        if current and line and _goes_on(current.kind, line.kind):
            current = current._replace(end=line.end)
            continue
        if current:
            yield current
        current = line
    if current:
        yield current


def _goes_on(block: Kind, line: Kind) -> bool:
    """Whether a line of this kind belongs to the block above it."""
    return line == block == "table" or (line == "text" and block in ("text", "item"))


def _lines(text: str) -> Iterator[Block | None]:
    """The lines as blocks of their own; None for a blank one. A fence counts as one line."""
    at = 0
    while at < len(text):
        fence = FENCE.match(text, at)
        after = fence.end() if fence else (text.find("\n", at) + 1 or len(text))
        line = text[at:after]
        start, end = at + len(line) - len(line.lstrip()), at + len(line.rstrip())
        yield Block("code" if fence else _kind(line), start, end) if start < end else None
        at = after


def _kind(line: str) -> Kind:
    if _HEADING.match(line):
        return "heading"
    if _TABLE.match(line):
        return "table"
    return "item" if _ITEM.match(line) else "text"
