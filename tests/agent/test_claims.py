import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.citations import cited, resolve
from redraft.agent.claims import (
    EXACT,
    LIMITS,
    NAMED,
    RELATED,
    agrees,
    chosen,
    statements,
    unanswerable,
    weight,
    word_for_word,
)
from redraft.tests.texts import IDS, TEXTS

MARK = re.compile(r"\[e\d+(?:, e\d+)*\]")
TEXT = """Trams are common. A tram carries 250 people [e1]. It runs on rails, says the city [e2, e3].

- Rails last longer than roads [e1].
2. Rails are laid by Alstom [e4]. They are grey."""


def test_the_claims_of_a_text_are_its_citing_sentences_without_the_marks_of_lists() -> None:
    found = statements(TEXT)

    assert [(claim.number, claim.text, claim.evidence) for claim in found] == [
        (1, "A tram carries 250 people [e1].", [1]),
        (2, "It runs on rails, says the city [e2, e3].", [2, 3]),
        (3, "Rails last longer than roads [e1].", [1]),
        (4, "Rails are laid by Alstom [e4].", [4]),
    ]
    assert all(TEXT[claim.start : claim.end] == claim.text for claim in found)


@given(st.lists(TEXTS, max_size=4).map(" [e1] ".join), IDS)
def test_every_citation_stands_in_exactly_one_claim(text: str, allowed: frozenset[int]) -> None:
    resolved = resolve(text, allowed | {1}).text

    found = statements(resolved)

    assert sum(len(MARK.findall(claim.text)) for claim in found) == len(MARK.findall(resolved))
    assert {number for claim in found for number in claim.evidence} == set(cited(resolved))
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert [claim.number for claim in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Trams run on rails [e12].", 0),
        ("A tram carries 250 people [e1].", EXACT),
        ("The line opened in May 1994 [e1].", EXACT + NAMED),
        ("The line was laid by Alstom [e1].", NAMED),
        ("The line was laid by the RATP [e1].", NAMED),
        ("The city calls it “a great success for all” [e1].", NAMED),
        ("Trams are quieter than buses [e1].", RELATED),
        ("Because of rain, the road was closed [e1].", RELATED),
        ("Die Schienen der Bahn sind aus gutem Stahl und mit Beton in der Straße [e1].", 0),
        ("Die Schienen sind von der Deutschen Bahn und mit Beton in der Straße [e1].", NAMED),
        ("电车比公共汽车安静 [e1]。", RELATED),
        ("电车载客250人 [e1]。", EXACT),
    ],
)
def test_numbers_weigh_more_than_names_and_names_more_than_comparisons(sentence: str, expected: int) -> None:
    assert weight(sentence) == expected


def test_the_heaviest_claims_are_chosen_in_the_order_of_the_text() -> None:
    found = statements(TEXT)

    assert [claim.number for claim in chosen(found, 0)] == []
    assert [claim.number for claim in chosen(found, 2)] == [1, 4]
    assert [claim.number for claim in chosen(found, 3)] == [1, 3, 4]
    assert [claim.number for claim in chosen(found, 9)] == [1, 2, 3, 4]
    assert [claim.number for claim in chosen(found, None)] == [1, 4]


def test_of_equal_sentences_only_the_first_is_chosen() -> None:
    assert [claim.number for claim in chosen(statements("It cost 5 [e1]. Or 6 [e1]. It cost 5 [e1]."), None)] == [1, 2]


def test_every_preset_says_how_much_is_checked() -> None:
    assert LIMITS == {"quick": 0, "standard": 3, "deep": None}


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Trams run on steel rails [e1].", True),
        ("“Trams run on steel rails.” [e1]", True),
        ("Trams run on steel [e1].", True),
        ("Trams run on steel rail [e1].", False),
        ("Rails run on steel trams [e1].", False),
    ],
)
def test_a_sentence_in_the_words_of_a_passage_is_known(sentence: str, said: bool) -> None:
    assert word_for_word(sentence, ["Rain.", "In towns, trams run on steel rails, and fast."]) is said


CLAIM = "On 1 May 1994 the tram line of Rouen cost 22 million euros, “a price for the ages” [e1]."


@pytest.mark.parametrize(
    "question",
    [
        "What did the tram line of Rouen cost, and when?",
        "How much was paid for the line in Rouen?",
        "Wann wurde die tram line von Rouen gebaut?",
    ],
)
def test_an_open_question_about_the_matter_is_asked(question: str) -> None:
    assert unanswerable(question, CLAIM) is None


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("Which tram line cost 22 million euros in Rouen?", "It holds a number"),
        ("Which tram line cost twenty-two million in Rouen?", None),
        ("What did the tram line of Rouen cost in 1994?", "It holds a number"),
        ("Which tram line opened in Rouen in May?", "It holds a number"),
        ("Why was the tram line of Rouen “a price for the ages”?", "It holds a number"),
        ("Did the tram line of Rouen cost much?", "It can be answered with yes or no"),
        ("¿Es cara la line tram de Rouen?", "It can be answered with yes or no"),
        ("What is the capital of France?", "It does not name"),
        ("", "It does not name"),
    ],
)
def test_a_question_that_gives_the_answer_away_or_misses_the_matter_is_not_asked(
    question: str, fault: str | None
) -> None:
    assert (unanswerable(question, CLAIM) or "").startswith(fault or "")


@given(st.integers(100, 10**7), TEXTS)
def test_no_question_with_a_number_of_the_claim_is_ever_asked(number: int, words: str) -> None:
    claim = f"The tram line of Rouen carries {number} people [e1]."

    assert unanswerable(f"Who says that {number} people take the tram line of Rouen? {words}", claim) is not None


@pytest.mark.parametrize(
    ("question", "answer", "same"),
    [
        ("What did the line cost?", "In Rouen the second line cost 22 million euros a kilometre.", True),
        ("What did the second tram line of Rouen cost?", "22,000,000 euros a kilometre", True),
        ("What did the second tram line of Rouen cost?", "23,000,000 euros a kilometre", False),
        ("What did the second tram line of Rouen cost?", "", False),
        ("What did the line cost?", "It cost 22 million bottles.", False),
    ],
)
def test_an_answer_agrees_that_has_the_figures_and_with_its_question_the_words(
    question: str, answer: str, same: bool
) -> None:
    claim = "In Rouen, the second tram line cost 22 million euros for each kilometre [e1]."

    assert agrees(claim, question, answer) is same


def test_without_figures_no_answer_surely_agrees() -> None:
    assert not agrees("Trams run on rails [e1].", "What do trams run on?", "Trams run on rails.")
