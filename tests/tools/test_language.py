import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.language import FUNCTION_WORDS, language


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A tram line carries up to 9,000 passengers an hour in each direction.", "en"),
        ("Die Straßenbahn fährt auf der Straße und ist für alle da.", "de"),
        ("Le tramway est un moyen de transport dans la ville.", "fr"),
        ("El tranvía es un medio de transporte que va por la ciudad.", "es"),
        ("路面電車は街路を走る。", "cjk"),
        ("有轨电车在街道上行驶，HTTP 除外。", "cjk"),
        ("노면전차는 거리를 달린다.", "cjk"),
        ("Capacity: 9,000", None),
        ("the and", None),
        ("The And OF", "en"),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_commonest_words_or_its_script(text: str, name: str | None) -> None:
    assert language(text) == name


def test_a_single_foreign_name_does_not_change_the_language() -> None:
    assert language("The tram of Tokyo is called 都電 and it is the last of its kind.") == "en"


@pytest.mark.parametrize("name", FUNCTION_WORDS)
def test_no_function_word_stands_in_a_list_that_cannot_be_met(name: str) -> None:
    assert all(word == word.lower() and word.isalpha() for word in FUNCTION_WORDS[name])


@given(st.text("0123456789 \n.,;:!?()[]-–€%…"))
def test_what_has_no_letter_never_has_a_language(text: str) -> None:
    assert language(text) is None
