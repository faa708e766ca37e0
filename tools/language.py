"""Which language a text is in, as far as its script and its commonest words tell.

Enough to settle in which language a report is written, and to know whether two texts can be compared.
"""

import re

CJK = (
    r"\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    r"\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
"""Kana, Chinese characters and Hangul, without their punctuation: the inside of a character class."""
_CJK = re.compile(rf"[{CJK}]")
_CJK_RUN = re.compile(rf"[{CJK}]+")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
# Letters that neither Arabic nor Russian has: they tell Persian and Urdu, Ukrainian and its neighbours.
_NOT_ARABIC = re.compile(r"[\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_NOT_RUSSIAN = re.compile(r"[\u0402-\u040f\u0452-\u045f\u0490\u0491]")

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
_ITALIAN = """ai al alla alle anche che chi come con cosa cui d da dai dal dalla degli dei del dell della delle di
dove e è gli i il in l la le lo ma nei nel nella non o per perché più qual quale quali quando quanto quanti questa
questo si sono su sul sulla tra un una uno"""
_PORTUGUESE = """a ao aos as até com como da das de do dos e é em entre foi mais mas na nas não no nos o onde os ou para
pela pelo por porque qual quais quando quanto quantos que quem se sem são seu sua um uma"""
_DUTCH = """aan als bij dan dat de deze die dit door een en er het hij hoe hoeveel ik in is kan maar meer met naar niet
nog of om ook op over te tot uit van veel voor waar waarom wat welke wie worden wordt zich zijn"""

STOP_WORDS = frozenset(" ".join((_ENGLISH, _GERMAN, _FRENCH, _SPANISH)).split())
"""Function words of the languages most asked in. Of the others some are English words with a meaning (van, come, over),
for which one may want to search."""

# Beside the stop words: what questions begin with, and what is too telling elsewhere to be left out of a search.
_ASKING = {
    "de": """bei dass dieser diese gibt hatte ihre in seit unter warum weil welchen welcher welches wenn wo wurde
    zwischen""",
    "fr": "aujourd c combien comment d dont entre ils j l même n où ont plus pourquoi qu quelles quels s ses",
    "es": """cómo cuál cuáles cuándo cuánto cuántas cuántos desde dónde entre fue hay más muy qué quién sobre son
    también""",
}

FUNCTION_WORDS = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(f"{_GERMAN} {_ASKING['de']}".split()),
    "fr": frozenset(f"{_FRENCH} {_ASKING['fr']}".split()),
    "es": frozenset(f"{_SPANISH} {_ASKING['es']}".split()),
    "it": frozenset(_ITALIAN.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "nl": frozenset(_DUTCH.split()),
}
"""The words that hold a sentence together and say nothing, of the languages in Latin letters that are told apart."""

_OWN_LETTERS = {"de": "äöüß", "es": "ñ¿¡", "pt": "ãõ"}
"""Letters and marks that hardly another of them has. Any number of them counts as one word: names have them too."""

TELLING = 3
"""Function words that must be met before they count: fewer stand in any text by chance."""
ASKED = 2
"""The same of a question, which is short and has to be answered in some language. Starting point."""
KANA_SHARE = 0.15
"""Of the CJK characters of a text, from which on it is Japanese: a Chinese text may quote a Japanese name. Of the
sentences in `tests/tools/languages.toml`, Japanese ones have 0.41 and more, and a Chinese one with such a name 0.12."""
HANGUL_SHARE = 0.3
"""The same for Korean. Starting point: a Korean text of today has hardly a Chinese character."""

OTHER_SCRIPTS = frozenset({"zh", "ja", "ko", "ar", "ru"})
"""The languages that are told by their script, however short a text is."""


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


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a text's language: one of `FUNCTION_WORDS` or `OTHER_SCRIPTS`; None where nothing tells."""
    return _by_script(text) or _by_words(text, TELLING)


def language_of_question(question: str) -> str | None:
    """The language to answer in, likewise; a question is short, and fewer words must do. None where nothing tells."""
    return _by_script(question) or _by_words(question, ASKED)


def comparable(one: str | None, other: str | None) -> bool:
    """Whether two texts of these languages can share words, so that one can be held against the other.

    A text too short for its function words to tell its language is compared with all that is in Latin letters.
    """
    return one == other or (None in (one, other) and not OTHER_SCRIPTS & {one, other})


def _by_script(text: str) -> str | None:
    """The language whose script has most of the text. A CJK character counts as a word: other words may be names."""
    cjk = len(_CJK.findall(text))
    others = {"ar": len(_ARABIC.findall(text)), "ru": len(_CYRILLIC.findall(text))}
    latin = len(_LATIN_WORD.findall(text))
    if cjk and cjk >= latin + sum(others.values()):
        return _cjk_language(text, cjk)
    name = max(others, key=lambda name: others[name])
    foreign = {"ar": _NOT_ARABIC, "ru": _NOT_RUSSIAN}[name]
    return name if others[name] and others[name] >= latin and not foreign.search(text) else None


_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_ACRONYM = re.compile(r"\b[A-Z\u00c0-\u00de]{2,}\b")
"""AI, IT and US are names, whatever the words of these letters mean in other languages."""


def _cjk_language(text: str, characters: int) -> str:
    if len(_HANGUL.findall(text)) >= HANGUL_SHARE * characters:
        return "ko"
    return "ja" if len(_KANA.findall(text)) >= KANA_SHARE * characters else "zh"


def _by_words(text: str, least: int) -> str | None:
    """The language with most function words in the text, if there are `least` of them and no other has as many."""
    words = _LATIN_WORD.findall((text if text.isupper() else _ACRONYM.sub(" ", text)).lower())
    met = {name: sum(word in known for word in words) for name, known in FUNCTION_WORDS.items()}
    for name, letters in _OWN_LETTERS.items():
        met[name] += not set(letters).isdisjoint(text.lower())
    best, second = sorted(met, key=lambda name: -met[name])[:2]
    return best if met[best] >= least and met[best] > met[second] else None
