"""What holds of a text that is only put into other words: it adds nothing, and says all it said. Pure functions."""

import re
from collections.abc import Sequence, Set
from itertools import product

from redraft.agent.asking import Problem
from redraft.agent.citations import cited, without_marks
from redraft.agent.dates import Date, Day
from redraft.agent.facts import facts
from redraft.agent.guard import REASONS, SUPPORT, support
from redraft.agent.numerals import known
from redraft.tools.language import CJK
from redraft.tools.sentences import SentenceSpan, sentence_spans

_NAME = re.compile(rf"[^\W\d{CJK}]+-?\d[^\W{CJK}]*")


def added(text: str, before: str) -> list[str]:
    """The numbers, dates and quotations of a text that another does not say, and its names with a digit, as in `A380`,
    in words for its writer.

    Stricter than `facts.unfounded`, which lets a sentence round what its evidence says: here nothing may change.
    """
    text, before = without_marks(text), without_marks(before)
    said, old, names = facts(text), facts(before), set(_NAME.findall(before))
    values, days = known(before), {day for date in old.dates for day in date.readings}
    quotes = [_plain(quote) for quote in old.quotes]
    return [
        *(f"the number {number.said}" for number in said.numbers if not number.values & values),
        *(f"the date {date.said}" for date in said.dates if not _is_part(date, days)),
        *(f"the name {name}" for name in dict.fromkeys(_NAME.findall(text)) if name not in names),
        *(f"the quotation “{quote}”" for quote in said.quotes if not any(_plain(quote) in other for other in quotes)),
    ]


def foreign(text: str, before: str, around: Sequence[str] = ()) -> list[SentenceSpan]:
    """The sentences of a text that say a number, a date or a quotation that `before` does not, or else little of it.

    `around`: texts whose words they may use, too, but none of whose facts.
    """
    sentences = [(span, text[span.start : span.end]) for span in sentence_spans(text)]
    return [span for span, said in sentences if added(said, before) or support(said, [before, *around]) < SUPPORT]


def additions(text: str, before: str, around: Sequence[str] = ()) -> list[Problem]:
    """What a text says that `before` does not. `around`: as in `foreign`."""
    new = [number for number in cited(text) if number not in cited(before)]
    strange = [text[span.start : span.end] for span in foreign(text, before, around)]
    return [
        *(Problem(f"The text did not cite [e{number}] before. Cite only what it cited.") for number in new),
        *(Problem(f"The text did not say {what} before. Add nothing.") for what in added(text, before)[:REASONS]),
        *(
            Problem(f'This is new: "{sentence[:120]}". Say only what the text said before.')
            for sentence in strange[:REASONS]
        ),
    ]


def _is_part(date: Date, days: Set[Day]) -> bool:
    """Whether a date says nothing that one of `days` does not."""
    pairs = product(date.readings, days)
    return any(all(mine in (0, its) for mine, its in zip(day, whole, strict=True)) for day, whole in pairs)


def _plain(quote: str) -> str:
    return " ".join(quote.casefold().split())
