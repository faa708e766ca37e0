from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.jobs.schedule import MOST_COUNTED, Schedule, machine_zone, parse

ANCHOR = datetime(2025, 12, 31, 22, 0, 42, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def cron(text: str, zone: str) -> Schedule:
    return parse(text, None, zone, ANCHOR)


def test_what_falls_into_the_hour_left_out_comes_together_at_its_end() -> None:
    before = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)  # 01:50 in Berlin
    half_hours = cron("0,30 2,3 * * *", "Europe/Berlin")

    assert half_hours.after(before) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert half_hours.after(before + 10 * MINUTE) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_job_of_the_repeated_hour_does_not_strike_again_in_its_second_turn() -> None:
    in_second_turn = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    schedule = cron("30 2 * * *", "Europe/Berlin")

    assert schedule.after(in_second_turn) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    assert schedule.latest(in_second_turn - DAY, in_second_turn) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 1)


def test_a_span_between_moments_of_one_zone_is_as_long_as_it_lasted() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before, in_second_turn = (
        datetime(2026, 10, 25, 1, tzinfo=berlin),
        datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1),
    )
    newest = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)

    assert cron("*/20 * * * *", "Europe/Berlin").latest(before, in_second_turn) == (newest, 6)


def test_a_clock_that_never_strikes_again_has_no_next_tick() -> None:
    never = cron("0 0 */20 * 1L", "Europe/Berlin")  # the last Monday of a month is never its 1st nor its 21st

    assert never.after(ANCHOR) is None
    assert never.latest(ANCHOR, ANCHOR + 366 * DAY) is None


def test_the_29th_of_february_comes_with_the_next_leap_year() -> None:
    assert cron("0 12 29 2 *", "Asia/Kathmandu").after(ANCHOR) == datetime(2028, 2, 29, 6, 15, tzinfo=UTC)


def test_ticks_of_a_year_that_was_missed_are_counted_up_to_a_bound_and_the_newest_is_right() -> None:
    until = ANCHOR + 365 * DAY

    assert cron("* * * * *", "Europe/Berlin").latest(ANCHOR, until) == (until.replace(second=0), MOST_COUNTED)
    assert cron("0 7 * * MON", "Asia/Kathmandu").latest(ANCHOR, until) == (
        datetime(2026, 12, 28, 1, 15, tzinfo=UTC),
        51,
    )


@pytest.mark.parametrize(
    ("text", "fields"), [("@hourly", "0 * * * *"), ("@Daily", "0 0 * * *"), (" 0  7 * * mon ", "0 7 * * mon")]
)
def test_what_crontab_abbreviates_is_spelled_out(text: str, fields: str) -> None:
    assert cron(text, "UTC").cron == fields


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0 25 * * *", "bad hour"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("0 7 * * MOON", "bad day-of-week"),
        ("0 0 7 * * MON", "has 6 fields"),
        ("", "has 0 fields"),
        ("@reboot", "none of @hourly, @daily"),
    ],
)
def test_bad_cron_text_is_refused_with_the_fault_and_an_example(text: str, fault: str) -> None:
    with pytest.raises(UserError, match=rf"{fault}.*'0 7 \* \* MON'"):
        cron(text, "UTC")


FIELD = st.text("0123456789*/,-#LWMONSUJA", min_size=1, max_size=6) | st.sampled_from(["*", "1", "MON", "*/2", "L"])


@given(st.lists(FIELD, min_size=5, max_size=5).map(" ".join) | st.text(max_size=20))
@example("9" * 5000 + " * * * *")
def test_any_text_is_either_a_clock_that_can_be_explained_or_refused_in_one_line(text: str) -> None:
    try:
        schedule = cron(text, "Europe/Berlin")
    except UserError as error:
        told = str(error)
    else:
        told = schedule.explain()
        schedule.after(ANCHOR)

    assert told.isprintable()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("6h", 21600), ("2D", 172800), ("1w", 604800), ("1h 30m", 5400), ("60s", 60)]
)
def test_lengths_of_time_are_understood(text: str, seconds: int) -> None:
    assert parse(None, text, "UTC", ANCHOR).every == seconds


@pytest.mark.parametrize("text", ["", "6", "h", "59s", "0m", "367d", "6 hours", "-6h", "30m1h", "٣h", "9" * 5000 + "m"])
def test_lengths_of_time_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="from 1 minute to 366 days: write it as 90m"):
        parse(None, text, "UTC", ANCHOR)


@pytest.mark.parametrize(("text", "every"), [(None, None), ("@daily", "6h")])
def test_a_clock_is_made_of_one_thing(text: str | None, every: str | None) -> None:
    with pytest.raises(UserError, match="and not both"):
        parse(text, every, "UTC", ANCHOR)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("europe/berlin", "Europe/Berlin"), ("america/new york", "America/New_York"), ("utc", "UTC")],
)
def test_a_zone_is_spelled_as_the_iana_has_it(given_name: str, name: str) -> None:
    assert cron("@daily", given_name).zone == name


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Berlin", "did you mean Europe/Berlin"), ("Asia/Katmandoo", "Asia/Kathmandu"), ("", "like Europe/Berlin")],
)
def test_an_unknown_zone_is_refused_with_those_near_it(zone: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        cron("@daily", zone)


def test_the_zone_of_the_machine_is_the_one_of_the_environment_then_of_its_clock(tmp_path: Path) -> None:
    linked = tmp_path / "localtime"
    linked.symlink_to("../usr/share/zoneinfo/Asia/Kathmandu")

    assert machine_zone({"TZ": ":Europe/Berlin"}, linked) == "Europe/Berlin"
    assert machine_zone({"TZ": "/usr/share/zoneinfo/Europe/Berlin"}, linked) == "Europe/Berlin"
    assert machine_zone({"TZ": "nowhere"}, linked) == "Asia/Kathmandu"
    assert machine_zone({}, linked) == "Asia/Kathmandu"
    assert machine_zone({}, tmp_path / "absent") == "UTC"


def test_without_a_zone_it_is_that_of_the_machine() -> None:
    assert parse("@daily", None, None, ANCHOR).zone in available_timezones()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (cron("0 7 * * MON", "Europe/Berlin"), "At 07:00 on Monday, Europe/Berlin"),
        (cron("@hourly", "UTC"), "At the start of every hour, UTC"),
        (parse(None, "6h", "UTC", ANCHOR), "Every 6 hours, from 2025-12-31 22:00 UTC"),
        (parse(None, "90m", "UTC", ANCHOR), "Every 1 hour 30 minutes, from 2025-12-31 22:00 UTC"),
    ],
)
def test_a_clock_is_told_in_words(schedule: Schedule, words: str) -> None:
    assert schedule.explain() == words
