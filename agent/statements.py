"""An answer as what it is made of: sentences, each of which cites evidence that says it. Pure functions."""

import re
from collections.abc import Iterable, Sequence

from redraft.agent import guard
from redraft.agent.asking import Problem, Read
from redraft.agent.citations import cited, resolve, without_marks
from redraft.agent.llm import Reply
from redraft.agent.novelty import is_said
from redraft.agent.prose import tidy, wrong_language
from redraft.agent.quoting import quotation
from redraft.agent.writing import origin
from redraft.store.drafts import Exhibit
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

NOTHING = "nothing"
"""What the model is to write where the evidence says nothing on the question."""
CARRIED = 0.5
"""The share of the terms of the shorter of two sentences that they have in common, from which on a merged one may have
an id from the other: a merge of two sentences has about half of its terms from each. Starting point, not measured."""


_BULLET = re.compile(r"^(?:[-*+•>]|\d{1,3}[.)])\s+")


def reader(
    exhibits: Sequence[Exhibit], most: int, language: str | None, among: Sequence[str] | None = None
) -> Read[Sequence[str]]:
    """Reads a reply as the sentences of it that stand: none for one that says that there is nothing to say.

    `among`: the sentences that a merge may be made of.
    """
    evidence = {exhibit.evidence.number: exhibit.passage.text for exhibit in exhibits}
    origins = {exhibit.evidence.number: origin(exhibit) for exhibit in exhibits}

    def read(reply: Reply) -> tuple[Sequence[str] | None, Sequence[Problem]]:
        text = tidy(reply.text, title="", cut_off=reply.finish_reason != "stop")
        if text.strip(" .*\"'").casefold() == NOTHING:
            return (), ()
        held = guard.supported(resolve(text, evidence).text, evidence, origins)
        kept = [one for one in sentences(held.text) if among is None or is_carried(one, among)]
        return kept[:most], _problems(" ".join(kept[:most]), held.dropped, language)

    return read


def sentences(text: str) -> list[str]:
    """The sentences that say something and cite, each in one line that can be told apart wherever it stands."""
    lines = (_BULLET.sub("", " ".join(text[span.start : span.end].split())) for span in sentence_spans(text))
    return [line for line in lines if _says(line) and cited(line) and len(sentence_spans(line)) == 1]


def joined(parts: Iterable[str]) -> str:
    """Sentences as running text, each once."""
    kept = distinct(parts)
    return resolve(" ".join(kept), cited("".join(kept))).text


def distinct(parts: Iterable[str]) -> list[str]:
    """Without those that one before them says."""
    kept: list[str] = []
    for sentence in parts:
        if not is_said(sentence, kept):
            kept.append(sentence)
    return kept


def is_carried(sentence: str, among: Sequence[str]) -> bool:
    """Whether for each id that a sentence cites there is one among these that cites it and is like the sentence."""
    return all(
        any(number in cited(one) and _overlap(sentence, one) >= CARRIED for one in among) for number in cited(sentence)
    )


def quoted(exhibits: Sequence[Exhibit], asked: str, most: int) -> list[str]:
    """The sentences of the evidence that say most to a question, for want of an answer."""
    wanted = terms(asked)
    quotes = [line for quote in quotation(exhibits, asked).splitlines() for line in sentences(quote)]
    return [quote for quote in quotes if terms(without_marks(quote)) & wanted][:most]


def _says(sentence: str) -> bool:
    return bool(terms(without_marks(sentence)))


def _overlap(one: str, other: str) -> float:
    mine, theirs = terms(without_marks(one)), terms(without_marks(other))
    return len(mine & theirs) / (min(len(mine), len(theirs)) or 1)


def _problems(text: str, dropped: Sequence[guard.Dropped], language: str | None) -> list[Problem]:
    if not text:
        untold = [guard.not_supported(one) for one in dropped]
        return [Problem("No sentence cites evidence that says it. Answer from the evidence, and cite it."), *untold]
    foreign = wrong_language(text, language) if language else None
    repeated = [Problem("The answer repeats itself. Say each thing once.")] if guard.repeats_itself(text) else []
    return [*repeated, *([Problem(foreign, fatal=False)] if foreign else [])]
