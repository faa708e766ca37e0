"""Citations: found however the model spells them, held to the evidence, numbered for the reader. Pure functions.

In a draft a citation is `[e3]` or `[e3, e7]`: ids of evidence. In a report it is `[1]` or `[1, 4]`: numbers of the
reference list, given out by first mention. The model writes neither numbers nor addresses; what looks like one goes.
"""

import re
from collections.abc import Container, Mapping
from typing import NamedTuple

from redraft.tools.sentences import STOP

# Nothing here gives back what it took (`++`, `*+`): a model that babbles digits would keep the search busy for hours.
_ID = r"e\s?\d++"
_SEPARATOR = r"\s*+(?:(?:,|;|&|/|[-–]|and|und|et|y|、|，)\s*+)?(?:sources?\s++)?"
_SPELLINGS = re.compile(
    rf"[\[【［]\s*+\^?(?:(?:sources?|evidence|ids?|refs?|see)\s*+:?\s*+)?{_ID}(?:{_SEPARATOR}(?:e\s?)?\d++)*+\s*+[\]】］]"
    rf"|\b(?:sources?|evidence)(?:\s*+:\s*+|\s++){_ID}(?:{_SEPARATOR}{_ID})*+\b",
    re.IGNORECASE,
)
_CANONICAL = re.compile(r"\[e\d+(?:, e\d+)*\]")
_NEIGHBOURS = re.compile(rf"{_CANONICAL.pattern}(?:[ \t]*,?[ \t]*{_CANONICAL.pattern})*")
_DOUBLED = re.compile(r"\[(\[[^\[\]\n]{1,80}\])\]")
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
# Chinese and Japanese put no space behind an address. The full stop behind one belongs to the sentence.
_PART = r"[^\s<>()\[\]\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]"
_REST = rf"(?:{_PART}|\({_PART}*\))*(?<![.,;:!?*_'\"])"
_ADDRESS = re.compile(
    rf"<?(?:https?://|(?<![a-z])(?:ftp|file)://|(?<![a-z0-9])www\.(?=[a-z0-9])){_REST}>?"
    rf"|(?:\b(?:dx\.)?doi(?:\.org/|:?\s?))?(?<![\d.])10\.\d{{4,9}}/{_REST}",
    re.IGNORECASE,
)
_NUMBER_MARK = re.compile(r"[\[【［]\s*\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*\s*[\]】］]")
# The gap behind a full stop stays: closed, it would make one sentence of two.
_GAP = re.compile(rf"(?P<end>(?:{STOP.pattern})[ \t]+)|(?<=\S)[ \t]+(?P<sign>[.,;:!?)、。，])")


class Resolved(NamedTuple):
    """A text in which every citation is an id that may be cited."""

    text: str
    invented: int
    """Citations, numbers and links without evidence behind them that were taken out."""


def resolve(text: str, allowed: Container[int]) -> Resolved:
    """Brings every citation into the one form, and takes out what points to nothing.

    For any text and any `allowed`, what is left cites only numbers in `allowed`, and holds no address.
    """
    invented = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal invented
        invented += 1
        return ""

    def unlink(match: re.Match[str]) -> str:
        nonlocal invented
        if _is_mark(f"[{match[1]}]"):
            return f"[{match[1]}]"
        invented += 1
        return match[1]

    def keep_known(match: re.Match[str]) -> str:
        nonlocal invented
        numbers = _numbers(match[0])
        known = [number for number in numbers if number in allowed]
        invented += len(numbers) - len(known)
        return mark(known)

    before = None
    while text != before:  # what was taken out may have stood inside of another: until nothing changes
        before = text
        text = _DOUBLED.sub(lambda match: match[1] if _is_mark(match[1]) else match[0], text)
        text = _SPELLINGS.sub(keep_known, text)
        text = _MARKDOWN_LINK.sub(unlink, text)
        for pattern in (_ADDRESS, _NUMBER_MARK):
            text = pattern.sub(drop, text)
        text = _joined(text)
    return Resolved(text.strip(), invented)


def mark(numbers: list[int]) -> str:
    """The citation of these ids; nothing for none."""
    return f"[{', '.join(f'e{number}' for number in numbers)}]" if numbers else ""


def cited(text: str) -> list[int]:
    """The ids that a resolved text cites, each once, by first mention."""
    return list(dict.fromkeys(number for match in _CANONICAL.finditer(text) for number in _numbers(match[0])))


def without_marks(text: str) -> str:
    """The words alone."""
    return _closed_up(_CANONICAL.sub("", text)).strip()


def numbered(text: str, references: Mapping[int, int]) -> str:
    """A resolved text with the reader's numbers. `references`: id → number; ids of one source share it."""

    def display(match: re.Match[str]) -> str:
        numbers = sorted({references[number] for number in _numbers(match[0])})
        return f"[{', '.join(map(str, numbers))}]"

    return _CANONICAL.sub(display, text)


def _is_mark(text: str) -> bool:
    return bool(_SPELLINGS.fullmatch(text) or _NUMBER_MARK.fullmatch(text))


def _numbers(citation: str) -> list[int]:
    # No run has a billion pieces of evidence, and Python refuses to read thousands of digits.
    return list(dict.fromkeys(int(digits[:9]) for digits in re.findall(r"\d+", citation)))


def _joined(text: str) -> str:
    """`[e1] [e2]` becomes `[e1, e2]`, each id once; gaps before punctuation close."""
    text = _NEIGHBOURS.sub(lambda match: mark(_numbers(match[0])), text)
    return re.sub(r"(?<=\S)[ \t]{2,}", " ", _closed_up(text))


def _closed_up(text: str) -> str:
    """Without the gaps before punctuation that a citation leaves."""
    return _GAP.sub(lambda match: match["end"] or match["sign"], text)
