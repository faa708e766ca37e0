"""Reports without their citations, as RACE compares them: by rule, or by a model in the two ways of its scripts."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from redraft.agent.citations import without_marks
from redraft.agent.errors import ServerRefused
from redraft.evals.judging.judge import Judge
from redraft.evals.metrics.document import Section, parse

LEAST = 100
"""Characters of a cleaned text: upstream takes less for a failure."""
CALLS = 3
"""For one piece of text."""
NEAR = 200
"""Characters before the middle in which the first way looks for the end of a sentence to cut at."""
PIECE = 12_000
"""Characters that the second way cleans at once: 3,000 tokens of English or 8,000 of Chinese, which go into a judge's
reply. Starting point."""
Way = Literal["rule", "halves", "pieces"]
"""By rule, or by the judge as the benchmark's first and its second script do."""
_GAP = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_ENDS = ".?!。？！\n"


class Cleaned(NamedTuple):
    text: str | None
    problem: str = ""
    """Why there is no text."""
    is_cut_off: bool = False
    """Whether that is because the reply was too long."""


async def cleaned(judge: Judge, article: str, way: Way) -> Cleaned:
    """An empty text stays empty, whatever the way; the judge is asked nothing then."""
    if way == "rule" or not article.strip():
        return Cleaned(by_rule(article))
    return await (in_halves if way == "halves" else in_pieces)(judge, article)


def by_rule(article: str) -> str:
    """Without marks, addresses and the list of references; linked words stay. No model is asked.

    It is what our own runs are cleaned by: exact for the forms that `redraft.evals.metrics.document` reads, and the
    same each time. Blank lines and the white space around blocks are not kept.
    """
    return _GAP.sub(" ", "\n\n".join(filter(None, map(_bare, parse(article).sections))))


def _bare(section: Section) -> str:
    heading = f"{'#' * section.level} {without_marks(section.heading)}" if section.level else ""
    return "\n\n".join(filter(None, (heading, without_marks(section.text))))


async def in_halves(judge: Judge, article: str) -> Cleaned:
    """The benchmark's first way: in one call, and where that fails in two halves, cut at the end of a sentence."""
    whole = await _piece(judge, article, least=LEAST)
    if whole.text is not None:
        return whole
    return _joined([await _piece(judge, half, least=LEAST) for half in _halves(article)], "")


async def in_pieces(judge: Judge, article: str, *, size: int = PIECE) -> Cleaned:
    """The benchmark's second way: piece by piece at borders of paragraphs; what is cut off is halved, and so on."""
    cleaned = _joined([await _halving(judge, piece) for piece in _pieces(article, size)], "\n\n")
    return _too_short(cleaned.text, article) if cleaned.text is not None and len(cleaned.text) < LEAST else cleaned


async def _piece(judge: Judge, text: str, *, least: int) -> Cleaned:
    """Of a reply that is cut off, or that has fewer characters than `least`, nothing is used."""
    cleaned = Cleaned(None)
    for attempt in range(CALLS):
        try:
            reply = await judge.say("clean", {"text": text}, attempt=attempt)
        except ServerRefused as error:
            return Cleaned(None, str(error))
        if reply.finish_reason == "length":
            return Cleaned(None, f"cut off after {reply.output_tokens} tokens", is_cut_off=True)
        if len(reply.text) >= least:
            return Cleaned(reply.text)
        cleaned = _too_short(reply.text, text)
    return cleaned


async def _halving(judge: Judge, text: str) -> Cleaned:
    # A piece may be all references: nothing is left of it then.
    cleaned = await _piece(judge, text, least=0)
    if not cleaned.is_cut_off or len(text) < 2 * LEAST:
        return cleaned
    return _joined([await _halving(judge, half) for half in _halves(text)], "")


def _too_short(text: str, whole: str) -> Cleaned:
    return Cleaned(None, f"only {len(text)} characters came back of {len(whole)}")


def _halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    ends = (at + 1 for at in range(middle, max(0, middle - NEAR), -1) if text[at] in _ENDS)
    border = next(ends, middle)
    return text[:border], text[border:]


def _pieces(article: str, size: int) -> Sequence[str]:
    pieces: list[str] = []
    for paragraph in article.split("\n\n"):
        if pieces and len(pieces[-1]) + len(paragraph) < size:
            pieces[-1] += "\n\n" + paragraph
        else:
            pieces.append(paragraph)
    return [piece for piece in pieces if piece.strip()]


def _joined(pieces: Sequence[Cleaned], between: str) -> Cleaned:
    texts = [piece.text for piece in pieces if piece.text is not None]
    if len(texts) == len(pieces):
        return Cleaned(between.join(texts))
    return Cleaned(None, next(piece.problem for piece in pieces if piece.text is None))
