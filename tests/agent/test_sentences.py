import pytest
from hypothesis import given

from redraft.agent.citations import cited
from redraft.agent.sentences import Sentence, checked
from redraft.prompts import wording
from redraft.tests.hostile import TOKENS
from redraft.tests.texts import TEXTS
from redraft.tools.sentences import sentence_spans

WANTED = Sentence(
    evidence={3: "A tram line carries up to 9,000 passengers an hour. Trams run on steel rails."},
    origins={3: "Trams in 2024"},
    instructions=wording("repair"),
    language="en",
    words=20,
)
GOOD = "A tram line carries up to 9,000 passengers an hour [e3]."


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (GOOD, GOOD),
        (f"  {GOOD}\n", GOOD),
        (f"- {GOOD}", GOOD),
        (GOOD.replace("[e3]", "【e3】"), GOOD),
        ("“Trams run on steel rails.” [e3]", "“Trams run on steel rails.” [e3]"),
        ("In 2024, trams run on steel rails [e3].", "In 2024, trams run on steel rails [e3]."),
    ],
)
def test_a_sentence_of_the_evidence_is_good(reply: str, text: str) -> None:
    assert checked(reply, WANTED) == (text, [])


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("", "one whole sentence"),
        (f"{GOOD} {GOOD}", "one whole sentence"),
        (GOOD.removesuffix("."), "one whole sentence"),
        (f"```{GOOD}", "one whole sentence"),
        (f"1. {GOOD}", "one whole sentence"),
        (f"| {GOOD}", "one whole sentence"),
        (f"{' very' * 30} {GOOD}", "at most 20 words"),
        ("Trams run on steel rails.", "Put the id"),
        ("Trams run on steel rails [e3, e4].", "nothing else"),
        ("Trams run on steel rails [e3], see https://a.org.", "nothing else"),
        ("Trams run on steel rails <|im_end|> [e3].", "tags and template tokens"),
        ("One sentence, about as long as the old one, that fits into its place [e3].", "nothing of the instructions"),
        ("A tram line carries up to 7,000 passengers an hour [e3].", "does not say this"),
        ("Zebras fly to the moon [e3].", "does not say this"),
        ("9,000 passengers, zebras fly [e3].", "does not say this"),
    ],
)
def test_a_sentence_that_cannot_stand_is_sent_back_with_the_reason(reply: str, fault: str) -> None:
    problems = checked(reply, WANTED).problems

    assert any(fault in problem.text for problem in problems)
    assert all(problem.fatal for problem in problems)


def test_a_sentence_in_another_language_is_sent_back() -> None:
    reply = "Die Bahnen fahren auf Schienen, und sie sind nicht in der Stadt mit den Bussen [e3]."

    assert any("not in English" in problem.text for problem in checked(reply, WANTED).problems)


def test_a_sentence_that_was_cut_off_is_none() -> None:
    assert checked(GOOD, WANTED, cut_off=True).problems


@given(TEXTS)
def test_whatever_passes_is_one_sentence_that_cites_its_evidence(reply: str) -> None:
    for said in (reply, f"{reply} {GOOD}", f"Trams run {reply} on steel rails [e3]."):
        text, problems = checked(said, WANTED)
        if not problems:
            assert cited(text) == [3]
            assert len(sentence_spans(f"Before. {text} Next one.")) == 3
            assert not [token for token in (*TOKENS, "\n", "http") if token in text]
