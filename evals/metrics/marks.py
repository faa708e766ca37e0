"""Citations and addresses in the reports of any system, in the one form that this project reads. Pure functions.

Read are `[1]`, `[1, 2]`, `[1-3]`, `[1][2]`, `[^1]`, `[^1_2]`, `【1】`, `【1†L10-L12】`, links and bare addresses. Each
becomes `[e1]`, so that what reads a draft of our own reads the report of another.
"""

import re
from collections.abc import Callable, Iterator

from redraft.agent.citations import mark

KEY = r"\d{1,3}(?:_\d{1,3})?"
"""What a citation points to: a number, in some systems with that of the session in front of it."""
SESSION = 1000
"""Numbers of a session: `[^2_15]` is the reference 2015."""
WIDEST = 50
"""References in a span such as `[1-3]`: a wider one is an interval of something else."""

_NOT_URL = r"\s<>()\[\]\"\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
_STOPS = r".,;:!?*_'"
# The full stop behind an address belongs to the sentence. Lengths are bounded: brackets without end stay linear.
URL = (
    rf"(?:https?|file)://(?:[^{_NOT_URL}{_STOPS}]|[{_STOPS}]++(?=[^{_NOT_URL}]|\([^{_NOT_URL}])|\([^{_NOT_URL}]{{0,200}}\))"
    r"{1,2000}+"
)
_ONE = rf"\^?{KEY}(?:[†:][^\[\]【】,\n]{{0,60}})?"
_MANY = rf"{_ONE}(?:\s{{0,3}}[,，、;；–—-]\s{{0,3}}{_ONE}){{0,60}}+"
LINK = rf"!?\[(?P<title>[^\[\]\n]{{0,300}})\]\(\s{{0,3}}(?P<target>{URL})(?:\s{{1,3}}\"[^\"\n]{{0,200}}\")?\s{{0,3}}\)"
_TOKEN = re.compile(
    rf"(?P<code>`[^`\n]{{0,400}}`)|{LINK}|(?P<mark>[\[【［]\s{{0,3}}{_MANY}\s{{0,3}}[\]】］])|<?(?P<url>{URL})>?"
)
_KEY = re.compile(rf"\^?(?P<key>{KEY})(?P<note>[†:][^,，、;；\n]{{0,60}})?\s{{0,3}}(?P<to>[–—-]?)")
_NEIGHBOURS = re.compile(r"\[e\d+(?:, e\d+)*\](?:[ \t]{0,3}\[e\d+(?:, e\d+)*\])++")


def number_of(key: str) -> int:
    """`12` is 12, and `2_15` is 2015."""
    session, _, number = key.rpartition("_")
    return int(number) + SESSION * int(session or 0)


def unified(text: str, of_address: Callable[[str, str], int]) -> str:
    """The text with each citation as `[e1]` or `[e1, e2]`; code stays as it is, and pictures go.

    `of_address` gives the number of an address and the title that it is linked by. The title stays in the text.
    """

    def replaced(match: re.Match[str]) -> str:
        if match["mark"]:
            return mark(numbers) if (numbers := list(_numbers(match["mark"]))) else match[0]
        if match["url"]:
            return mark([of_address(match["url"], "")])
        return match[0] if match["code"] else _link(match, of_address)

    return _NEIGHBOURS.sub(_joined, _TOKEN.sub(replaced, text))


def _link(match: re.Match[str], of_address: Callable[[str, str], int]) -> str:
    title = match["title"].strip()
    if match[0].startswith("!"):
        return ""
    number = mark([of_address(match["target"], title)])
    named = not re.fullmatch(rf"\^?{KEY}|{URL}", title)
    return f"{title} {number}" if title and named else number


def _numbers(found: str) -> Iterator[int]:
    """The references of a mark; none of what is no mark, as `[0, 1]`."""
    keys = list(_KEY.finditer(found))
    numbers = [number_of(match["key"]) for match in keys]
    if 0 in numbers:
        return
    previous = 0
    for match, number in zip(keys, numbers, strict=True):
        yield from range(previous + 1, number) if previous and number - previous <= WIDEST else ()
        yield number
        previous = number if match["to"] and not match["note"] else 0


def _joined(match: re.Match[str]) -> str:
    return mark(list(dict.fromkeys(int(digits[:9]) for digits in re.findall(r"\d+", match[0]))))
