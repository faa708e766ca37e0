"""Which language a text is in, as far as its commonest words tell: enough to know whether two texts can be compared."""

import re

CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Kana, Chinese characters and Hangul: the inside of a character class."""
_CJK = re.compile(rf"[{CJK}]")
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


def language(text: str) -> str | None:
    """`en`, `de`, `fr`, `es`, or `cjk` for Chinese, Japanese and Korean alike; None where nothing tells."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(_CJK.findall(text)) > len(words):
        return "cjk"
    met = {name: sum(word in known for word in words) for name, known in FUNCTION_WORDS.items()}
    best = max(met, key=lambda name: met[name])
    return best if met[best] >= TELLING else None
