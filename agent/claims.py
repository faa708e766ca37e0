"""The claims of a text: its sentences that cite, and which of them a model should check. Pure functions."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from redraft.agent.citations import cited, without_marks
from redraft.agent.dates import agree, dates
from redraft.agent.facts import facts, unfounded
from redraft.agent.guard import support
from redraft.agent.numerals import known
from redraft.agent.sizes import Preset
from redraft.tools.language import language_of
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

LIMITS: Mapping[Preset, int | None] = {"quick": 0, "standard": 3, "deep": None}
"""Claims of a section that a model checks; None stands for all that hold a number, a date or a name. Starting points:
with three, checking a section of standard size costs about as many calls as one round of its deepening."""
EXACT, NAMED, RELATED = 4, 2, 1
"""What a number or date, a name or quotation, and a word of comparison or cause add to the weight of a claim: whatever
has more of the first kind comes before all that has none."""
AGREED = 0.6
"""Of a claim's terms, those that an answer together with its question must hold to agree with it. Starting point, not
measured: a fact drawn from a text finds 0.57 of its terms there in 95 % of cases (`redraft.tools.retrieve.STEM`)."""
ASKED = 2
"""Terms that a question must share with its claim: fewer, and it may be about anything."""


class Statement(NamedTuple):
    """A sentence that cites, and where it stands."""

    number: int
    """Counts from 1 within the text."""
    start: int
    end: int
    text: str
    """With its citations, without the mark of a list item."""
    evidence: list[int]
    """The ids it cites, each once."""


def statements(text: str) -> list[Statement]:
    """The sentences of a resolved text that cite, in order. Every citation stands in exactly one of them."""
    bare = [(_behind_mark(text, span.start, span.end), span.end) for span in sentence_spans(text)]
    citing = [(start, end) for start, end in bare if cited(text[start:end])]
    return [
        Statement(number, start, end, text[start:end], cited(text[start:end]))
        for number, (start, end) in enumerate(citing, start=1)
    ]


_MARK = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")


def _behind_mark(text: str, start: int, end: int) -> int:
    """Where a sentence begins, without the mark of the list item that it opens."""
    mark = _MARK.match(text, text.rfind("\n", 0, start) + 1, end)
    return max(start, mark.end()) if mark else start


def weight(sentence: str) -> int:
    """How much there is in a sentence that can be wrong: numbers and dates count most, then names and quotations."""
    said = without_marks(sentence)
    exact = facts(said)
    return (
        EXACT * bool(exact.numbers or exact.dates)
        + NAMED * (bool(exact.quotes) or _names(said))
        + RELATED * bool(_RELATION.search(said))
    )


def chosen(found: Sequence[Statement], limit: int | None) -> list[Statement]:
    """The claims that a model should check, in the order of the text: the heaviest `limit` of them, or, with None, all
    that hold a number, a date, a name or a quotation. Of equal sentences the first."""
    once = dict.fromkeys(statement.text for statement in found)
    first = [next(statement for statement in found if statement.text == text) for text in once]
    ranked = sorted(first, key=lambda statement: (-weight(statement.text), statement.number))
    taken = [s for s in ranked if weight(s.text) >= NAMED] if limit is None else ranked[:limit]
    return sorted(taken)


_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_RELATION = re.compile(
    r"\b(?:than|because|due to|caus\w+|leads? to|led to|most|least|more|less|fewer|best|worst|first|only|\w{3,}est"
    r"|als|weil|wegen|dadurch|meisten|erste[rns]?|plus|moins|parce que|premi\w+|más|menos|porque|primer\w*"
    r"|più|meno|perché|primo|mais|melhor|pior|meer|minder|omdat|eerste"
    r"|более|менее|самы\w+|потому|из-за|перв\w+|أكثر|أقل|لأن|بسبب|أول)\b"
    r"|比|最|因为|因為|由于|导致|第一|より|ため|初めて|보다|가장|때문|처음",
    re.IGNORECASE,
)


def _names(said: str) -> bool:
    """Whether a capitalised word stands behind the first: in German, whose nouns all are, two in a row, or a capital
    within the word. Scripts without capitals hide their names from this."""
    first, *rest = _WORD.findall(said) or [""]
    if any(character.isupper() for word in (first, *rest) for character in word[1:]):
        return True
    capitals = "".join("x" if word[0].isupper() else " " for word in rest)
    return ("xx" if language_of(said) == "de" else "x") in capitals


def word_for_word(sentence: str, passages: Sequence[str]) -> bool:
    """Whether a passage has the words of a sentence in a row."""
    said = _words(without_marks(sentence))
    return any(f" {said} " in f" {_words(passage)} " for passage in passages)


def unanswerable(question: str, claim: str) -> str | None:
    """What is wrong with a question that is to bring out whether a claim holds, as a sentence for who asked it.

    It has to be about the claim's matter, must not hold its numbers, dates or quotations, and cannot be answered by yes
    or no: a model agrees with what it is asked to confirm (Chain-of-Verification, arXiv 2309.11495, section 4.3).
    """
    plain = without_marks(claim)
    if _gives_away(question, plain):
        return "It holds a number, a date or quoted words of the claim. Ask for them instead."
    if _CLOSED.match(question):
        return "It can be answered with yes or no. Ask what, which, who, when, where, why, how or how many."
    if len(terms(question) & terms(plain)) < min(ASKED, len(terms(plain))):
        return "It does not name what the claim is about."
    return None


_CLOSED = re.compile(
    r"\W*(?:is|are|was|were|does?|did|has|have|had|can|could|will|would|should|ist|sind|war|waren|hat|haben|kann|können"
    r"|wird|werden|est-ce|es|son|fue|ha|han|è|sono|é|são|foi|heeft|kan|zijn|هل)\b"
    r"|.*(?:吗|么|嗎)[?？]\s*$",
    re.IGNORECASE,
)


def _gives_away(question: str, claim: str) -> bool:
    said, asked = facts(claim), known(question)
    days = set(chain.from_iterable(date.readings for date in said.dates))
    told = set(map(Decimal, filter(None, chain.from_iterable(days))))
    dated = any(agree(day, other) for day in days for date in dates(question) for other in date.readings)
    quoted = any(_words(quote) in _words(question) for quote in said.quotes)
    return quoted or dated or bool(told & asked) or any(number.values & asked for number in said.numbers)


def agrees(claim: str, question: str, answer: str) -> bool:
    """Whether an answer surely says what a claim does: all of its numbers, dates and quotations, of which there are
    some, and most of its words, unless the question has them already."""
    plain = without_marks(claim)
    exact = any(facts(plain))
    return exact and not unfounded(plain, [answer]) and support(plain, [question, answer]) >= AGREED


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
