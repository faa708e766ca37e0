from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.comparison import Sample, averaged, compare, compare_all, noise, table
from redraft.evals.statistics import Interval

SCORES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.none() | st.integers(0, 100).map(lambda number: number / 10), max_size=8
)


def sample(name: str, *scores: float | None, **options: object) -> Sample:
    return Sample(name=name, scores={f"t{n}": score for n, score in enumerate(scores)}, **options)  # type: ignore[arg-type]


def normal(name: str, mean: float, seed: int, tasks: int = 30) -> Sample:
    generator = np.random.default_rng(seed)
    return sample(name, *(generator.normal(mean, 3) for _ in range(tasks)))


def test_a_shift_is_told_in_words_with_its_interval() -> None:
    base = normal("old", 40, 1)
    better = Sample(name="new", scores={t: s + 2 for t, s in base.values.items()})

    assert compare(better, base).verdict.startswith("new is better by 2.00 [2.00, 2.00], p = 0.000 (30 tasks; a power")
    assert compare(base, better).verdict.startswith("new is better by 2.00 [2.00, 2.00], p = 0.000")


def test_a_difference_that_could_be_chance_is_called_noise_with_what_could_be_shown() -> None:
    found = compare(normal("a", 40, 1), normal("b", 40.2, 2))

    assert found.is_noise
    assert found.verdict.startswith("noise: ")
    assert f"30 tasks can show {found.resolvable:.2f}, and {found.detectable:.2f} with a power of 80 %" in found.verdict


@pytest.mark.parametrize(
    "doubt", [{"interval": Interval(-0.1, 4)}, {"p": 0.05}, {"resolvable": 2.1}, {"interval": None}]
)
def test_each_doubt_alone_makes_a_difference_noise(doubt: dict[str, Any]) -> None:
    base = normal("old", 40, 1)
    found = compare(Sample(name="new", scores={task: score + 2 for task, score in base.values.items()}), base)

    assert not found.is_noise
    assert replace(found, **doubt).is_noise


def test_five_tasks_can_never_show_a_difference() -> None:
    found = compare(sample("a", 9, 9, 9, 8, 8), sample("b", 1, 2, 1, 2, 1))

    assert found.p == 2 / 32
    assert found.verdict.startswith("noise: ")


@pytest.mark.parametrize("scores", [(), (5.0,)])
def test_too_few_tasks_are_noise(scores: tuple[float, ...]) -> None:
    assert compare(sample("a", *scores), sample("b", *scores)).verdict == (
        f"noise: {len(scores)} task(s) in common, too few to compare"
    )


def test_a_failed_task_counts_as_the_worst_and_a_missing_score_is_only_counted() -> None:
    a = sample("a", 10, 10, None, 10, failed=frozenset({"t3"}), worst=1.0)
    b = sample("b", 4, 4, 4, 4)

    found = compare(a, b)

    assert found.difference == pytest.approx((6 + 6 - 3) / 3)
    assert (found.tasks, found.failed, found.left_out) == (3, (1, 0), 1)
    assert found.verdict.endswith("; 1 failed of a; 1 without a score left out")


def test_a_task_that_failed_is_in_the_mean_even_if_nobody_scored_it() -> None:
    row = table(sample("a", 10, None, failed=frozenset({"t1", "t2"})), {})[0]

    assert (row.tasks, row.failed, row.missing) == (3, 2, 0)
    assert row.mean == pytest.approx(10 / 3)


@given(first=SCORES, second=SCORES)
def test_swapping_the_sides_turns_signs_and_nothing_else(
    first: dict[str, float | None], second: dict[str, float | None]
) -> None:
    a, b = Sample(name="a", scores=first), Sample(name="b", scores=second)

    there, back = compare(a, b), compare(b, a)

    assert there.difference == pytest.approx(-back.difference)
    assert (there.p, there.sign_p, there.tasks, there.left_out) == (back.p, back.sign_p, back.tasks, back.left_out)
    assert there.resolvable == pytest.approx(back.resolvable)
    assert compare(a, b) == there
    if there.interval and back.interval:
        assert there.interval == pytest.approx((-back.interval.high, -back.interval.low), abs=1e-9)


def test_several_measures_pay_for_their_number() -> None:
    old = {"x": normal("old", 40, 1, 12), "y": normal("old", 40, 3, 12), "z": normal("old", 40, 5, 12)}
    new = {"x": normal("new", 42.5, 2, 12), "y": normal("new", 40, 4, 12), "only": normal("new", 40, 4)}

    adjusted, plain = compare_all(new, old), compare(new["x"], old["x"])

    assert adjusted.keys() == {"x", "y"}
    assert adjusted["x"].p == pytest.approx(min(1, 2 * plain.p))
    assert adjusted["x"].difference == plain.difference


def test_a_table_has_all_tasks_first_and_then_each_group() -> None:
    languages = {"t0": "zh", "t1": "en", "t2": "zh", "t3": "en"}

    rows = table(sample("a", 1, 2, 3, None), languages)

    assert [(row.group, row.tasks, row.missing, row.mean) for row in rows] == [
        ("all", 3, 1, 2),
        ("en", 1, 1, 2),
        ("zh", 2, 0, 2),
    ]
    assert rows[1].interval is None
    assert rows[2].interval is not None


def test_repeats_are_averaged_over_those_that_have_a_score() -> None:
    assert averaged([{"a": 1, "b": None}, {"a": 3, "b": None}, {"a": None}]) == {"a": 2, "b": None}


def test_the_noise_of_the_judge_is_told_from_that_of_the_tasks() -> None:
    generator = np.random.default_rng(4)
    truth = {f"t{n}": generator.normal(40, 5) for n in range(400)}
    repeats = [{task: score + generator.normal(0, 2) for task, score in truth.items()} for _ in range(3)]

    found = noise(repeats)

    assert found is not None
    assert found.tasks == pytest.approx(5, rel=0.1)
    assert found.repeats == pytest.approx(2, rel=0.1)
    assert found.mean_by_tasks == pytest.approx(5 / 20, rel=0.1)
    assert found.mean_by_repeats == pytest.approx(2 / (20 * 3**0.5), rel=0.1)


def test_what_repeats_add_to_the_spread_of_tasks_is_taken_off() -> None:
    # Means of 2 and 6 have a variance of 8, of which 2 / 2 is the repeats'.
    assert noise([{"a": 1, "b": 5}, {"a": 3, "b": 7}]) == pytest.approx((7**0.5, 2**0.5, 3.5**0.5, 0.5**0.5))


def test_a_judge_that_never_wavers_has_no_noise() -> None:
    assert noise([{"a": 1, "b": 5}, {"a": 1, "b": 5}]) == pytest.approx((8**0.5, 0, 2, 0))


@pytest.mark.parametrize("repeats", [[], [{"a": 1, "b": 2}], [{"a": 1}, {"a": 2}]])
def test_noise_needs_two_tasks_and_a_repeat(repeats: list[dict[str, float | None]]) -> None:
    assert noise(repeats) is None
