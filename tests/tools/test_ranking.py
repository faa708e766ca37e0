import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.ranking import Index

PASSAGES = [
    ("", "Trams run on rails."),
    ("Cost > Rails", "They last for thirty years."),
    ("", "Trams and buses carry people."),
    ("", "路面電車は東京の街路を走る。"),
]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["tram", "bus", "people"], [2, 0]),
        (["rails"], [1, 0]),  # a heading weighs more
        (["carrying", "TRAM"], [2, 0]),
        (["tram bus people"], [2, 0]),
        (["路面電車"], [3]),
        (["東"], [3]),
        (["ships"], []),
        (["of", "the"], []),
        ([], []),
    ],
)
def test_passages_that_hold_most_of_the_words_come_first(words: list[str], found: list[int]) -> None:
    assert Index(PASSAGES).search(words, 9) == found


def test_no_more_are_found_than_are_wanted() -> None:
    assert Index(PASSAGES).search(["trams"], 1) == [0]


def test_of_equals_the_earlier_comes_first() -> None:
    assert Index([("", "Buses."), *([("", "Trams.")] * 5)]).search(["tram"], 9) == [1, 2, 3, 4, 5]


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index([]).search(["trams"], 3) == []


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=20)), max_size=5), st.lists(st.text(max_size=9)))
def test_no_words_are_a_syntax_error_and_equal_passages_rank_equally(
    passages: list[tuple[str, str]], words: list[str]
) -> None:
    found = Index(passages).search(words, 9)

    assert found == Index(passages).search(words, 9)
    assert set(found) <= set(range(len(passages)))


def test_an_index_that_nobody_holds_any_more_is_closed_without_a_warning() -> None:
    index = Index(PASSAGES)
    index.search(["trams"], 1)

    del index

    gc.collect()  # warnings are errors here
