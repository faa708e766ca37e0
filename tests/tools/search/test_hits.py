from calendar import monthrange
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.search.hits import REACH, day_of, joined, kept, older, plain, reach
from redraft.tools.search.types import Ask, Hit

NOW = date(2026, 11, 20)


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "ftp://a/b", "/relative", "http://", "https:///x", "https://a b", "mailto:a@b"]
)
def test_what_leads_to_no_page_of_the_web_is_left_out(url: str) -> None:
    assert kept([Hit(url=url, title="x"), Hit(url="HTTP://a/b", title="y")], Ask(text="x")) == (
        Hit(url="HTTP://a/b", title="y"),
    )


@pytest.mark.parametrize(("day", "stays"), [("2024", True), ("2023", False), ("2024-02", False), (None, True)])
def test_a_date_is_compared_as_far_as_it_is_known(day: str | None, stays: bool) -> None:
    hit = Hit(url="https://a/", title="x", date=day)

    assert bool(kept([hit], Ask(text="x", since=date(2024, 3, 9)))) is stays


@given(day=st.dates(), since=st.dates(), known=st.sampled_from([4, 7, 10]))
def test_a_date_is_older_only_if_every_day_that_it_may_mean_is(day: date, since: date, known: int) -> None:
    last = {4: date(day.year, 12, 31), 7: day.replace(day=monthrange(day.year, day.month)[1]), 10: day}[known]

    assert older(day.isoformat()[:known], since) == (last < since)


def test_what_is_no_date_is_not_known_to_be_older() -> None:
    assert not any(
        older(moment, date(2024, 3, 9)) for moment in (None, "", "May 1999", "05/1999", "1.5.1999", "19990501")
    )
    assert not older("1999", None)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        ("2024 Nov-Dec", "2024"),
        ("2024-13-01", "2024"),
        ("20240501", None),
        ("last year", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_as_much_as_a_moment_says(moment: str | None, day: str | None) -> None:
    assert day_of(moment) == day


def test_markup_becomes_one_line_of_text() -> None:
    assert plain("<p>One.</p><p>H<sub>2</sub>O &lt;b&gt;\n two</p>") == "One. H2O <b> two"
    assert plain("a < b and c > d") == "a < b and c > d"
    assert plain(None) == ""


def test_authors_are_joined_without_gaps() -> None:
    assert joined(["Ada  Example", None, " ", "Ben"]) == "Ada Example, Ben"
    assert joined([]) is None


@given(st.dates(max_value=NOW), st.sets(st.sampled_from(sorted(REACH)), min_size=1))
def test_the_word_for_a_stretch_of_time_is_the_shortest_that_reaches_back(since: date, words: set[str]) -> None:
    chosen = reach(since, NOW, words)

    days = (NOW - since).days
    fitting = [word for word in words if REACH[word] >= days]
    assert chosen == (min(fitting, key=REACH.__getitem__) if fitting else None)
    assert reach(None, NOW, words) is None
