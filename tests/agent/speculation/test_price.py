import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.speculation.price import Price


def test_before_anything_is_known_a_token_costs_nothing() -> None:
    assert Price().of_a_token == Price().chance == 0.0


def test_what_a_token_costs_is_found_in_steps_of_different_sizes() -> None:
    price = Price()

    for computed in [8, 264] * 50:
        price.step(computed, said=8, seconds=0.025 + 0.001 * computed)

    assert price.of_a_token == pytest.approx(0.001, rel=0.01)
    assert price.chance == pytest.approx(0.001 * 8 / (0.025 + 0.001 * 136), rel=0.02)


def test_steps_that_are_all_alike_tell_nothing() -> None:
    price = Price()

    for _ in range(50):
        price.step(9, said=2, seconds=0.03)

    assert price.of_a_token == pytest.approx(0.0, abs=1e-9)


def test_what_was_so_long_ago_is_forgotten() -> None:
    price = Price()

    for a_token in (0.01, 0.001):
        for computed in [1, 33] * 500:
            price.step(computed, said=1, seconds=0.02 + a_token * computed)

    assert price.of_a_token == pytest.approx(0.001, rel=0.1)


STEPS = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300), st.floats(0.0, 10.0)), max_size=40)


@given(STEPS)
def test_no_price_is_negative_whatever_the_clock_says(steps: list[tuple[int, int, float]]) -> None:
    price = Price()

    for computed, said, seconds in steps:
        price.step(computed, said, seconds)

    assert price.of_a_token >= 0
    assert price.chance >= 0
