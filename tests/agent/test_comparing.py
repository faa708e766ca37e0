import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.asking import Problem
from redraft.agent.citations import cited, resolve
from redraft.agent.comparing import REVISED_RANGE, Comparison, Demands, claims, compare
from redraft.agent.prose import word_count
from redraft.tests.texts import TEXTS

OLD = (
    "A tram line carries up to 9,000 passengers an hour in each direction [e1]. Trams run on steel rails in the street "
    "[e1, e2]. So much for the trams."
)
NEW = f"{OLD} Building a line costs between 15 and 40 million euros a kilometre [e9]."
DEMANDS = Demands(known={1, 2, 9}, fresh={9}, others={}, words=40)


def compared(new: str, old: str = OLD, demands: Demands = DEMANDS) -> Comparison:
    return compare(old, new, demands)


def said(comparison: Comparison) -> list[str]:
    return [problem.text for problem in comparison.problems]


def test_a_text_that_keeps_everything_and_adds_something_may_stand() -> None:
    assert compared(NEW) == Comparison([], [claim.text for claim in claims(OLD)], [], [], True)


def test_a_claim_is_kept_in_other_words_and_in_two_sentences() -> None:
    new = NEW.replace(
        "A tram line carries up to 9,000 passengers an hour in each direction [e1].",
        "On trams, 9,000 passengers can be carried in an hour [e1]. That goes for each direction of a line [e1].",
    )

    assert compared(new).problems == []
    assert len(compared(new).kept) == 2


def test_a_claim_that_is_gone_is_a_fault_and_is_named() -> None:
    new = NEW.replace("A tram line carries up to 9,000 passengers an hour in each direction [e1]. ", "")

    found = compared(new)

    assert found.lost == ["A tram line carries up to 9,000 passengers an hour in each direction [e1]."]
    lost = '"A tram line carries up to 9,000 passengers an hour in each direction [e1]."'
    assert found.problems == [
        Problem(f"The text no longer says this: {lost}. Keep it, unless the new evidence says otherwise.")
    ]


def test_a_claim_may_go_where_it_is_what_is_wrong() -> None:
    new = NEW.replace("A tram line carries up to 9,000 passengers an hour in each direction [e1]. ", "")

    found = compared(new, demands=DEMANDS._replace(may_go=lambda claim: "9,000" in claim))

    assert found.problems == []
    assert found.lost == ["A tram line carries up to 9,000 passengers an hour in each direction [e1]."]


def test_a_figure_that_changes_without_new_evidence_is_a_lost_claim() -> None:
    found = compared(NEW.replace("9,000", "7,000"))

    assert len(found.lost) == 1
    assert found.problems[0].fatal


def test_a_figure_that_new_evidence_changes_is_an_update() -> None:
    new = OLD.replace("9,000 passengers an hour in each direction [e1]", "7,500 passengers an hour each way [e9]")

    found = compared(new)

    assert found.problems == []
    assert found.updated == ["A tram line carries up to 9,000 passengers an hour in each direction [e1]."]
    assert found.lost == []


def test_a_text_gains_by_more_claims_or_by_more_evidence_and_by_nothing_else() -> None:
    old = "A tram line carries up to 9,000 passengers an hour [e1]."
    demands = DEMANDS._replace(words=10)

    corrected = compared(old.replace("9,000", "7,500").replace("e1", "e9"), old, demands)
    supported = compared(old.replace("e1", "e1, e9"), old, demands)
    extended = compared(f"{old} It runs on rails, they say [e1].", old, demands._replace(words=20))

    assert (corrected.updated, corrected.problems, corrected.gains) == ([old], [], False)
    assert (supported.kept, supported.problems, supported.gains) == ([old], [], True)
    assert extended.gains


def test_a_sentence_on_another_matter_updates_nothing() -> None:
    new = NEW.replace("A tram line carries up to 9,000 passengers an hour in each direction [e1]. ", "")

    assert compared(new).updated == []


def test_a_citation_is_not_lost_though_its_claim_is_kept() -> None:
    assert said(compared(NEW.replace("[e1, e2]", "[e1]"))) == [
        "The text no longer cites [e2]. Cite it where you say what it says."
    ]


def test_a_revision_must_bring_something_new() -> None:
    advice = "The text says nothing new. Work in what was found out, and cite it: [e9]."

    assert said(compared(OLD)) == [advice]
    assert said(compared(OLD.replace("So much for", "That is all about"))) == [advice]


def test_an_id_without_evidence_is_refused() -> None:
    assert "No evidence has the id [e7]." in said(compared(f"{NEW} It is so [e7]."))


@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (27, []),
        (900, []),
        (26, ["The text has 43 words. Write about 26 words."]),
    ],
)
def test_a_revision_may_not_be_too_long_and_need_not_be_longer_than_what_stood(words: int, said_: list[str]) -> None:
    assert said(compared(NEW, demands=DEMANDS._replace(words=words))) == said_


@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (20, []),
        (21, ["The text has 14 words. Write about 21 words."]),
        (900, ["The text has 14 words. Write about 900 words."]),
    ],
)
def test_a_revision_much_shorter_than_was_wanted_and_than_what_stood_is_refused(words: int, said_: list[str]) -> None:
    everything = DEMANDS._replace(words=words, may_go=lambda claim: True)
    short = "A tram line of this kind costs forty million euros a kilometre here [e9]."

    assert said(compared(short, demands=everything)) == said_


def test_a_revision_in_another_language_is_refused() -> None:
    found = compared(NEW, demands=DEMANDS._replace(language="de"))

    assert found.problems == [Problem("The text is not in German. Write it in German.")]


ELSEWHERE = "Building a line for trams costs between 15 and 40 million euros a kilometre [e9]."


def test_what_another_section_says_is_refused() -> None:
    found = compared(NEW, demands=DEMANDS._replace(others={"3": ELSEWHERE}))

    repeated = "Building a line costs between 15 and 40 million euros a kilometre."
    assert said(found) == [f'Section 3 says this already: "{repeated}". Leave it to that section.']


def test_a_repetition_that_stood_before_is_not_the_revision_s_fault() -> None:
    others = {"3": "A tram line carries up to 9,000 passengers an hour in each direction of a street [e1]."}

    assert compared(NEW, demands=DEMANDS._replace(others=others)).problems == []


@given(TEXTS, TEXTS, st.frozensets(st.integers(1, 12)), st.booleans())
def test_every_old_claim_is_kept_updated_or_lost_and_none_is_lost_unseen(
    old: str, new: str, fresh: frozenset[int], free: bool
) -> None:
    demands = Demands(known=range(13), fresh=fresh, others={"2": OLD}, words=40, may_go=lambda claim: free)
    before, after = resolve(old, range(13)).text, resolve(new, range(13)).text

    found = compare(before, after, demands)

    assert sorted([*found.kept, *found.updated, *found.lost]) == sorted(claim.text for claim in claims(before))
    assert free or not found.lost or any(problem.fatal for problem in found.problems)
    if not found.problems:
        least, most = REVISED_RANGE
        assert least * min(40, word_count(before)) <= word_count(after) <= most * 40
        assert set(cited(before)) - set(cited(after)) <= {
            number
            for claim in claims(before)
            if claim.text in (*found.updated, *found.lost)
            for number in claim.evidence
        }


@given(st.integers(0, 1), st.sampled_from(["7,500", "90", "nine million", "8 %"]))
def test_a_figure_never_changes_without_a_word(place: int, figure: str) -> None:
    old = "A line carries 9,000 passengers an hour [e1]. A kilometre of it costs 15 million euros [e2]."
    new = re.sub("9,000" if place == 0 else "15 million", figure, old)

    found = compare(old, new, DEMANDS._replace(words=20))

    assert len(found.lost) == 1
    assert any("no longer says this" in text for text in said(found))
