import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.speculation.drafter import Ids
from redraft.agent.speculation.history import LONGEST_MATCH, NOWHERE, History

TEXTS = st.lists(st.integers(0, 3), max_size=60)


def ids(tokens: list[int] | str) -> Ids:
    return np.array([ord(sign) for sign in tokens] if isinstance(tokens, str) else tokens, np.int32)


def found(history: History, context: str, count: int = 3) -> list[tuple[int, str]]:
    """The length of each match and what follows it, the longest first."""
    matches = history.matches(ids(context))
    rows = history.following(matches.places, count)
    texts = ["".join(chr(token) for token in row if token != NOWHERE) for row in rows]
    return sorted(zip(matches.lengths.tolist(), texts, strict=True), reverse=True)


def test_the_end_of_a_text_is_found_where_it_has_stood_before_with_what_followed() -> None:
    history = History(100)

    history.add(ids("the tram runs; the bus runs"))

    assert found(history, "so the tram")[0] == (8, " ru")
    assert found(history, "the")[0] == (3, " tr")
    assert found(history, "q") == []
    assert found(history, "") == []


def test_nothing_is_found_at_the_very_end_as_nothing_follows_there() -> None:
    history = History(100)

    history.add(ids("tram"))

    assert found(history, "tram") == []


def test_a_text_that_is_gone_on_with_is_one_text() -> None:
    history = History(100)

    last = history.add(ids("the tr"))
    history.add(ids("am runs"), last)

    assert found(history, "the tram")[0] == (8, " ru")


def test_texts_that_grow_side_by_side_do_not_run_into_each_other() -> None:
    history = History(100)

    one = history.add(ids("red tr"))
    other = history.add(ids("blue b"))
    one = history.add(ids("am"), one)
    history.add(ids("us"), other)
    history.add(ids("s"), one)

    assert found(history, "red tr", 9) == [(6, "ams")]
    assert found(history, "blue b", 9) == [(6, "us")]
    assert found(history, "red trams") == []


def test_of_a_longer_match_no_more_than_its_bound_is_compared() -> None:
    history = History(1000)

    history.add(ids("x" + "ab" * 50 + "c"))

    assert max(length for length, _ in found(history, "y" + "ab" * 50)) == LONGEST_MATCH


@given(TEXTS, st.integers(1, 40), st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_every_match_is_one_and_the_oldest_tokens_are_forgotten(
    text: list[int], capacity: int, context: list[int]
) -> None:
    history = History(capacity)
    history.add(ids(text))

    matches = history.matches(ids(context))

    kept = {place: token for place, token in enumerate(text) if place >= len(text) - capacity}
    assert len(set(matches.places.tolist())) == len(matches.places)
    for place, length in zip(matches.places.tolist(), matches.lengths.tolist(), strict=True):
        before = [kept.get(place - back) for back in range(len(context))]
        agreed = [one == other for one, other in zip(before, reversed(context), strict=True)]
        assert length == (agreed.index(False) if False in agreed else len(agreed))
        assert history.following(np.array([place]), 1).tolist() == [[kept[place + 1]]]


@given(TEXTS, st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_an_end_that_has_stood_in_the_text_is_never_missed(text: list[int], context: list[int]) -> None:
    history = History(1000)
    history.add(ids(text))

    longest = max(history.matches(ids(context)).lengths.tolist(), default=0)

    windows = [text[:end] for end in range(1, len(text))]
    for length in (1, 2):
        if any(window[-length:] == context[-length:] for window in windows) and len(context) >= length:
            assert longest >= length


@given(st.lists(TEXTS, max_size=20))
def test_memory_is_taken_at_the_beginning_and_never_grows(texts: list[list[int]]) -> None:
    history = History(50)
    before = history.bytes

    for text in texts:
        history.add(ids(text))

    assert history.bytes == before
    assert history.total == sum(map(len, texts))
