"""Words for the index, where a script does not divide them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.store.segment import is_lone, segment
from redraft.tests.texts import TEXTS
from redraft.tools.language import paired

CHARACTERS = st.text(
    st.sampled_from("東京都는서울カｶ々〇𠀀 a1é。・「ー\u3000") | st.characters(exclude_categories=["Cs"])
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("東京都", ["東京", "京都"]),
        ("猫と犬。", ["猫と", "と犬", "。"]),
        ("AI技術 2024年", ["AI", "技術", "2024", "年"]),
        ("서울에서", ["서울", "울에", "에서"]),
        ("Trams run.", ["Trams", "run."]),
    ],
)
def test_runs_become_overlapping_pairs_and_a_lone_character_stays(text: str, words: list[str]) -> None:
    assert segment(text).split() == words


@given(TEXTS | CHARACTERS)
def test_texts_are_divided_as_queries_are(text: str) -> None:
    assert segment(text).split() == paired(text).split()


@given(TEXTS | CHARACTERS)
def test_what_is_divided_is_not_divided_further(text: str) -> None:
    assert segment(segment(text)).split() == segment(text).split()


def test_a_lone_character_is_told_from_a_pair_and_from_other_letters() -> None:
    assert [is_lone(word) for word in ("猫", "東京", "a", "")] == [True, False, False, False]
