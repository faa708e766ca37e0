from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.gaps import NATURES, NEWS, Kind, alike, ranked
from redraft.store.models import Gap
from redraft.tests import rows


def gap(question: str, **fields: Any) -> Gap:
    return rows.gap("run", question, **fields)


def test_every_kind_is_explained_and_has_a_priority() -> None:
    assert NATURES.keys() == set(Kind)
    assert {nature.priority for nature in NATURES.values()} <= {"high", "medium", "low"}


def test_the_most_urgent_gap_comes_first_and_of_these_the_oldest() -> None:
    gaps = [
        gap("low", priority="low"),
        gap("young", opened_in=2),
        gap("tenth", section="10"),
        gap("second", section="2"),
        gap("whole", section=""),
        gap("urgent", priority="high", opened_in=3),
        gap("closed", priority="high", state="closed"),
    ]

    assert [one.question for one in ranked(gaps)] == ["urgent", "whole", "second", "tenth", "young", "low"]


def test_what_a_run_was_begun_for_comes_before_all_else() -> None:
    gaps = [gap("urgent", priority="high"), gap("news", priority="medium", kind=Kind.OUTDATED, opened_by=NEWS)]

    assert [one.question for one in ranked(gaps)] == ["news", "urgent"]


@given(st.permutations([gap(question, opened_in=wave) for question in "abc" for wave in (0, 1)]))
def test_the_order_does_not_depend_on_who_opened_a_gap_first(gaps: list[Gap]) -> None:
    assert [(one.question, one.opened_in) for one in ranked(gaps)] == [(q, w) for w in (0, 1) for q in "abc"]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("What does a tram line cost per kilometre?", "How much does a tram line cost per kilometre?"),
        ("Why do women get paid less than men?", "Why are women paid less than men?"),
        ("Wie teuer ist der Bau einer Straßenbahn?", "Wie teuer ist der Bau der Straßenbahnen?"),
        ("Combien coûte la construction du tramway ?", "Combien coûte la construction des tramways ?"),
        ("有轨电车的建设成本是多少？", "有轨电车建设成本是多少？"),
        ("路面電車の建設費はいくらですか。", "路面電車の建設費はいくらか"),
        ("트램 노선의 건설 비용은 얼마입니까?", "트램 노선 건설 비용은 얼마입니까?"),
    ],
)
def test_two_questions_that_ask_the_same_are_alike(question: str, other: str) -> None:
    assert alike(question, ["What else is there?", other])
    assert alike(other, [question])


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("What does a tram line cost per kilometre?", "What does a bus lane cost per kilometre?"),
        ("How does climate change affect birds?", "How does climate change affect seals?"),
        ("How many people used the trams of Lyon in 2020?", "How many people used the trams of Lyon in 2021?"),
        ("有轨电车的建设成本是多少？", "公共汽车的建设成本是多少？"),
        ("2020年有轨电车的乘客有多少？", "2021年有轨电车的乘客有多少？"),
        ("路面電車の建設費はいくらですか。", "バスの建設費はいくらですか。"),
    ],
)
def test_two_questions_of_different_things_are_not_alike(question: str, other: str) -> None:
    assert not alike(question, [other])
    assert not alike(other, [question])


@given(st.text())
def test_a_question_is_alike_to_itself_and_to_no_other_when_there_is_none(question: str) -> None:
    assert alike(question, [question])
    assert not alike(question, [])
