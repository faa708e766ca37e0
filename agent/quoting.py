"""The text of last resort: the evidence itself, quoted and cited. Pure functions."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from redraft.agent.citations import mark, resolve
from redraft.agent.prose import one_line, word_count
from redraft.store.drafts import Exhibit
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import LEFT_OUT, harmless, suspicious_spans

QUOTES = 4
"""Enough to see what the evidence is; more would pass for a section that was written."""
QUOTE_WORDS = range(6, 61)
"""Shorter is a heading or a scrap; longer is no sentence, but a table or code that was taken for one."""
EXCERPT = 240
"""Characters of a passage that has no sentence."""


def quotation(exhibits: Sequence[Exhibit], about: str) -> str:
    """The sentences of the evidence that say most about a matter, one of each passage, those that say most first.

    Never empty unless `exhibits` is; cites nothing but them, and quotes no sentence that addresses a model, not even
    where a passage has no other.
    """
    wanted = terms(about)
    quotes = [Quote(_best_sentence(exhibit, wanted), exhibit) for exhibit in exhibits]
    # Passages without a sentence that can stand alone, such as tables and code, speak only where no other does.
    quotes = [quote for quote in quotes if quote.text] or [Quote(_excerpt(exhibit), exhibit) for exhibit in exhibits]
    ranked = sorted(quotes, key=lambda quote: -quote.says(wanted))
    telling = [quote for quote in ranked if quote.says(wanted)] or ranked
    return "\n".join(_line(quote) for quote in telling[:QUOTES])


class Quote(NamedTuple):
    text: str
    exhibit: Exhibit

    def says(self, wanted: set[str]) -> int:
        """How many of the wanted terms are in it."""
        return len(terms(self.text) & wanted)


def _line(quote: Quote) -> str:
    title = resolve(one_line(_quotable(quote.exhibit.source.title)), ()).text
    named = f"*{title}*: " if title.strip("…") and not suspicious_spans(title) else ""
    return f"- {named}“{quote.text}” {mark([quote.exhibit.evidence.number])}"


def _best_sentence(exhibit: Exhibit, wanted: set[str]) -> str:
    text = _quotable(exhibit.passage.text)
    sentences = [_BULLET.sub("", " ".join(text[span.start : span.end].split())) for span in sentence_spans(text)]
    return max(filter(_can_stand_alone, sentences), key=lambda sentence: len(terms(sentence) & wanted), default="")


def _quotable(text: str) -> str:
    """A text as it may be quoted, with an ellipsis for each sentence that addresses a model."""
    return harmless(text).text.replace(LEFT_OUT, "…")


_BULLET = re.compile(r"^(?:[-*+•]|\d+[.)])\s+")
_NO_PROSE = re.compile(r"[|`#<>{}=\\]|::|\*\*")


def _can_stand_alone(sentence: str) -> bool:
    """Whether a sentence reads as one, and can be quoted as it is: no address, mark or markup has to come out of it."""
    length = word_count(sentence) in QUOTE_WORDS and sentence[-1] in '.!?。！？…"”’)'
    plain = not _NO_PROSE.search(sentence) and resolve(sentence, ()).text == sentence
    return length and plain and not suspicious_spans(sentence)


def _excerpt(exhibit: Exhibit) -> str:
    """The beginning of a passage, without what could pass for a citation."""
    text = " ".join(_quotable(resolve(_quotable(exhibit.passage.text), ()).text).split())
    beginning = text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
    # What was taken out may have stood between the halves of something worse.
    whole = harmless(beginning) == (beginning, 0) and resolve(beginning, ()).text == beginning
    return beginning if beginning and whole else "…"
