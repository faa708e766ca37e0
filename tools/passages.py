"""A document cut into passages: the pieces that are searched, shown to the model and cited."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from redraft.tools.blocks import Block, blocks
from redraft.tools.labels import heading_words
from redraft.tools.sentences import block_spans
from redraft.tools.types import Span

# About 250 tokens of English: ten passages and a page of instructions leave half of an 8,192-token context free. A
# starting point, not yet measured against the quality of retrieval.
MAX_CHARS = 1000


class _Piece(NamedTuple):
    """A stretch that is not cut any further, and the number of the section it belongs to."""

    section: int
    start: int
    end: int
    heading: str


def cut(text: str) -> list[Span]:
    """The passages of `text` in order: disjoint, at most `MAX_CHARS` long, without white space at either end.

    Together they cover everything but white space and headings. A heading opens a new passage and is the `heading` of
    all passages down to the next one; it is a passage itself only in a text that has nothing but headings. Blocks of
    code and tables stay whole when they fit; small neighbours below one heading share a passage.
    """
    return _pack(_pieces(text)) or _pack(_headings_alone(text))


def _pieces(text: str) -> Iterator[_Piece]:
    section, heading = 0, ""
    for block in blocks(text):
        if block.kind == "heading":
            section, heading = section + 1, heading_words(text[block.start : block.end])
            continue
        for start, end in _parts(text, block):
            yield _Piece(section, start, end, heading)


def _headings_alone(text: str) -> Iterator[_Piece]:
    return (_Piece(0, block.start, block.end, "") for block in blocks(text))


def _pack(pieces: Iterable[_Piece]) -> list[Span]:
    """Neighbours of one section joined for as long as they fit."""
    packed: list[_Piece] = []
    for piece in pieces:
        if packed and packed[-1].section == piece.section and piece.end - packed[-1].start <= MAX_CHARS:
            packed[-1] = packed[-1]._replace(end=piece.end)
        else:
            packed.append(piece)
    return [Span(start=piece.start, end=piece.end, heading=piece.heading) for piece in packed]


def _parts(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """A block that fits, whole; else its sentences, rows or lines, and what is still too long cut hard."""
    if block.end - block.start <= MAX_CHARS:
        yield block.start, block.end
        return
    for start, end in _lines(text, block) if block.kind == "code" else block_spans(text, block):
        yield from _chop(text, start, end)


def _lines(text: str, block: Block) -> Iterator[tuple[int, int]]:
    at = block.start
    for line in text[block.start : block.end].split("\n"):
        if line.strip():
            yield at + len(line) - len(line.lstrip()), at + len(line.rstrip())
        at += len(line) + 1


def _chop(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of a stretch without borders, cut at the last white space that keeps them short enough."""
    while end - start > MAX_CHARS:
        border = next((at for at in range(start + MAX_CHARS, start, -1) if text[at].isspace()), start + MAX_CHARS)
        yield start, start + len(text[start:border].rstrip())
        start = border
        while text[start].isspace():
            start += 1
    yield start, end
