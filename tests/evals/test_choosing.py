"""Which tasks an evaluation run is made of: the same each time, and of all languages and topics by their share."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Task
from redraft.evals.choosing import Choice, chosen, planned, sampled


def task(number: int, language: str = "en", topic: str = "") -> Task:
    return Task(id=f"t{number}", prompt=f"Why {number}?", language=language, topic=topic)


@st.composite
def benchmarks(draw: st.DrawFn) -> list[Task]:
    groups = draw(st.lists(st.tuples(st.sampled_from(["en", "zh"]), st.sampled_from("abc")), min_size=1, max_size=60))
    return [task(number, language, topic) for number, (language, topic) in enumerate(groups)]


@given(tasks=benchmarks(), count=st.integers(1, 70), seed=st.integers(0, 99), data=st.data())
def test_a_sample_depends_on_nothing_but_the_tasks_and_the_seed(
    tasks: Sequence[Task], count: int, seed: int, data: st.DataObject
) -> None:
    found = sampled(tasks, count, seed)

    assert len(found) == min(count, len(tasks))
    assert found == [task for task in tasks if task in found]
    other = data.draw(st.permutations(tasks))
    assert {task.id for task in sampled(other, count, seed)} == {task.id for task in found}


@given(tasks=benchmarks(), count=st.integers(1, 60), seed=st.integers(0, 99))
def test_each_language_has_its_share_of_a_sample_to_within_one_task(
    tasks: Sequence[Task], count: int, seed: int
) -> None:
    found = sampled(tasks, count, seed)

    for language, there in Counter(task.language for task in tasks).items():
        share = there * len(found) / len(tasks)
        assert abs(sum(task.language == language for task in found) - share) <= 1


@given(topics=st.integers(1, 6), each=st.integers(1, 6), taken=st.integers(1, 6), seed=st.integers(0, 99))
def test_topics_of_one_size_are_sampled_alike(topics: int, each: int, taken: int, seed: int) -> None:
    tasks = [task(number, topic=str(number % topics)) for number in range(topics * each)]

    found = sampled(tasks, topics * min(taken, each), seed)

    assert set(Counter(task.topic for task in found).values()) == {min(taken, each)}


@given(tasks=benchmarks(), counts=st.tuples(st.integers(1, 60), st.integers(1, 60)), seed=st.integers(0, 99))
def test_a_smaller_sample_is_a_part_of_a_larger_one(tasks: Sequence[Task], counts: tuple[int, int], seed: int) -> None:
    small, large = (sampled(tasks, count, seed) for count in sorted(counts))

    assert {task.id for task in small} <= {task.id for task in large}


def test_another_seed_samples_others() -> None:
    tasks = [task(number) for number in range(40)]

    assert sampled(tasks, 10, 1) != sampled(tasks, 10, 2)


def test_tasks_are_named_or_left_out_and_stay_in_their_order() -> None:
    tasks = [task(number) for number in range(5)]

    named = chosen(tasks, Choice(ids=("t3", "t1", "t3")))
    left = chosen(tasks, Choice(without=frozenset({"t0", "elsewhere"}), sample=4))

    assert [task.id for task in named] == ["t1", "t3"]
    assert [task.id for task in left] == ["t1", "t2", "t3", "t4"]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(ids=("t9",)), "no task 't9' here: the first is 't0'"),
        (Choice(without=frozenset({"t0"})), "no task is left"),
    ],
)
def test_what_is_no_choice_is_refused(choice: Choice, said: str) -> None:
    with pytest.raises(UserError, match=said):
        chosen([task(0)], choice)


def test_a_row_stands_for_each_repeat_with_the_prompt_as_it_is() -> None:
    lines = Task(id="a", prompt=" One\n\n- two ", language="zh", topic="law")

    rows = planned([lines], repeats=2)

    assert [(row.number, row.task_id, row.repeat, row.language, row.topic) for row in rows] == [
        (0, "a", 0, "zh", "law"),
        (0, "a", 1, "zh", "law"),
    ]
    assert {row.prompt for row in rows} == {" One\n\n- two "}
