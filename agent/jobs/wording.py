"""How times are shown to people."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
_UNITS = ((86400, "day", "d"), (3600, "hour", "h"), (60, "minute", "min"), (1, "second", "s"))


def local(moment: datetime, zone: str) -> str:
    """An aware moment by the clocks of an IANA zone, as "Mon 2026-03-30 07:00 CEST"."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def until(moment: datetime, now: datetime) -> str:
    """Roughly how far off a moment is: "in 3 hours", "2 days ago", or "now" within a second."""
    distance = abs(moment - now)
    if distance < SECOND:
        return "now"
    size, noun = next((size, noun) for size, noun, _ in _UNITS if distance >= size * SECOND)
    words = _counted(round(distance / (size * SECOND)), noun)
    return f"in {words}" if moment > now else f"{words} ago"


def duration(length: timedelta) -> str:
    """A length of time in whole seconds, in short: "4 min 10 s"."""
    return " ".join(f"{count} {short}" for count, _, short in _parts(length)) or "0 s"


def in_words(length: timedelta) -> str:
    """A length of time in whole seconds, as "1 hour 30 minutes"."""
    return " ".join(_counted(count, noun) for count, noun, _ in _parts(length)) or "no time"


def _parts(length: timedelta) -> list[tuple[int, str, str]]:
    left, parts = length // SECOND, list[tuple[int, str, str]]()
    for size, noun, short in _UNITS:
        count, left = divmod(left, size)
        parts.append((count, noun, short))
    return [part for part in parts if part[0]]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
