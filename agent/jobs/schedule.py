"""The clock of a job: at the times that a cron expression names, or again and again after the same length of time."""

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import count, dropwhile, islice, takewhile
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from redraft.agent.errors import UserError
from redraft.agent.jobs.wording import in_words

MINUTE = timedelta(minutes=1)
SHORTEST, LONGEST = MINUTE, timedelta(days=366)
"""Of the lengths that a job can be repeated after."""
MOST_COUNTED = 10_000
"""Missed ticks are counted up to here: a week of a job of every minute. Measured for a year that was missed: 0.04 s for
`* * * * *`, 0.26 s for `*/20 * * * *`; to count all ticks of the former would take 2 s."""
MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""As crontab(5) has them."""
_FIELDS = "five fields (minute, hour, day of month, month, day of week), like '0 7 * * MON' for Mondays at 07:00"
_LENGTH = re.compile(r"(?:(\d{1,8})w)?(?:(\d{1,8})d)?(?:(\d{1,8})h)?(?:(\d{1,8})m)?(?:(\d{1,8})s)?", re.ASCII)
_SIZES = (604_800, 86_400, 3_600, 60, 1)


class Schedule(NamedTuple):
    """When a job strikes. Made by `parse`, or of what `parse` made; either `cron` or `every` is not None.

    Cron's rules are those of Debian's crontab(5), by cronsim. Where clocks are changed, they tell two kinds apart:

    - Minute and hour both begin without a star (`30 2 * * *`, `5 1-3 * * *`): every tick comes exactly once. Those of
      the time that is left out come together, as one, at its end: 02:30 at 03:00. Those of the time that is repeated
      come the first time alone.
    - One of them begins with a star (`*/20 * * * *`, `0 */2 * * *`): the job strikes whenever the clocks show such a
      time: not at all in the time that is left out, and twice in the time that is repeated.

    `every` knows no clocks: it is time elapsed.

    Compared with these rules at all changes of clocks in 2026, cronsim 2.8 differs in two things. On Lord Howe and
    Chatham Island, which change by or at a part of an hour, it may leave out ticks of the second kind in the two hours
    after. Where midnight is left out, as in Havana, a job of the second kind for some weekdays may strike at its end.
    """

    cron: str | None
    every: int | None
    """Seconds."""
    zone: str
    """The IANA name of the zone whose clocks `cron` means."""
    anchor: datetime
    """Aware. `every` counts from the full minute before it, which is the first tick."""

    def after(self, moment: datetime) -> datetime | None:
        """The first tick later than an aware moment, in UTC. None where there is none within fifty years."""
        return next(self.ticks(moment), None)

    def ticks(self, moment: datetime) -> Iterator[datetime]:
        """All ticks later than an aware moment, in UTC and in order, at least a minute apart."""
        moment = moment.astimezone(UTC)
        struck = self._repeated(moment) if self.cron is None else _by_the_clock(self.cron, self.zone, moment)
        # From within the time that is repeated, cronsim begins with what was struck in its first turn.
        return dropwhile(lambda tick: tick <= moment, struck)

    def latest(self, since: datetime, until: datetime) -> tuple[datetime, int] | None:
        """The newest tick later than `since` and not later than `until`, with the number of those that lie before it.

        No more than `MOST_COUNTED` are counted. None where there is no tick.
        """
        since, until = since.astimezone(UTC), until.astimezone(UTC)

        def is_late(minutes: int) -> bool:
            tick = self.after(since + minutes * MINUTE)
            return tick is None or tick > until

        late = bisect_left(range((until - since) // MINUTE + 1), True, key=is_late)
        newest = self.after(since + (late - 1) * MINUTE) if late else None
        if newest is None:
            return None
        before = takewhile(lambda tick: tick < newest, self.ticks(since))
        return newest, sum(1 for _ in islice(before, MOST_COUNTED))

    def explain(self) -> str:
        """In words: "At 07:00 on Monday, Europe/Berlin", "Every 6 hours, from 2026-11-22 08:00 CET"."""
        if self.cron is None:
            return f"Every {in_words(self._step)}, from {self._start.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M %Z}"
        return f"{CronSim(self.cron, self.anchor).explain()}, {self.zone}"

    @property
    def _start(self) -> datetime:
        return self.anchor.astimezone(UTC).replace(second=0, microsecond=0)

    @property
    def _step(self) -> timedelta:
        return timedelta(seconds=self.every or 0)

    def _repeated(self, moment: datetime) -> Iterator[datetime]:
        first = max(0, (moment - self._start) // self._step)
        return (self._start + number * self._step for number in count(first))


def _by_the_clock(cron: str, zone: str, moment: datetime) -> Iterator[datetime]:
    return (tick.astimezone(UTC) for tick in CronSim(cron, moment.astimezone(ZoneInfo(zone))))


def parse(cron: str | None, every: str | None, zone: str | None, anchor: datetime) -> Schedule:
    """The clock that strikes at the times of `cron`, or `every` so often counted from the aware moment `anchor`.

    `cron` has five fields or is one of `MACROS`; `every` is like `90m`, `6h`, `2d`, `1w`, `1h30m`. Without a zone it is
    the machine's. Raises `UserError` for what is no such thing, and where not exactly one of the two is given.
    """
    if (cron is None) == (every is None):
        raise UserError("a job needs a cron expression, like '0 7 * * MON', or a length of time, like 6h, and not both")
    return Schedule(
        cron=None if cron is None else _cron(cron),
        every=None if every is None else _seconds(every),
        zone=machine_zone() if zone is None else known_zone(zone),
        anchor=anchor,
    )


def machine_zone(environment: Mapping[str, str] = os.environ, localtime: Path = Path("/etc/localtime")) -> str:
    """The IANA zone of this machine: `TZ`, else what `localtime` links to (localtime(5)); UTC where neither is one."""
    linked = str(localtime.readlink()) if localtime.is_symlink() else ""
    for place in environment.get("TZ", "").removeprefix(":"), linked:
        if zone := _zones().get(_key(place.rpartition("/zoneinfo/")[2])):
            return zone
    return "UTC"


def _cron(text: str) -> str:
    """The five fields. Raises `UserError` for anything that cron would not take."""
    fields = text.split()
    if len(fields) == 1 and fields[0].startswith("@"):
        return _macro(fields[0])
    if len(fields) != 5:
        message = f"cron {text!r} has {len(fields)} fields: it needs {_FIELDS}"
        raise UserError(message)
    try:
        CronSim(text, datetime.now(UTC))
    except (CronSimError, ValueError) as error:  # of int(): a number of thousands of digits
        message = f"cron {text!r}: {str(error).lower()}; it needs {_FIELDS}"
        raise UserError(message) from error
    return " ".join(fields)


def _macro(name: str) -> str:
    try:
        return MACROS[name.lower()]
    except KeyError as error:
        message = f"cron {name!r} is none of {', '.join(MACROS)}; or give {_FIELDS}"
        raise UserError(message) from error


def _seconds(text: str) -> int:
    match = _LENGTH.fullmatch("".join(text.split()).lower())
    numbers = match.groups(default="0") if match else ()
    length = sum(int(number) * size for number, size in zip(numbers, _SIZES, strict=False))
    if not SHORTEST.total_seconds() <= length <= LONGEST.total_seconds():
        message = (
            f"every {text!r} is no time from 1 minute to {LONGEST.days} days: write it as 90m, 6h, 2d, 1w or 1h30m"
        )
        raise UserError(message)
    return length


def known_zone(zone: str) -> str:
    """The name as the IANA spells it. Raises `UserError` with names that are near it."""
    zones, key = _zones(), _key(zone)
    if key in zones:
        return zones[key]
    near = " or ".join(zones[name] for name in get_close_matches(key, zones))
    message = f"there is no time zone {zone!r}: {f'did you mean {near}?' if near else 'give one like Europe/Berlin'}"
    raise UserError(message)


def _key(zone: str) -> str:
    return "_".join(zone.split()).casefold()


@cache
def _zones() -> dict[str, str]:
    return {_key(zone): zone for zone in sorted(available_timezones())}
