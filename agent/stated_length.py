"""The length that a question itself asks for: "in 800 words", "约2000字", "in etwa 500 Wörtern"."""

import re
from collections.abc import Iterator
from decimal import Decimal

from redraft.agent.numerals import Number, numbers
from redraft.agent.prose import CHARACTERS_PER_WORD

LENGTHS = range(100, 50_001)
"""Words that a report can have: what `Settings.words` takes. A number outside is not one of its length."""

_WORDS = (
    "words?|wörtern?|worte?n?|woorden|mots|palabras|palavras|parole|слов(?:а|ах|ами)?|كلمات|كلمة|단어|个词|個詞|词|詞|語"
    "|単語"
)
_CHARACTERS = "文字|个字|個字|字|자"
_UNIT = re.compile(
    rf"(?:[\s-]|de\s)*(?:(?P<words>{_WORDS})|(?P<characters>{_CHARACTERS}))(?![a-zà-ÿа-я])", re.IGNORECASE
)
# A number of words may be the matter itself, as in "the 3,000 commonest words": only a word that speaks of a length
# before or behind it, or the end of what is said, makes it one.
_BEFORE = re.compile(
    r"""(?:\b(?:
    in | within | between | about | around | circa | ca\.? | approx\.? | approximately | roughly | maximum | max\.?
    | most | least | to | under | than | write | (?:report|essay|article|text|paper|overview|summary|answer|review)\ of
    | mit | von | zwischen | etwa | ungefähr | rund | höchstens | maximal | mindestens | bis\ zu | unter | schreibe?
    | en | entre | environ | plus | moins | écris | écrivez | rédige[rz]? | quelque
    | unas | aproximadamente | máximo | mínimo | más\ de | menos\ de | escrib[ea]
    | cerca\ de | com | até | mais\ de | escreva
    | con | tra | massimo | almeno | scrivi
    | van | tussen | ongeveer | maximaal | minstens | schrijf
    | в | от | около | примерно | до | более | менее | на | объ[её]мом | напиши(?:те)?
    | في | حوالي | نحو | بحدود | من | عن | اكتب)
    | 约 | 約 | 大约 | 大約 | 大概 | 不超过 | 不超過 | 不少于 | 不少於 | 至少 | 最多 | 用 | 以 | 在 | 写 | 寫 | 限 | 篇
    | およそ | 最大 | 최대 | 약 | 대략 | [~≈≤<(（:：])\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_BEHIND = re.compile(
    r"""\s*(?:$ | [.)）。，、；]
    | (?:or\ (?:less|fewer|more|so) | at\ most | max | maximum | min | minimum | long | in\ length | lang | largo)\b
    | 左右 | 以内 | 以內 | 以上 | 以下 | 上下 | 的 | 程度 | ほど | 前後 | 内外 | で | の | 이내 | 내외 | 정도 | 분량
    | 로)""",
    re.IGNORECASE | re.VERBOSE,
)
_COMPOUND = re.compile(r"-(?:word|wort|wörter)", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|—|~|～|〜|to|and|or|bis|und|oder|à|et|a|y|o|до|至|到|から)\s?", re.IGNORECASE)


def stated_words(question: str) -> int | None:
    """The wanted length in words, of a range its middle; None where the question names none.

    CJK characters count as `CHARACTERS_PER_WORD` to a word.
    """
    return next((length for length in _lengths(question) if length in LENGTHS), None)


def _lengths(question: str) -> Iterator[int]:
    before: Number | None = None
    for number in numbers(question):
        unit = _UNIT.match(question, number.end)
        lower = before if before and _RANGE.fullmatch(question[before.end : number.start]) else None
        start = lower.start if lower else number.start
        if unit and _is_length(question, start, number.end, unit.end()):
            amount = (_amount(lower or number) + _amount(number)) // 2
            yield amount // CHARACTERS_PER_WORD if unit["characters"] else amount
        before = number


def _is_length(question: str, start: int, end: int, after: int) -> bool:
    said_of_length = _BEFORE.search(question, 0, start) or _BEHIND.match(question, after)
    return bool(said_of_length or _COMPOUND.match(question, end))


def _amount(number: Number) -> int:
    return int(max((value for value in number.values if isinstance(value, Decimal)), default=Decimal(0)))
