import pytest
from hypothesis import given

from redraft.agent.citations import resolve
from redraft.agent.comparing import lost
from redraft.agent.preserving import added, additions, foreign
from redraft.tests.texts import IDS, TEXTS

OLD = "On 4 May 1895 the first of 1,200 cars left the “depot in the old town” [e1]. An A380 is larger [e2]."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The first of 1200 cars left on 4 May.", []),
        ("About 1,250 cars left.", ["the number 1,250"]),
        ("Twelve cars left [e5].", []),
        ("It left on 5 May 1895.", ["the date 5 May 1895"]),
        ("It left in June 1895.", ["the date June 1895"]),
        ("It left the “depot in the old town”.", []),
        ("It left “of the first cars”.", ["the quotation “of the first cars”"]),
        ("An A320 is larger.", ["the name A320"]),
        ("The A380 flew.", []),
    ],
)
def test_what_a_text_adds_to_another_is_named(text: str, found: list[str]) -> None:
    assert added(text, OLD) == found


@given(TEXTS, IDS)
def test_no_text_adds_anything_to_itself_or_loses_anything_of_itself(reply: str, known: frozenset[int]) -> None:
    text = resolve(reply, known).text

    assert added(text, text) == []
    assert foreign(text, text) == []
    assert additions(text, text) == []
    assert list(lost(text, text)) == []


def test_words_from_around_may_be_used_and_their_facts_may_not() -> None:
    around = ["Cyclists pay nothing for 300 kilometres of paths."]

    assert foreign("Cyclists pay nothing for paths.", OLD, around) == []
    assert len(foreign("Cyclists pay nothing for 300 kilometres of paths.", OLD, around)) == 1
    assert len(foreign("Cyclists pay nothing for paths.", OLD)) == 1


def test_a_claim_without_its_words_or_its_citation_is_lost() -> None:
    assert len(lost(OLD, "An A380 is larger [e2].")) == 1
    assert len(lost(OLD, OLD.replace(" [e2]", ""))) == 1


def test_an_id_that_was_not_cited_before_is_an_addition() -> None:
    assert [problem.fatal for problem in additions(OLD.replace("e2", "e3"), OLD)] == [True]
