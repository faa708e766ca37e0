"""The abbreviations that a report defines, as in "large language model (LLM)". Pure functions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from redraft.agent.citations import without_marks
from redraft.tools.language import CJK


class Abbreviation(NamedTuple):
    """An abbreviation where it is defined."""

    section: str
    short: str
    long: str


class Use(NamedTuple):
    """An abbreviation that a section uses, and only a later one defines."""

    section: str
    defined: Abbreviation


def abbreviations(texts: Mapping[str, str]) -> list[Abbreviation]:
    """Every definition, in order. `texts`: the sections' texts by number, in the order of the report."""
    return [found for section, text in texts.items() for found in _defined(section, without_marks(text))]


def firsts(found: Sequence[Abbreviation]) -> dict[str, Abbreviation]:
    """Of each abbreviation the first definition, by its short form."""
    return {one.short: one for one in reversed(found)}


def defined_again(found: Sequence[Abbreviation]) -> list[Abbreviation]:
    """The definitions of what an earlier section has defined."""
    first = firsts(found)
    return [one for one in found if first[one.short].section != one.section]


def used_before(found: Sequence[Abbreviation], texts: Mapping[str, str]) -> list[Use]:
    """The first section that uses an abbreviation, for each that only a later section defines."""
    uses = [Use(_first_user(one, texts), one) for one in firsts(found).values()]
    return [use for use in uses if use.section != use.defined.section]


def _first_user(one: Abbreviation, texts: Mapping[str, str]) -> str:
    """What stands in brackets may be a definition that was not understood, and is no use."""
    used = re.compile(rf"(?<![\w(（-]){re.escape(one.short)}(?![\w-])", re.ASCII)
    return next(section for section, text in texts.items() if section == one.section or used.search(text))


_SHORT = r"[A-Z][A-Za-z0-9&/-]{0,8}[A-Z0-9]s?"
_DEFINITION = re.compile(
    rf"\((?P<latin>{_SHORT})\)|（(?:(?P<name>[A-Za-z][A-Za-z ,&/-]{{4,80}})[,，、;； ]\s*)?(?P<wide>{_SHORT})）"
)
_CJK_NAME = re.compile(rf"(?<![{CJK}])[{CJK}]{{2,10}}$")
"""Where words are not divided, a longer run holds more than the name."""
_REACH = 120
_WORDS_BACK = 10
"""Words before a bracket among which the long form is looked for: Schwartz and Hearst allow two for each letter."""


def _defined(section: str, text: str) -> Iterator[Abbreviation]:
    for match in _DEFINITION.finditer(text):
        short = (match["latin"] or match["wide"]).removesuffix("s")
        before = text[max(0, match.start() - _REACH) : match.start()].rstrip(" “\"'")
        name = _CJK_NAME.search(before)
        long = match["name"] or (name[0] if name else _long_form(short, before))
        if long and long.casefold() != short.casefold():
            yield Abbreviation(section, short, long.strip())


def _long_form(short: str, before: str) -> str | None:
    """The words before a bracket that an abbreviation stands for (Schwartz and Hearst, PSB 2003).

    Its letters and digits are found from the last to the first, the first of them at the beginning of a word.
    """
    text = " ".join(re.split(r"[.;:!?()\n]", before)[-1].split()[-_WORDS_BACK:])
    lower, at = text.lower(), len(text)
    letters = [letter for letter in short.lower() if letter.isalnum()]
    for letter in reversed(letters[1:]):
        at = lower.rfind(letter, 0, max(at, 0))
    beginnings = [match.start() for match in re.finditer(rf"(?<![^\W_]){re.escape(letters[0])}", lower[: max(at, 0)])]
    if at < 0 or not beginnings or len(text) - beginnings[-1] <= len(short):
        return None
    return text[beginnings[-1] :]
