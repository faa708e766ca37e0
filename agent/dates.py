"""Dates with a month, in the notations of English, German, French, Spanish, Chinese, Japanese and Korean."""

import re
from typing import NamedTuple


class Day(NamedTuple):
    """A date or a part of one: 0 stands for what is not told."""

    year: int
    month: int
    day: int


class Date(NamedTuple):
    said: str
    readings: frozenset[Day]
    """One, or more where the notation leaves it open: 01/05/2024."""
    start: int
    end: int


_NAMES = {
    name: month
    for names in (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jänner Febr Mär Apr Mai Juni Juli Aug Sept Okt Nov Dez",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for month, name in enumerate(names.split(), start=1)
}
# Capital letters count in English and German, where "may" and "march" are verbs.
_MONTH = "|".join(sorted(_NAMES, key=len, reverse=True))
_TURN = r"(?:st|nd|rd|th|er|[.ºª])?"
_NAMED = re.compile(
    rf"(?:(?<![\w.,])(?P<before>\d{{1,2}}){_TURN}[ -]?(?:of |de )?)?\b(?P<month>{_MONTH})\b\.?"
    rf"(?:[ -](?P<after>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:]|[.,]\d))?"
    rf"(?:,?[ -](?:de |del |of )?(?P<year>[12]\d{{3}})(?!\w))?"
)
_CJK = re.compile(
    r"(?:(?P<year>\d{4})[ ]?[年년][ ]?)?(?<!\d)(?P<month>\d{1,2})[ ]?[月월](?:[ ]?(?P<day>\d{1,2})[ ]?[日号號일])?"
)
_DIGITS = re.compile(
    r"(?<![\w.,/-])(?:(?P<year>[12]\d{3})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<last>[12]\d{3}))(?![\d/-]|[.,]\d)"
)


def dates(text: str) -> list[Date]:
    """The dates of a text, and the months that stand alone."""
    return [
        *(_date(match, _named(match)) for match in _NAMED.finditer(text)),
        *(_date(match, _told(match["year"], match["month"], match["day"])) for match in _CJK.finditer(text)),
        *(_date(match, _in_digits(match)) for match in _DIGITS.finditer(text)),
    ]


def agree(one: Day, other: Day) -> bool:
    """Whether two dates may be the same day, as far as both tell."""
    return all(mine == its or not mine or not its for mine, its in zip(one, other, strict=True))


def _date(match: re.Match[str], readings: set[Day]) -> Date:
    return Date(match[0], frozenset(filter(_is_day, readings)), match.start(), match.end())


def _named(match: re.Match[str]) -> set[Day]:
    days = [int(day) for day in (match["before"], match["after"]) if day and 1 <= int(day) <= 31] or [0]
    return {Day(int(match["year"] or 0), _NAMES[match["month"]], day) for day in days}


def _told(year: str | None, month: str, day: str | None) -> set[Day]:
    return {Day(int(year or 0), int(month), int(day or 0))}


def _in_digits(match: re.Match[str]) -> set[Day]:
    if match["year"]:
        return _told(match["year"], match["m"], match["d"])
    told = _told(match["last"], match["b"], match["a"])
    return told | _told(match["last"], match["a"], match["b"]) if match["sign"] == "/" else told


def _is_day(day: Day) -> bool:
    return 1 <= day.month <= 12 and day.day <= 31
