import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.repetition import ALIKE, irr, repeated
from redraft.tests.texts import TEXTS
from redraft.tools.retrieve import terms

TRAMS = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
SAME = "In each direction a tram line carries as many as 9,000 passengers every hour [e1]."
OTHER = "Building a bus lane costs about one million euros for every kilometre of road [e2]."


def later(*texts: str) -> list[str]:
    """The sentences that are repetitions, in sections with these texts."""
    return [pair.later.text for pair in repeated({str(number): text for number, text in enumerate(texts, start=1)})]


def test_a_sentence_of_another_section_in_nearly_the_same_words_is_found() -> None:
    (pair,) = repeated({"1": f"{OTHER} {TRAMS}", "2": f"Trams are quick. {SAME}"})

    assert (pair.earlier.section, pair.earlier.text) == ("1", TRAMS)
    assert (pair.later.section, pair.later.text) == ("2", SAME)
    assert pair.likeness >= 0.5


def test_the_span_of_a_sentence_is_where_it_stands() -> None:
    text = f"Trams are quick. {SAME}"

    (pair,) = repeated({"1": TRAMS, "2": text})

    assert text[pair.later.span.start : pair.later.span.end] == SAME


def test_a_sentence_may_repeat_one_of_its_own_section() -> None:
    assert later(f"{TRAMS} {OTHER} {SAME}") == [SAME]


def test_sentences_about_different_things_are_no_repetitions() -> None:
    assert later(TRAMS, OTHER) == []


@pytest.mark.parametrize(
    "other",
    [
        TRAMS.replace("9,000", "12,000"),
        TRAMS.replace("carries", "never carries"),
        TRAMS.replace("9,000", "9,000 and by night 3,000"),
        TRAMS.replace("[e1]", "[e2]").replace("tram line", "bus lane").replace("passengers", "people"),
    ],
)
def test_a_sentence_with_another_number_a_denial_or_another_subject_says_something_else(other: str) -> None:
    assert later(TRAMS, other) == []


def test_a_sentence_that_says_less_repeats() -> None:
    assert later(TRAMS, "A tram line carries passengers in each direction every hour [e1].") != []


def test_without_a_shared_citation_only_nearly_equal_sentences_repeat() -> None:
    assert later(TRAMS, SAME.replace("[e1]", "[e2]").replace("as many as", "on workdays in summer")) == []
    assert later(TRAMS, TRAMS.replace("[e1]", "[e2]")) != []


def test_short_sentences_are_no_repetitions() -> None:
    assert later("Trams run on rails [e1].", "Trams run on rails [e1].") == []


def test_what_repeats_a_repetition_is_held_against_the_first() -> None:
    pairs = repeated({"1": TRAMS, "2": TRAMS, "3": TRAMS})

    assert [(pair.earlier.section, pair.later.section) for pair in pairs] == [("1", "2"), ("1", "3")]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("英国将创意产业定义为依靠个人创造力的产业[e1]。", "英国将创意产业定义为依靠个人的创造力的产业[e1]。", True),
        ("有轨电车每小时每个方向最多运送9000名乘客[e1]。", "有轨电车每小时每个方向最多运送8000名乘客[e1]。", False),
        ("有轨电车每小时每个方向运送乘客[e1]。", "修建一公里公交专用道大约需要一百万欧元[e2]。", False),
    ],
)
def test_chinese_sentences_are_compared_likewise(one: str, other: str, found: bool) -> None:
    assert bool(later(one, other)) == found


def test_the_rate_is_the_share_of_alike_pairs() -> None:
    assert irr({"1": TRAMS, "2": TRAMS, "3": OTHER}) == pytest.approx(1 / 3)
    assert irr({"1": TRAMS}) == irr({}) == 0


@given(st.lists(st.lists(st.sampled_from("abcdefghijkl"), min_size=6, max_size=9, unique=True), max_size=9))
def test_the_index_misses_no_pair_and_invents_none(sentences: list[list[str]]) -> None:
    texts = {str(number): " ".join(f"word{word}" for word in words) + "." for number, words in enumerate(sentences)}
    features = [terms(text) for text in texts.values()]
    features = [feature for feature in features if len(feature) >= 6]

    pairs = [(a, b) for i, a in enumerate(features) for b in features[:i]]
    alike = sum(len(a & b) / len(a | b) >= ALIKE for a, b in pairs)
    assert irr(texts) == pytest.approx(alike / len(pairs) if pairs else 0)


@given(st.dictionaries(st.sampled_from(["1", "2", "3"]), TEXTS))
def test_for_any_texts_a_later_sentence_is_no_earlier_one(texts: dict[str, str]) -> None:
    pairs = repeated(texts)

    assert not {pair.earlier for pair in pairs} & {pair.later for pair in pairs}
    assert 0 <= irr(texts) <= 1


def test_a_long_report_takes_little_time() -> None:
    words = [f"term{number}" for number in range(600)]
    texts = {
        str(section): " ".join(
            " ".join(words[(section * 37 + sentence * 11 + word * 13) % 600] for word in range(14)).capitalize() + "."
            for sentence in range(20)
        )
        for section in range(40)
    }
    begun = time.process_time()

    repeated(texts)

    assert time.process_time() - begun < 2
