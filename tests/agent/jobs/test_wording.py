from datetime import UTC, datetime, timedelta

import pytest

from redraft.agent.jobs.wording import duration, in_words, local, until

NOW = datetime(2026, 3, 30, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "Mon 2026-03-30 07:00 CEST"),
        ("America/New_York", "Mon 2026-03-30 01:00 EDT"),
        ("Asia/Kathmandu", "Mon 2026-03-30 10:45 +0545"),
    ],
)
def test_a_moment_is_shown_by_the_clocks_of_a_zone(zone: str, shown: str) -> None:
    assert local(NOW, zone) == shown


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (timedelta(hours=2, minutes=50), "in 3 hours"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(seconds=59.9), "in 60 seconds"),
        (timedelta(milliseconds=-10), "now"),
        (timedelta(days=-2, hours=-1), "2 days ago"),
        (timedelta(hours=-1), "1 hour ago"),
    ],
)
def test_how_far_off_a_moment_is(distance: timedelta, told: str) -> None:
    assert until(NOW + distance, NOW) == told


@pytest.mark.parametrize(
    ("length", "short", "words"),
    [
        (timedelta(seconds=250.7), "4 min 10 s", "4 minutes 10 seconds"),
        (timedelta(hours=6), "6 h", "6 hours"),
        (timedelta(days=1, seconds=1), "1 d 1 s", "1 day 1 second"),
        (timedelta(0), "0 s", "no time"),
    ],
)
def test_how_long_something_takes(length: timedelta, short: str, words: str) -> None:
    assert (duration(length), in_words(length)) == (short, words)
