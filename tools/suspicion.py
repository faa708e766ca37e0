"""Sentences of a page that speak to a model instead of a reader: prompt injection, as far as rules can tell.

Rules and no model: the same text always gives the same answer, and nobody can talk a rule round. They know what such
sentences say in five languages (`suspicion_phrases`), not what they could say in other words, so this is one fence of
several: what stays is sanitized, fenced, and shown as data. Of the 141,751 sentences in the manuals of PostgreSQL 15,
Python 3.11 and the Debian Administrator's Handbook, none is taken for one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from redraft.tools.sanitize import fold, sanitize
from redraft.tools.sentences import SentenceSpan, sentence_spans
from redraft.tools.suspicion_phrases import LANGUAGES

LEFT_OUT = "[a sentence addressed to software was left out]"
"""What stands in the place of such a sentence."""

# Where an imperative can begin: a line, a sentence, a part of one, or behind a word that leads up to it.
_CLAUSE = (
    r"(?:(?<![^\n.!?:;,…\"'“”„«»‘’()\[\]{}|<>/#*•–—。！？，、：；「」-]) ?"
    r"|\b(?:please|kindly|and|then|now|instead|simply|always|you|(?:you|assistants?|models?) (?:must|should|shall|will)"
    r"|(?:want|need|ask|order|command) you to|(?:you are|task is|job is|required|instructed) to"
    r"|system|assistant|user|model|developer) )"
)
_NAME = re.compile(r"\{([a-z]+)\}")
_WORD = re.compile(r"([a-z]+) = (.*)")

# A text about prompt injection names the thing, and then quotes what attackers write or tells it in an infinitive.
_ABOUT_ATTACKS = re.compile(
    r"\b(?:attack|injection|jailbreak|payload|malicious|adversar|exploit|vulnerab|untrusted|hijack|red.team|researcher|trick"
    r"|angreif|angriff|attaqu|ataque|ataca)|攻击|攻擊|注入|越狱"
)
_REPORTED = re.compile(
    r"(?:\b(?:to|could|would|might|may|can|that|it|zu|de|que|a) ?|[\"“”„«‘'「『`][^\"“”«»‘’」』`]{0,200})\Z"
)
_REACH = 220
"""Characters before a match that say whether it is reported: more than the longest quotation looked for."""


class Cleaned(NamedTuple):
    """A text without what spoke to software in it."""

    text: str
    left_out: int
    """Sentences that were replaced by `LEFT_OUT`."""


def suspicious_spans(text: str) -> list[SentenceSpan]:
    """The sentences of `text` that address a model, in order; a heading, a list item and a block of code count as one.

    Takes time in proportion to the text. A sentence that reports an attack is none: it names attacks first, and the
    order stands in quotation marks or behind "to", "could" and the like.
    """
    return [span for span in sentence_spans(text) if _is_suspicious(text[span.start : span.end])]


def without_suspicious(text: str) -> Cleaned:
    """`text` with `LEFT_OUT` in the place of each suspicious sentence."""
    spans = suspicious_spans(text)
    kept, at = [], 0
    for span in spans:
        kept += [text[at : span.start], LEFT_OUT]
        at = span.end
    return Cleaned("".join([*kept, text[at:]]), len(spans))


# What goes may join what stood around it into something else. Nobody needs this many rounds without meaning harm.
_ROUNDS = 8


def harmless(text: str) -> Cleaned:
    """`text` sanitized and without suspicious sentences: as a model may see it. Doing it again changes nothing."""
    left_out = 0
    for _ in range(_ROUNDS):
        cleaned = without_suspicious(sanitize(text))
        left_out += cleaned.left_out
        if cleaned == (text, 0):
            return Cleaned(text, left_out)
        text = cleaned.text
    return Cleaned(LEFT_OUT, left_out + 1)


def _rules(phrases: str) -> Iterator[re.Pattern[str]]:
    """The rules of one language, compiled, with its words in their places."""
    words: dict[str, str] = {}
    for line in re.sub(r"\n +", "", phrases).split("\n"):
        if word := _WORD.fullmatch(line):
            words[word[1]] = word[2]
        elif line and not line.startswith("#"):
            yield _compiled(line, words)


def _compiled(rule: str, words: Mapping[str, str]) -> re.Pattern[str]:
    while _NAME.search(rule):
        rule = _NAME.sub(lambda name: f"(?:{words[name[1]]})", rule)
    if rule.startswith("^"):
        rule = _CLAUSE + rule[1:]
    return re.compile(rule.replace("~", ".{0,60}").replace(" ", r"\s"), re.DOTALL)


_RULES = [rule for language in LANGUAGES for rule in _rules(language)]


def _is_suspicious(sentence: str) -> bool:
    plain = _plain(sentence)
    attack = _ABOUT_ATTACKS.search(plain)
    told_from = attack.end() if attack else len(plain)
    return any(
        match.start() < told_from or not _REPORTED.search(plain, max(told_from, match.start() - _REACH), match.start())
        for rule in _RULES
        for match in rule.finditer(plain)
    )


def _plain(sentence: str) -> str:
    """The words in lower case, one blank or newline between them, without marks of emphasis, quotations and lists."""
    words = re.sub(r"[*~`]+|\b_+|_+\b", "", fold(sentence).lower().replace("’", "'"))
    return re.sub(r"\s*+\n[\s>|#•-]*+", "\n", re.sub(r"[^\S\n]+", " ", words))
