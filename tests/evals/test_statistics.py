import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.statistics import (
    EXACT,
    Method,
    detectable,
    deviation,
    effect_size,
    holm,
    interval,
    kendall,
    permutation_p,
    resolvable,
    sign_p,
    spearman,
)

NUMBERS = st.integers(-1000, 1000).map(lambda number: number / 10)
SAMPLES = st.lists(NUMBERS, min_size=2, max_size=25)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=25)


@given(values=SAMPLES, method=st.sampled_from(["percentile", "bca"]))
def test_an_interval_holds_the_mean_and_is_the_same_each_time(values: list[float], method: Method) -> None:
    low, high = interval(values, method=method, seed=7)

    assert low - 1e-9 <= fmean(values) <= high + 1e-9
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert interval(values, method=method, seed=7) == (low, high)


@given(values=SAMPLES, method=st.sampled_from(["percentile", "bca"]))
def test_the_interval_of_turned_values_is_the_interval_turned(values: list[float], method: Method) -> None:
    low, high = interval(values, method=method)

    assert interval([-value for value in values], method=method) == pytest.approx((-high, -low), abs=1e-6)


def test_an_interval_is_as_wide_as_the_normal_one_where_values_are_normal() -> None:
    generator = np.random.default_rng(3)
    values = [generator.normal(40, 3) for _ in range(200)]

    half = 1.96 * deviation(values) / math.sqrt(200)
    low, high = interval(values)
    assert (high - low) / 2 == pytest.approx(half, rel=0.05)


def test_bca_leans_to_the_side_where_the_values_are_far_apart() -> None:
    values = [1.0] * 15 + [2.0, 3.0, 20.0]

    plain, corrected = interval(values), interval(values, method="bca")

    assert corrected.high > plain.high
    assert corrected.low > plain.low


def test_one_value_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two values"):
        interval([1.0])


def test_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    held = [0.0 in interval([generator.normal(0, 1) for _ in range(30)], seed=n) for n in range(200)]

    assert 0.89 <= fmean(held) <= 0.98


@given(differences=st.lists(NUMBERS, max_size=EXACT + 4))
def test_p_values_are_probabilities_whichever_side_is_first(differences: list[float]) -> None:
    turned = [-difference for difference in differences]

    for test in (permutation_p, sign_p):
        assert 0 < test(differences) <= 1
        assert test(turned) == test(differences)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([], 1),
        ([0, 0, 0], 1),
        ([1, 2, 3], 2 / 8),  # +++ and ---
        ([1, 2, -3], 1),
        ([1, 1, 1, 1, -1], 12 / 32),  # 2 × (all alike, or one against four)
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 2 / 64),
    ],
)
def test_the_exact_permutation_test_counts_the_patterns(differences: list[float], p: float) -> None:
    assert permutation_p(differences) == pytest.approx(p)


def test_drawn_patterns_come_to_what_counted_ones_do() -> None:
    generator = np.random.default_rng(1)
    differences = [generator.normal(0.5, 1) for _ in range(EXACT)]

    drawn = permutation_p([*differences, 0.0])  # a difference of 0 changes nothing but the way

    assert drawn == pytest.approx(permutation_p(differences), abs=0.01)


def test_a_drawn_p_is_never_0() -> None:
    assert permutation_p([1.0] * 40) == pytest.approx(1 / 10_001)


def test_under_the_null_p_is_as_often_below_a_level_as_the_level_says() -> None:
    generator = np.random.default_rng(11)
    p_values = [permutation_p([generator.normal(0, 1) for _ in range(10)]) for _ in range(600)]

    for level in (0.05, 0.25, 0.5, 0.75):
        assert fmean(p <= level for p in p_values) == pytest.approx(level, abs=3 * math.sqrt(level * (1 - level) / 600))


@pytest.mark.parametrize("n", [12, 40])
def test_a_shift_is_found(n: int) -> None:
    generator = np.random.default_rng(2)
    differences = [generator.normal(2, 1) for _ in range(n)]

    assert permutation_p(differences) < 0.01
    assert sign_p(differences) < 0.05
    assert 0 not in interval(differences)


@pytest.mark.parametrize(
    ("differences", "p"), [([], 1), ([0, 0], 1), ([1, 1, 1, 1, 1], 2 / 32), ([1, 1, 1, -1, 0], 10 / 16), ([1, -1], 1)]
)
def test_the_sign_test_is_the_binomial_one_without_ties(differences: list[float], p: float) -> None:
    assert sign_p(differences) == pytest.approx(p)


def test_holm_multiplies_the_smallest_by_the_number_and_never_lets_a_larger_one_fall_below() -> None:
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})


@given(p_values=st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=6))
def test_an_adjusted_p_is_a_probability_and_no_smaller(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)

    assert adjusted.keys() == p_values.keys()
    assert all(p_values[name] <= adjusted[name] <= 1 for name in p_values)


def test_kendall_and_spearman_of_known_orders() -> None:
    assert kendall([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(4 / 6)
    assert spearman([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(0.8)
    # With a tie on one side: 5 pairs agree, none disagrees, 5 and 6 are no ties.
    assert kendall([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(5 / math.sqrt(5 * 6))
    assert spearman([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))


@given(pairs=PAIRS)
def test_a_rank_correlation_is_symmetric_and_knows_no_scale(pairs: list[tuple[float, float]]) -> None:
    a, b = zip(*pairs, strict=True)

    for correlation in (kendall, spearman):
        value = correlation(a, b)
        if value is None:
            assert len(set(a)) == 1 or len(set(b)) == 1
            continue
        assert -1 - 1e-9 <= value <= 1 + 1e-9
        assert correlation(b, a) == pytest.approx(value)
        assert correlation([x**3 for x in a], b) == pytest.approx(value)
        assert correlation([-x for x in a], b) == pytest.approx(-value)


def test_the_effect_is_told_in_standard_deviations() -> None:
    assert effect_size([1, 2, 3]) == pytest.approx(2)
    assert effect_size([2, 2, 2]) is None


def test_four_times_the_tasks_show_half_the_difference() -> None:
    differences = [1.0, -1.0] * 17

    assert resolvable(differences) == pytest.approx(1.96 * deviation(differences) / math.sqrt(34), rel=1e-4)
    assert resolvable(differences * 4) == pytest.approx(resolvable(differences) / 2, rel=0.02)
    assert detectable(differences) / resolvable(differences) == pytest.approx(2.8016 / 1.96, rel=1e-3)
