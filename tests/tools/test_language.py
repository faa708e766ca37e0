import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.store.segment import segment
from redraft.tools.language import CJK_SIZE, FUNCTION_WORDS, language, paired, size


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


@pytest.mark.parametrize(
    ("text", "divided"),
    [
        ("路面電車", "路面 面電 電車"),
        ("電", "電"),
        ("東京のtram 3", "東京 京の tram 3"),
        ("ジョン・スミス", "ジョ ョン ・ スミ ミス"),
        ("노면전차는 거리를", "노면 면전 전차 차는 거리 리를"),
        ("Trams run.", "Trams run."),
        ("", ""),
    ],
)
def test_text_without_spaces_is_divided_into_pairs_and_other_text_is_left_alone(text: str, divided: str) -> None:
    assert " ".join(paired(text).split()) == divided


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("路面電車は東京の노면"), max_size=30), st.integers(0, 30))
def test_a_text_is_always_as_large_as_its_halves(text: str, at: int) -> None:
    assert size(text[:at]) + size(text[at:]) == size(text)
    assert len(text) <= size(text) <= CJK_SIZE * len(text)


def test_a_cjk_character_counts_for_several_others() -> None:
    assert size("電車 tram") == 2 * CJK_SIZE + 5


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("路面電車は東京の노면・ー々〇")))
def test_what_is_asked_is_always_divided_as_what_is_indexed(text: str) -> None:
    assert paired(text) == segment(text)
