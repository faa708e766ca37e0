"""Which language a text is in, as far as its commonest words tell: enough to know whether two texts can be compared."""

import re

CJK = (
    r"\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    r"\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
"""Kana, Chinese characters and Hangul, without their punctuation: the inside of a character class."""
_CJK = re.compile(rf"[{CJK}]")
_CJK_RUN = re.compile(rf"[{CJK}]+")
CJK_SIZE = 3
"""Latin characters that take as many tokens as one CJK character. A token is 4.1 characters of the documentation of
Python and PostgreSQL by Mistral's Tekken and 3.9 by SmolLM2's tokenizer, but 1.0 and 0.5 characters of Chinese reports,
which would make it 4 and 7; tokenizers with more Chinese in them, such as Qwen's, come to about 2.5 (not measured).
Between them."""
_ENGLISH = """a about an and are as at be been but by can could did do does for from had has have how i in into is it
its many may might more most much of on or our should so some such than that the their them then there these they this
to was we were what when where which while who whom whose why will with would you your"""
_GERMAN = """aber als am auch auf aus bei das dem den der des die durch ein eine einem einen einer eines es für hat ich
im ist kann mit nach nicht oder sich sie sind sowie über um und von vor was welche wer werden wie wird zu zum zur"""
_FRENCH = """au aux avec ce ces cette dans de des du elle en est et il ils la le les leur mais ne ou par pas pour qui
que quel quelle se sont sur un une"""
_SPANISH = """al como con cual de del el en es esta la las lo los más no para pero por que se sin son su sus un una y"""

FUNCTION_WORDS = {
    name: frozenset(words.split())
    for name, words in {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH}.items()
}
"""The words that hold a sentence together and say nothing, of the languages most asked in."""

TELLING = 3
"""Function words that must be met before they count: fewer stand in any text by chance."""


def size(text: str) -> int:
    """The length of a text in Latin characters, a CJK character counting `CJK_SIZE`: about four to a token."""
    return len(text) + (0 if text.isascii() else (CJK_SIZE - 1) * len(_CJK.findall(text)))


def paired(text: str) -> str:
    """The text with each run of CJK characters as its overlapping pairs, divided by spaces; a lone one stays alone.

    Neither script divides words, and pairs are what indexes of both use for them: what stands in a text as a word is
    found as the pairs of that word.
    """
    return text if text.isascii() else _CJK_RUN.sub(_pairs, text)


def _pairs(run: re.Match[str]) -> str:
    found = run[0]
    return f" {' '.join(found[i : i + 2] for i in range(max(1, len(found) - 1)))} "


def language(text: str) -> str | None:
    """`en`, `de`, `fr`, `es`, or `cjk` for Chinese, Japanese and Korean alike; None where nothing tells."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(_CJK.findall(text)) > len(words):
        return "cjk"
    met = {name: sum(word in known for word in words) for name, known in FUNCTION_WORDS.items()}
    best = max(met, key=lambda name: met[name])
    return best if met[best] >= TELLING else None
