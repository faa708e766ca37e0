import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.store.segment import segment
from redraft.tools.language import (
    CJK_SIZE,
    FUNCTION_WORDS,
    OTHER_SCRIPTS,
    comparable,
    language_of,
    language_of_question,
    paired,
    size,
)

SENTENCES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("languages.toml").read_text("utf-8"))
MISSED = {
    "Beschermt koffie tegen dementie?",
    "Is nuclear fusion economically viable before 2050?",
    "Summarise recent progress in solid-state batteries.",
}
"""Of the questions among them, those that do not tell: too few words of theirs hold a sentence together."""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A tram line carries up to 9,000 passengers an hour in each direction.", "en"),
        ("Die Straßenbahn fährt auf der Straße und ist für alle da.", "de"),
        ("Le tramway est un moyen de transport dans la ville.", "fr"),
        ("El tranvía es un medio de transporte que va por la ciudad.", "es"),
        ("路面電車は街路を走る。", "ja"),
        ("有轨电车在街道上行驶，HTTP 除外。", "zh"),
        ("노면전차는 거리를 달린다.", "ko"),
        ("Трамвай.", "ru"),
        ("الترام", "ar"),
        ("Скільки коштує трамвай у Києві?", None),
        ("تراموا چگونه کار می‌کند؟", None),
        ("Capacity: 9,000", None),
        ("the and", None),
        ("The And Of", "en"),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_commonest_words_or_its_script(text: str, name: str | None) -> None:
    assert language_of(text) == name


@pytest.mark.parametrize("name", SENTENCES)
def test_real_questions_and_sentences_are_answered_in_their_language(name: str) -> None:
    assert len(SENTENCES[name]) >= 15
    for sentence in SENTENCES[name]:
        assert language_of_question(sentence) == (None if sentence in MISSED else name)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_real_sentence_is_in_its_own_language_or_too_short_to_tell_and_never_in_another(name: str) -> None:
    assert {language_of(sentence) for sentence in SENTENCES[name]} <= {name, None}
    assert language_of(" ".join(SENTENCES[name])) == name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Trams?", None),
        ("Die Hard box office", None),
        ("What does 物の哀れ mean in Japanese aesthetics?", "en"),
        ("Is Gödel's proof correct?", None),
        ("Wie teuer ist Zürich?", "de"),
        ("Was kostet Öl?", "de"),
        ("Jak działa pompa ciepła?", None),
        ("Explain AI agents: AI safety, AI policy and the law", "en"),
        ("WIE TEUER IST EIN KILOMETER?", "de"),
        ("", None),
    ],
)
def test_a_question_tells_its_language_only_where_that_is_sure(question: str, name: str | None) -> None:
    assert language_of_question(question) == name


@pytest.mark.parametrize(
    ("one", "other", "can"),
    [
        ("en", "en", True),
        ("zh", "zh", True),
        ("en", "de", False),
        ("zh", "ja", False),
        ("zh", "en", False),
        (None, "en", True),
        (None, None, True),
        (None, "zh", False),
        (None, "ar", False),
    ],
)
def test_texts_are_compared_within_one_language_and_where_the_script_is_all_that_is_known(
    one: str | None, other: str | None, can: bool
) -> None:
    assert comparable(one, other) is comparable(other, one) is can


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("路面電車は東京の노면ترامрельс the de la")))
def test_a_question_has_a_language_that_is_known_or_none(question: str) -> None:
    assert language_of_question(question) in FUNCTION_WORDS.keys() | OTHER_SCRIPTS | {None}


def test_a_single_foreign_name_does_not_change_the_language() -> None:
    assert language_of("The tram of Tokyo is called 都電 and it is the last of its kind.") == "en"


@pytest.mark.parametrize("name", FUNCTION_WORDS)
def test_no_function_word_stands_in_a_list_that_cannot_be_met(name: str) -> None:
    assert all(word == word.lower() and word.isalpha() for word in FUNCTION_WORDS[name])


@given(st.text("0123456789 \n.,;:!?()[]-–€%…"))
def test_what_has_no_letter_never_has_a_language(text: str) -> None:
    assert language_of(text) is None


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
