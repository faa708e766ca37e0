"""Numbers as texts write them, brought to their values so that two spellings of one number can be compared.

Every number has the values that its writer may have meant, since 1.000 is one in London and a thousand in Berlin. Signs
and units are not looked at.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise, product
from typing import NamedTuple

Value = Decimal | str
"""A quantity; or a version, an address or an overlong number, of which only the spelling counts."""


class Number(NamedTuple):
    said: str
    """As it stands in the text, with its scale."""
    values: frozenset[Value]
    """What it says: one, or any of a few where the notation leaves it open."""
    readings: frozenset[Value]
    """What somebody may read in it besides, and repeat: 10 to 20 million begins at ten million."""
    word: bool
    """Spelled out, as a word or in Chinese numerals."""
    start: int
    end: int


_ENGLISH = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty"""
_ORDINAL = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_GERMAN = """eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn
achtzehn neunzehn zwanzig"""
_FRENCH = """un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
dix-neuf vingt"""
_SPANISH = """uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete
dieciocho diecinueve veinte"""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {
    **{
        word: Decimal(value)
        for names in (_ENGLISH, _ORDINAL, _GERMAN, _FRENCH, _SPANISH)
        for value, word in enumerate(names.split(), start=1)
    },
    **{
        f"{ten}{one}": Decimal(10 * tens + ones)
        for tens, ten in enumerate(_TENS, start=2)
        for names in (_ENGLISH, _ORDINAL)
        for ones, one in enumerate(["", *(f"-{name}" for name in names.split()[:9])])
    },
    **dict.fromkeys(("ein", "eine", "einer", "einem", "einen", "une", "una"), Decimal(1)),
    **dict.fromkeys(("half", "halb", "hälfte", "moitié", "mitad"), Decimal("0.5")),
    **dict.fromkeys(("hundred", "hundert", "cent", "cien", "ciento"), Decimal(100)),
    **dict.fromkeys(("thousand", "tausend"), Decimal(1000)),
}
_SCALES = {
    name: tuple(Decimal(10) ** power for power in powers)
    for powers, names in {
        (2,): "hundred hundert 百 백",
        (3,): "thousand tausend tsd tsd. mille mil 千 천",
        (4,): "万 萬 만",
        (5,): "十万 十萬",
        (6,): "million millions millionen mio mio. millón millones mn 百万 百萬",
        (7,): "千万 千萬",
        (8,): "億 亿 억",
        (9,): "milliarde milliarden mrd mrd. milliard milliards bn 十億 十亿",
        (10,): "百億 百亿",
        (11,): "千億 千亿",
        # On the short scale and on the long one.
        (9, 12): "billion billions billionen billón billones",
        (12,): "조",
        (6, 12): "兆",
        (12, 18): "trillion trillions trillionen",
        # Letters that are units too.
        (0, 3): "k",
        (0, 6): "m",
        (0, 9): "b",
    }.items()
    for name in names.split()
}
_CJK_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_CJK_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_CJK_NUMERAL = "".join((*_CJK_DIGITS, *_CJK_UNITS))
_LETTER = r"[^\W\d_\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
"""Of scripts that divide words. Chinese, Japanese and Korean put a number directly behind a word."""
_OPEN = rf"(?:(?<!{_LETTER})(?<![\d_])(?<!\d[.,])|(?<=\b[vV]))"
_GAP = r"[ \u00a0\u2009\u202f]?"
_SCALE = "|".join(sorted(map(re.escape, _SCALES), key=len, reverse=True))
_POWER = r"(?:\^|\*\*)[{(]?(?P<power>[-−+]?\d{1,3})(?!\d)[})]?|(?<=10)(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
# `(?a:` as letters that Unicode counts as another case of s, i and k would match, and be no key of the tables.
_NUMBER = re.compile(
    rf"{_OPEN}(?P<digits>(?:(?<!\w)\.)?\d++(?:[.,'’\u00a0\u2009\u202f]\d++|[ ]\d{{3}}(?!\d))*+)"
    rf"(?:[eE](?P<exponent>[+-]?\d{{1,3}})(?!\w))?"
    rf"(?:{_GAP}(?:[×x*·⋅]|\\times|\\cdot){_GAP}(?P<base>10)(?=[\^*⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))?(?:{_POWER})?"
    rf"|\b(?P<word>(?a:{'|'.join(sorted(_WORDS, key=len, reverse=True))}))\b"
    rf"|(?<!\d)(?P<cjk>[{_CJK_NUMERAL}]++)",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"(?:-|\s?)(?P<scale>(?a:{_SCALE}))(?!{_LETTER})", re.IGNORECASE)
_SUFFIX = re.compile(rf"{_LETTER}{{0,4}}(?!{_LETTER}|[\d_])")
_PERCENT = re.compile(r"[\s-]?(?:%|％|٪|percent|per cent|prozent|pour cent|por ciento)", re.IGNORECASE)
_DECADE = re.compile(r"[12]\d\d0(?:['’]?s|er)(?!\w)")
_IN_WORD = re.compile(rf"(?<={_LETTER})\d+|(?<=[_-])\d+")
_SPAN = re.compile(r"\s?(?:-|–|—|~|〜|to|and|or|bis|und|oder|à|et|ou|a|y|o|至|到|から)\s?", re.IGNORECASE)
_RAISED = str.maketrans("⁻−⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
_SEPARATORS = str.maketrans("٫٬．，", ".,.,")
_LONGEST = 25
"""Digits of which arithmetic keeps each one."""


def numbers(text: str) -> list[Number]:
    """The numbers of a text in order. A number in a word, as in `utf8`, `IPv6` or `x86_64`, is none."""
    text = text.translate(_SEPARATORS)
    found = [_number(text, match) for match in _NUMBER.finditer(text) if _is_number(text, match)]
    return [*found[:1], *(_continued(text, before, number) for before, number in pairwise(found))]


def known(text: str) -> set[Value]:
    """Every value that a reader may take from a text; also the numbers in its words."""
    in_words = {Decimal(match[0]) for match in _IN_WORD.finditer(text) if len(match[0]) <= _LONGEST}
    return in_words.union(*(number.values | number.readings for number in numbers(text)))


def _is_number(text: str, match: re.Match[str]) -> bool:
    scale = _AFTER.match(text, match.end())
    return not match["digits"] or bool(scale or match["exponent"] or _SUFFIX.match(text, match.end()))


def _number(text: str, match: re.Match[str]) -> Number:
    values, readings = _read(match)
    scale = None if match["cjk"] else _AFTER.match(text, match.end())
    end = scale.end() if scale else match.end()
    if scale:
        readings = readings | values
        values = frozenset(_scaled(values, scale["scale"]))
    if _PERCENT.match(text, end):
        values = values | {value / 100 for value in values if isinstance(value, Decimal)}
    if _DECADE.match(text, match.start()):
        values = frozenset(value + year for value in values if isinstance(value, Decimal) for year in range(10))
    spelled = match["digits"] is None
    return Number(text[match.start() : end], values, readings, spelled, match.start(), end)


def _scaled(values: frozenset[Value], scale: str) -> Iterator[Value]:
    for value in values:
        for times in _SCALES[scale.lower()]:
            yield value * times if isinstance(value, Decimal) else value


def _continued(text: str, before: Number, number: Number) -> Number:
    """Reads a number together with the one before it: 10–20 million, 2019–20, 2億3000万."""
    gap = text[before.end : number.start]
    if not gap:
        return number._replace(readings=number.readings | _sums(before.values, number.values))
    if not _SPAN.fullmatch(gap):
        return number
    scale = _AFTER.search(number.said)
    scaled = frozenset(_scaled(before.values, scale["scale"])) if scale else frozenset[Value]()
    year = _same_century(before.said, number.said)
    return number._replace(values=number.values | year, readings=number.readings | scaled)


def _sums(some: frozenset[Value], others: frozenset[Value]) -> set[Value]:
    pairs = product(some, others)
    return {one + other for one, other in pairs if isinstance(one, Decimal) and isinstance(other, Decimal)}


def _same_century(before: str, number: str) -> set[Value]:
    years = re.fullmatch(r"\d{4}", before) and re.fullmatch(r"\d{2}", number)
    return {Decimal(before[:2] + number)} if years else set()


def _read(match: re.Match[str]) -> tuple[frozenset[Value], frozenset[Value]]:
    if match["word"]:
        return frozenset({_WORDS[match["word"].lower()]}), frozenset()
    if match["cjk"]:
        return frozenset({_cjk_value(match["cjk"])}), frozenset()
    values, readings = _digits(match["digits"])
    power = match["exponent"] or match["power"] or match["raised"]
    if not power:
        return values, readings
    by_ten = bool(match["base"] or match["exponent"])
    return frozenset(_raised(values, int(power.translate(_RAISED)), by_ten=by_ten)), readings | values


def _raised(values: frozenset[Value], power: int, *, by_ten: bool) -> Iterator[Value]:
    for value in values:
        if isinstance(value, Decimal):
            yield value.scaleb(power) if by_ten or not value else value**power


def _digits(said: str) -> tuple[frozenset[Value], frozenset[Value]]:
    """What a run of digits and separators says, and what it may say as well."""
    groups, separators = re.findall(r"\d+", said), re.findall(r"\D", said)
    joined = "".join(str(int(digit)) for group in groups for digit in group)
    if len(joined) > _LONGEST:
        return frozenset({joined}), frozenset()
    if said[0] == ".":
        groups, separators = ["0", *groups], separators or ["."]
    if _grouped(groups, separators):
        return frozenset({Decimal(joined)}), frozenset(_ungrouped(groups, separators))
    if len(groups) <= 2:
        return frozenset({Decimal(".".join(groups))}), frozenset()
    if _grouped(groups[:-1], separators[:-1]) and separators[-1] in ".,":
        return frozenset({Decimal(f"{''.join(groups[:-1])}.{groups[-1]}")}), frozenset()
    if set(separators) == {"."}:
        return frozenset({_version(groups)}), frozenset(_ungrouped(groups, separators))
    return frozenset({Decimal(joined), ",".join(groups)}), frozenset(map(Decimal, groups))


def _grouped(groups: list[str], separators: list[str]) -> bool:
    """Whether the digits stand in groups of three: 1,000 and 1 000 000, not 0.125."""
    if len(set(separators)) != 1 or len(groups[0]) > 3 or int(groups[0]) == 0:
        return False
    return all(len(group) == 3 for group in groups[1:])


def _ungrouped(groups: list[str], separators: list[str]) -> Iterator[Value]:
    """What dots and a comma say that do not stand between thousands: decimals, a version and those it belongs to."""
    if separators[0] not in ".,":
        return
    if len(groups) == 2 or separators[0] == ".":
        yield Decimal(".".join(groups[:2]))
    if len(groups) > 2 and separators[0] == ".":
        yield Decimal(groups[0])
        yield from (_version(groups[:length]) for length in range(3, len(groups) + 1))


def _version(groups: list[str]) -> str:
    return ".".join(str(int(group)) for group in groups)


def _cjk_value(said: str) -> Value:
    """三千五百 and 二〇二四 alike."""
    if not set(said) & set(_CJK_UNITS):
        return Decimal("".join(str(_CJK_DIGITS[character]) for character in said)) if len(said) <= _LONGEST else said
    total = part = digit = 0
    for character in said:
        unit = _CJK_UNITS.get(character, 0)
        if not unit:
            digit = 10 * digit + _CJK_DIGITS[character]
        elif unit < 10**4:
            part, digit = part + (digit or 1) * unit, 0
        else:
            total, part, digit = total + (part + digit or 1) * unit, 0, 0
    return Decimal(total + part + digit)
