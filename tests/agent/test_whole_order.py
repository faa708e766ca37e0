"""Rule 9: equal replies give an equal report, in whatever order they come and however often the run is killed."""

from collections import Counter
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.agent.whole import (
    PATIENT,
    STANDARD,
    Dawdling,
    Shelf,
    Wrapped,
    examples,
    killed_after_replies,
    killed_before_writes,
    standing_in,
    state,
)
from redraft.tests.liars import Liar

pytestmark = PATIENT

SIZES: dict[str, dict[str, Any]] = {"quick": {}, "standard": STANDARD}
VARIED: list[dict[str, Any]] = [*SIZES.values(), {"serial": True}, {"question_variants": 3, "answer_variants": 2}]
SEEDS = st.integers(0, 10**9)
FAULTS = st.sampled_from([0.0, 0.1, 0.3, 0.6])


def model(seed: int, faults: float) -> Liar:
    return Liar(standing_in(), seed, faults)


@pytest.mark.parametrize("size", SIZES)
def test_replies_that_come_in_another_order_make_the_same_report(shelf: Shelf, size: str) -> None:
    usual = Wrapped(standing_in())
    with shelf.done(usual, **SIZES[size]) as whole:
        wanted = state(whole)
    orders = []
    for seed in range(4):
        late = Dawdling(standing_in(), seed=seed)
        with shelf.done(late, **SIZES[size]) as whole:
            assert state(whole) == wanted
        orders.append(late.told)

    assert all(sorted(order) == sorted(usual.told) for order in orders)
    assert usual.told not in orders
    assert len(set(map(tuple, orders))) > 1


@examples(3)
@given(seed=SEEDS, faults=FAULTS, order=SEEDS, size=st.sampled_from(VARIED))
def test_whatever_the_model_replies_the_order_does_not_matter(
    shelf: Shelf, seed: int, faults: float, order: int, size: dict[str, Any]
) -> None:
    late = Dawdling(model(seed, faults), seed=order)
    with shelf.done(model(seed, faults), **size) as whole, shelf.done(late, **size) as other:
        assert state(other) == state(whole)


@pytest.mark.parametrize(("size", "replies"), [("quick", 1), ("standard", 9)])
def test_a_run_that_is_killed_after_every_few_replies_makes_the_same_report(
    shelf: Shelf, size: str, replies: int
) -> None:
    llm = Wrapped(standing_in())
    with shelf.done(standing_in(), **SIZES[size]) as usual, shelf.begun(**SIZES[size]) as whole:
        killed_after_replies(whole, llm, repeat(replies, 200))

        assert state(whole) == state(usual)
        assert max(Counter(llm.told).values()) == 1


@examples(3)
@given(
    seed=SEEDS,
    faults=FAULTS,
    order=SEEDS,
    size=st.sampled_from(VARIED),
    kills=st.lists(st.integers(0, 40), min_size=1, max_size=4),
)
def test_whatever_the_model_replies_a_run_that_is_killed_between_replies_ends_the_same(
    shelf: Shelf, seed: int, faults: float, order: int, size: dict[str, Any], kills: Sequence[int]
) -> None:
    llm = Wrapped(Dawdling(model(seed, faults), seed=order))
    with shelf.done(model(seed, faults), **size) as usual, shelf.begun(**size) as whole:
        killed_after_replies(whole, llm, kills)

        assert state(whole) == state(usual)
        assert max(Counter(llm.told).values()) == 1


@examples(3)
@given(
    seed=SEEDS,
    faults=FAULTS,
    size=st.sampled_from(VARIED),
    kills=st.lists(st.integers(0, 900), min_size=1, max_size=4),
)
def test_whatever_the_model_replies_a_run_that_is_killed_between_two_transactions_ends_the_same(
    shelf: Shelf, seed: int, faults: float, size: dict[str, Any], kills: Sequence[int]
) -> None:
    with shelf.done(model(seed, faults), **size) as usual, shelf.begun(**size) as whole:
        killed_before_writes(whole, model(seed, faults), kills)

        assert state(whole) == state(usual)
