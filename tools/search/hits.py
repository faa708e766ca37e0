"""What every provider does before it hands out its hits, and says of days. Pure functions."""

import html
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import islice

from redraft.tools.search.types import Ask, Hit

_WEB = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
_DAY = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?(?!\d)")
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|sec|title|list|list-item|br|div|li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REACH = {"day": 1, "week": 7, "month": 30, "year": 365}
"""Days that the words of search engines reach back."""


def kept(hits: Iterable[Hit], ask: Ask) -> tuple[Hit, ...]:
    """The first hits up to the limit: those with an address on the web, and not known to be too old."""
    wanted = (hit for hit in hits if _WEB.fullmatch(hit.url) and not older(hit.date, ask.since))
    return tuple(islice(wanted, ask.limit))


def older(moment: str | None, since: date | None) -> bool:
    """Whether a date, known as far as `2024`, `2024-05` or `2024-05-01`, lies wholly before a day.

    What is no such date is not known to.
    """
    day = day_of(moment)
    return bool(day and since and day < since.isoformat()[: len(day)])


def plain(markup: str | None) -> str:
    """Text on one line from text with HTML or JATS tags and entities in it."""
    text = _TAG.sub("", _BLOCK.sub(" ", markup or ""))
    return one_line(html.unescape(text))


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def day_of(moment: str | None) -> str | None:
    """`yyyy-mm-dd`, or as much of it as an ISO 8601 moment says."""
    found = _DAY.match(moment or "")
    return found[0] if found else None


def joined(names: Iterable[str | None]) -> str | None:
    """Authors as one string; None for nobody."""
    return ", ".join(name for raw in names if (name := one_line(raw))) or None


def today() -> date:
    return datetime.now(UTC).date()


def reach(since: date | None, now: date, words: Iterable[str]) -> str | None:
    """The shortest of `words`, keys of `REACH`, that reaches back to `since`; None where none does."""
    if since is None:
        return None
    return next((word for word in sorted(words, key=REACH.__getitem__) if (now - since).days <= REACH[word]), None)
