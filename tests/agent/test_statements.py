import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.citations import cited, resolve
from redraft.agent.llm import Reply
from redraft.agent.statements import distinct, is_carried, joined, quoted, reader, sentences
from redraft.tests.rows import exhibit
from redraft.tests.texts import TEXTS
from redraft.tools.sentences import sentence_spans

TRAMS = "A tram line carries up to 9,000 passengers an hour in each direction."
BUSES = "A bus lane carries up to 4,000 passengers an hour in each direction."
EXHIBITS = [exhibit(1, f"{TRAMS} Trams run on rails."), exhibit(2, BUSES)]


def read(text: str, *, most: int = 6, language: str | None = "en", among: list[str] | None = None) -> list[str] | None:
    """The sentences that stand; None for a reply that cannot be used."""
    value, problems = reader(EXHIBITS, most, language, among)(Reply(text=text, finish_reason="stop"))
    return None if value is None or any(problem.fatal for problem in problems) else list(value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{TRAMS} [e1] {BUSES} [e2]", [f"{TRAMS} [e1]", f"{BUSES} [e2]"]),
        (f"## Answer\n\n- {TRAMS} source e1\n1. {BUSES} [e2]", [f"{TRAMS} [e1]", f"{BUSES} [e2]"]),
        (f"{BUSES} [e2] ([e1])", [f"{BUSES} [e2]"]),
        (f"{TRAMS} [e1] That is a lot.", [f"{TRAMS} [e1]"]),
        (f"{TRAMS} [e1] {BUSES} [e9]", [f"{TRAMS} [e1]"]),
        (f"{TRAMS} [e1] A bus lane carries up to 5,000 passengers an hour [e2].", [f"{TRAMS} [e1]"]),
        (f"{TRAMS} [e1] Elephants are grey and live in Africa [e2].", [f"{TRAMS} [e1]"]),
        (TRAMS, None),
        ("The evidence does not say.", None),
        ("", None),
        ("NOTHING", []),
        ("Nothing.", []),
    ],
)
def test_of_a_reply_the_sentences_stand_that_cite_what_says_them(text: str, kept: list[str] | None) -> None:
    assert read(text) == kept


def test_an_answer_ends_after_so_many_sentences() -> None:
    assert read(f"{TRAMS} [e1] {BUSES} [e2]", most=1) == [f"{TRAMS} [e1]"]


def test_an_answer_that_repeats_itself_cannot_be_used() -> None:
    assert read(f"{TRAMS} [e1] {TRAMS} [e1] {TRAMS} [e1]") is None


def test_an_answer_in_another_language_is_used_only_for_want_of_a_better() -> None:
    text = "Auf der Bahn sind es bis zu 9,000 Menschen in der Stunde und in jeder Richtung [e1]."

    _, problems = reader(EXHIBITS, 6, "en")(Reply(text=text, finish_reason="stop"))

    assert [(problem.text, problem.fatal) for problem in problems] == [
        ("The text is not in English. Write it in English.", False)
    ]


@pytest.mark.parametrize(
    ("sentence", "carried"),
    [
        (f"{TRAMS} [e1]", True),
        ("Up to 9,000 passengers an hour take a tram line [e1].", True),
        ("A tram line carries up to 9,000 passengers an hour, and a bus lane up to 4,000 [e1, e2].", True),
        ("Trams run on rails [e1].", False),
        (f"{TRAMS} [e2]", False),
        (f"{TRAMS} [e1, e2]", False),
    ],
)
def test_a_merge_takes_each_id_from_a_sentence_like_its_own(sentence: str, carried: bool) -> None:
    among = [f"{TRAMS} [e1]", "A bus lane takes 4,000 [e2]."]

    assert is_carried(sentence, among) is carried
    assert read(sentence, among=among) == ([sentence] if carried else None)


def test_each_thing_is_said_once() -> None:
    again = "A tram line carries up to 9,000 passengers an hour [e2]."

    assert distinct([f"{TRAMS} [e1]", again, f"{BUSES} [e2]"]) == [f"{TRAMS} [e1]", f"{BUSES} [e2]"]
    assert joined([f"{TRAMS} [e1]", again]) == f"{TRAMS} [e1]"


def test_for_want_of_an_answer_the_evidence_is_quoted_as_far_as_it_speaks_to_the_question() -> None:
    assert quoted(EXHIBITS, "How many people does a bus lane carry?", 1) == [f"*Trams*: “{BUSES}” [e2]"]
    assert quoted(EXHIBITS, "Are elephants grey?", 3) == []


WORDS = TRAMS.split() + BUSES.split()
BABBLE = TEXTS | st.lists(st.sampled_from([*WORDS, TRAMS, BUSES, "[e1]", "[e2].", "[e9]", "[e1,", "e2]"])).map(" ".join)


@given(BABBLE, st.integers(1, 6), st.none() | st.lists(BABBLE, max_size=3))
def test_every_sentence_of_an_answer_cites_evidence_that_may_be_cited(
    text: str, most: int, among: list[str] | None
) -> None:
    kept = read(text, most=most, among=among)

    answer = joined(kept or [])

    assert len(kept or []) <= most
    assert all(cited(answer[span.start : span.end]) for span in sentence_spans(answer))
    assert set(cited(answer)) <= {1, 2}
    assert resolve(answer, {1, 2}).text == answer


@given(BABBLE)
def test_sentences_can_be_told_apart_when_they_are_joined(text: str) -> None:
    kept = sentences(resolve(text, {1, 2}).text)

    assert all(len(sentence_spans(sentence)) == 1 and "\n" not in sentence for sentence in kept)
