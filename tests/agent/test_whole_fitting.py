"""Whole runs of a model that holds little: no call is ever too long for it, and what has no room is done without."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import CallLeftOut, Event
from redraft.agent.llm import Message, Reply, Request
from redraft.tests.agent.whole import PATIENT, STANDARD, Shelf, Wrapped, examples, standing_in
from redraft.tests.liars import Liar

pytestmark = PATIENT


@dataclass
class Strict(Wrapped):
    """A server that refuses, as they all do, what does not fit into its context together with its reply."""

    weight: int = 1
    """Tokens that each word takes."""

    async def sample(self, request: Request) -> Sequence[Reply]:
        needed = await self.count(request.messages) + request.max_tokens + request.think
        assert needed <= self.context, f"{request.node} needs {needed} of {self.context} tokens"
        return await super().sample(request)

    async def count(self, messages: Sequence[Message]) -> int:
        return self.weight * await super().count(messages)


def test_a_report_is_finished_without_what_has_no_room_and_what_that_was_is_told(shelf: Shelf) -> None:
    heard: list[Event] = []
    with shelf.begun(**STANDARD) as whole:
        whole.carry_out(Strict(standing_in(), context=3000, weight=5), heard.append)

        assert whole.status == "done"
    assert {event.node for event in heard if isinstance(event, CallLeftOut)} == {"critique", "question", "dispute"}


def test_a_run_whose_first_texts_have_no_room_stops_with_one_line_and_goes_on_with_more(shelf: Shelf) -> None:
    spec = tuple(f"What line number {number} costs in the city, and how long it lasts there" for number in range(20))
    with shelf.begun(**STANDARD, spec=spec) as whole:
        with pytest.raises(ContextTooSmall, match="serve it with a larger --context") as error:
            whole.carry_out(Strict(standing_in(), context=4000, weight=6))
        whole.carry_out(Strict(standing_in(), weight=6))

        assert whole.status == "done"
    assert "\n" not in str(error.value)


@examples(8)
@given(
    seed=st.integers(0, 10**9),
    context=st.integers(2600, 6000),
    weight=st.integers(1, 6),
    faults=st.sampled_from([0.0, 0.3, 0.9]),
    more=st.sampled_from([{}, STANDARD, {**STANDARD, "dialect": "warp", "think": 300}]),
)
def test_no_call_is_ever_too_long_for_the_served_context(
    shelf: Shelf, seed: int, context: int, weight: int, faults: float, more: dict[str, Any]
) -> None:
    llm = Strict(Liar(standing_in(), seed, faults), context=context, weight=weight)
    with shelf.begun(**more) as whole, suppress(ContextTooSmall):
        whole.carry_out(llm)
