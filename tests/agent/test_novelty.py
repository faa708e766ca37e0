import pytest

from redraft.agent.novelty import is_said, novelty

CAPACITY = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("A tram line carries up to 9,000 passengers an hour [e4].", True),
        ("Up to 9,000 passengers an hour are carried by a tram line.", True),
        ("A tram line carries up to 7,500 passengers an hour in each direction.", False),
        ("A tram line costs 15 million euros a kilometre.", False),
        ("It is so.", True),
    ],
)
def test_a_sentence_is_said_by_one_with_its_words_and_numbers(sentence: str, said: bool) -> None:
    assert is_said(sentence, ["Buses run on roads.", CAPACITY]) is said


@pytest.mark.parametrize(
    ("sentence", "said"), [("有轨电车每小时运送九千名乘客。", True), ("有轨电车由架空电线供电。", False)]
)
def test_a_chinese_sentence_is_compared_by_its_characters(sentence: str, said: bool) -> None:
    assert is_said(sentence, ["有轨电车每小时最多运送九千名乘客[e1]。"]) is said


def test_the_new_sentences_of_an_answer_are_counted() -> None:
    answer = f"{CAPACITY} The rails last for thirty years [e2]. The wires hang over the street [e3]."

    assert novelty(answer, [f"Trams run. {CAPACITY}"], known=[1]) == pytest.approx(2 / 3)


def test_what_rests_on_nothing_but_evidence_that_is_cited_already_is_not_new() -> None:
    answer = "The rails last for thirty years [e2]. The wires hang over the street [e2, e3]."

    assert novelty(answer, [], known=[2]) == 0.5


def test_an_empty_answer_is_not_new() -> None:
    assert novelty("", [CAPACITY], known=[]) == 0.0
