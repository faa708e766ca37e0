"""A year of ticks across both changes of the clocks, against rules applied to what a clock on the wall shows."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from redraft.agent.jobs.schedule import Schedule, parse

ANCHOR = datetime(2025, 12, 31, 22, 0, 42, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu")
Shows = Callable[[datetime], bool]
"""Whether a clock on the wall shows a time at which a job strikes."""
FIXED: dict[str, Shows] = {
    "0 7 * * MON": lambda t: t.weekday() == 0 and (t.hour, t.minute) == (7, 0),
    "30 2 * * *": lambda t: (t.hour, t.minute) == (2, 30),
    "30 1 * * *": lambda t: (t.hour, t.minute) == (1, 30),
    "15 2 * * SUN": lambda t: t.weekday() == 6 and (t.hour, t.minute) == (2, 15),
    "0 0 1 * *": lambda t: t.day == 1 and (t.hour, t.minute) == (0, 0),
    "0 12 29 2 *": lambda t: (t.month, t.day) == (2, 29) and (t.hour, t.minute) == (12, 0),
    "5 1-3 * * *": lambda t: t.hour in {1, 2, 3} and t.minute == 5,
    "0 9 13 * FRI": lambda t: (t.day == 13 or t.weekday() == 4) and (t.hour, t.minute) == (9, 0),
}
"""Each tick exactly once, whatever is done to the clocks."""
SHOWN: dict[str, Shows] = {
    "*/20 * * * *": lambda t: t.minute % 20 == 0,
    "0 */2 * * *": lambda t: t.hour % 2 == 0 and t.minute == 0,
    "*/30 2 * * *": lambda t: t.hour == 2 and t.minute in {0, 30},
}
"""Whenever the clocks show it."""


STEP = timedelta(minutes=5)
"""All these jobs strike at multiples of it: a tick at any other minute is in no list of what is expected."""


@cache
def walk(zone: str) -> Sequence[tuple[datetime, datetime]]:
    """2026 and the days before and after it, in UTC and in order, each with what a clock on the wall shows then."""
    first, local = datetime(2025, 12, 31, tzinfo=UTC), ZoneInfo(zone)
    moments = [first + number * STEP for number in range(367 * DAY // STEP)]
    return [(moment, moment.astimezone(local).replace(tzinfo=None)) for moment in moments]


@cache
def once_each(zone: str) -> Sequence[tuple[datetime, datetime]]:
    """As `walk`, but with every time of the wall once: of those shown twice, the first; those never shown come at the
    first moment when the wall shows a later one."""
    seen = dict[datetime, datetime]()
    newest = walk(zone)[0][1] - STEP
    for moment, shown in walk(zone):
        for number in range(1, (shown - newest) // STEP + 1):
            seen[newest + number * STEP] = moment
        newest = max(newest, shown)
    return [(moment, shown) for shown, moment in seen.items()]


@cache
def expected(text: str, zone: str) -> Sequence[datetime]:
    """The ticks of 2026, by the clocks of the zone."""
    struck, shows = (once_each(zone), FIXED[text]) if text in FIXED else (walk(zone), SHOWN[text])
    moments = sorted({moment for moment, shown in struck if shows(shown)})
    return [moment for moment in moments if moment.astimezone(ZoneInfo(zone)).year == 2026]


def a_year_of(schedule: Schedule, zone: str) -> list[datetime]:
    """What strikes while the clock is moved from tick to tick through 2026."""
    now = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=ZoneInfo(zone))
    end = datetime(2027, 1, 1, tzinfo=ZoneInfo(zone))
    struck = list[datetime]()
    while (tick := schedule.after(now)) and tick < end:
        struck.append(tick)
        now = tick
    return struck


def cron(text: str, zone: str) -> Schedule:
    return parse(text, None, zone, ANCHOR)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", FIXED)
def test_in_a_year_with_both_changes_of_the_clocks_a_job_of_fixed_times_strikes_once_for_each(
    text: str, zone: str
) -> None:
    assert a_year_of(cron(text, zone), zone) == expected(text, zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", SHOWN)
def test_in_a_year_with_both_changes_of_the_clocks_a_job_of_any_hour_strikes_when_the_clocks_show_it(
    text: str, zone: str
) -> None:
    assert a_year_of(cron(text, zone), zone) == expected(text, zone)


@pytest.mark.parametrize(("every", "step"), [("6h", 6 * HOUR), ("1d", DAY), ("1w", 7 * DAY)])
@pytest.mark.parametrize("zone", ZONES)
def test_in_a_year_with_both_changes_of_the_clocks_a_length_of_time_stays_the_same(
    every: str, step: timedelta, zone: str
) -> None:
    struck = a_year_of(parse(None, every, zone, ANCHOR), zone)
    start = ANCHOR.replace(second=0)

    assert {later - tick for tick, later in pairwise(struck)} == {step}
    assert (struck[0] - start) % step == timedelta(0)
    assert len(struck) in {365 * DAY // step, 365 * DAY // step + 1}


MOMENTS = st.builds(
    lambda after, zone: (ANCHOR + after).astimezone(zone),
    st.timedeltas(min_value=-DAY, max_value=800 * DAY),
    st.sampled_from([UTC, *map(ZoneInfo, ZONES)]),
)
SCHEDULES = st.sampled_from(
    [
        *(cron(text, zone) for text in (*FIXED, *SHOWN) for zone in ZONES),
        *(parse(None, every, None, ANCHOR) for every in ("1m", "90s", "7h", "1w")),
    ]
)


@given(SCHEDULES, MOMENTS)
@example(cron("30 2 * * *", ZONES[0]), datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(ZONES[0]), fold=1))
@example(cron("30 2 * * *", ZONES[0]), datetime(2026, 3, 29, 2, 10, tzinfo=ZoneInfo(ZONES[0])))
def test_the_next_tick_is_later_than_the_moment_and_ticks_ascend(schedule: Schedule, moment: datetime) -> None:
    for _ in range(3):
        tick = schedule.after(moment)
        assert tick is not None
        assert tick.tzinfo is UTC
        assert tick > moment.astimezone(UTC)
        moment = tick


@given(SCHEDULES, MOMENTS, st.timedeltas(min_value=-DAY, max_value=3 * DAY))
@example(cron("30 2 * * *", ZONES[0]), datetime(2026, 10, 24, 12, 0, tzinfo=UTC), timedelta(hours=13))
@example(cron("*/20 * * * *", ZONES[0]), datetime(2026, 10, 24, 12, 0, tzinfo=UTC), 20 * MINUTE)
def test_the_newest_tick_of_a_span_is_the_last_that_is_found_step_by_step(
    schedule: Schedule, since: datetime, length: timedelta
) -> None:
    since = since.astimezone(UTC)
    steps = [since]
    while (tick := schedule.after(steps[-1])) and tick <= since + length and len(steps) < 300:
        steps.append(tick)
    assume(len(steps) < 300)

    assert schedule.latest(since, since + length) == ((steps[-1], len(steps) - 2) if len(steps) > 1 else None)


@given(st.sampled_from([*FIXED, *SHOWN]), st.sampled_from(ZONES), st.integers(0, 363 * 1440))
def test_the_next_tick_is_the_same_from_wherever_it_is_asked_for(text: str, zone: str, minute: int) -> None:
    ticks = expected(text, zone)
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC) + minute * MINUTE
    assume(ticks and ticks[-1] > moment)

    assert cron(text, zone).after(moment) == ticks[bisect_right(ticks, moment)]
