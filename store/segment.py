"""Text as a word index can take it: Chinese, Japanese and Korean, which FTS5 cannot divide into words, as pairs."""

import re

CJK = (
    r"\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    r"\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
"""Kana, Chinese characters and Hangul, without their punctuation: the inside of a character class."""
_RUN = re.compile(rf"[{CJK}]+")


def segment(text: str) -> str:
    """The text with each run of CJK characters as its overlapping pairs between spaces: 東京都 becomes 東京 京都.

    A lone character stays alone, other text as it is. The unicode61 tokenizer takes a run for one word, which no query
    meets; Hangul, whose words end in particles, gains by pairs too. An index is emptied with the words it was filled
    with: a change of what this returns needs a migration that fills every index again.
    """
    return text if text.isascii() else _RUN.sub(_pairs, text)


def is_lone(word: str) -> bool:
    """Whether a word is a single CJK character, which an index of pairs holds as the beginning of pairs."""
    return len(word) == 1 and _RUN.match(word) is not None


def _pairs(run: re.Match[str]) -> str:
    found = run[0]
    return f" {' '.join(found[i : i + 2] for i in range(max(1, len(found) - 1)))} "
