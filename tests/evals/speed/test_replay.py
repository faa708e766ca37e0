import math
from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.speculation.drafter import Ids
from redraft.agent.speculation.temporal import TemporalDrafter
from redraft.agent.transcripts import Said
from redraft.evals.speed.lookup import Ngram, Off
from redraft.evals.speed.replay import Count, replay
from redraft.evals.speed.steptime import Fitted
from redraft.tests.evals.speed.given import Oracle, call

OUTPUTS = st.lists(st.text("abc", max_size=12), min_size=1, max_size=3)
CALLS = st.lists(
    st.builds(lambda prompt, outputs: call(prompt, *outputs), st.text("abc", max_size=9), OUTPUTS), max_size=5
)


class Guesser(Oracle):
    """Drafts what the test tells it to, whatever comes."""

    def __init__(self, calls: Sequence[Said], guesses: Sequence[str]) -> None:
        super().__init__(calls, longest=9)
        self.guesses = guesses
        self.turn = count()

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        super().propose(request, context)
        return [ord(sign) for sign in self.guesses[next(self.turn) % len(self.guesses)]] if self.guesses else []


@given(CALLS, st.lists(st.text("abc", max_size=9), max_size=4), st.integers(1, 4))
def test_whatever_is_drafted_exactly_what_was_recorded_is_said(
    calls: list[Said], guesses: list[str], concurrency: int
) -> None:
    drafter = Guesser(calls, guesses)

    done = replay(calls, drafter, concurrency=concurrency)

    recorded = [output for one in calls for output in one.output_token_ids if output]
    assert sorted(drafter.said.values()) == sorted(map(list, recorded))
    assert not drafter.open
    for counted in done.kinds.values():
        assert counted.hits <= counted.drafts <= counted.steps <= counted.tokens
    assert sum(counted.tokens for counted in done.kinds.values()) == sum(len(output) - 1 for output in recorded)


@given(CALLS, st.integers(1, 6))
def test_one_that_knows_needs_the_fewest_steps_and_one_that_is_wrong_one_for_each_token(
    calls: list[Said], longest: int
) -> None:
    best = replay(calls, Oracle(calls, longest)).kinds["draft"]
    worst = replay(calls, Oracle(calls, longest, right=False)).kinds["draft"]

    left = [len(output) - 1 for one in calls for output in one.output_token_ids if output]
    assert best.steps == sum(math.ceil(tokens / (longest + 1)) for tokens in left)
    assert worst.steps == worst.tokens == sum(left)
    assert worst.accepted.sum() == 0


def test_what_was_taken_is_counted_by_its_position_and_by_who_asked() -> None:
    calls = [call("", "abcdefg", node="draft"), call("", "xy", node="query")]

    done = replay(calls, Guesser(calls, ["bcX", "ef", ""]))

    counted = done.kinds["draft"]
    assert (counted.requests, counted.tokens, counted.steps) == (1, 6, 2)
    assert counted.drafted.tolist() == [2, 2, 1]
    assert counted.accepted.tolist() == [2, 2]
    assert done.kinds["query"].steps == 1
    assert done.steps == [(4, 1), (3, 4), (1, 1)], "tokens computed, tokens of the cache"


def test_as_many_requests_as_there_are_places_go_a_step_at_a_time_in_their_order() -> None:
    calls = [call("12", "abc"), call("345", "d"), call("6", "ef", "ghi")]

    done = replay(calls, Off(), concurrency=2)

    assert [computed for computed, _ in done.steps] == [2, 2, 1]
    assert done.steps[0] == (2, len("12a") + len("6e"))


def test_the_time_in_the_drafter_is_counted_and_no_other() -> None:
    clock = count().__next__

    done = replay([call("", "abc")], Off(), clock=lambda: float(clock()))

    assert done.seconds == 1 + 1 + 2 * 2, "beginning, the first token, and two steps of drafting and taking"


def test_a_drafter_is_told_what_a_check_costs_on_a_gpu_that_steps_as_long_as_it_computes() -> None:
    chances: list[float] = []

    class Told(Guesser):
        def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
            chances.append(chance)
            return super().propose(request, context)

    calls = [call("", "abcdefgh" * 8)]
    free = Fitted("free", 1.0, 0.0, 0.0, "planted")
    dear = Fitted("dear", 0.0, 1.0, 0.0, "planted")

    for gpu in (free, dear):
        replay(calls, Told(calls, ["X" * 9, "XX", ""]), gpu=gpu)

    half = len(chances) // 2
    assert max(chances[:half]) == pytest.approx(0, abs=1e-9)
    assert chances[half] == 0, "nothing is known before the first step"
    assert 0.1 < chances[-1] < 1


@given(CALLS)
def test_redrafts_own_drafter_and_lookup_keep_to_what_was_recorded(calls: list[Said]) -> None:
    recorded = sum(len(output) - 1 for one in calls for output in one.output_token_ids if output)

    for drafter in (TemporalDrafter(past=256, text=64), Ngram(shortest=1, longest_match=3, longest=4)):
        counted = replay(calls, drafter, concurrency=2).kinds["draft"]
        assert counted.tokens == recorded
        assert counted.steps <= recorded
        assert len(counted.drafted) <= drafter.longest


def test_counts_add_up_position_by_position() -> None:
    one, other = Count(), Count(requests=2)
    one.step(drafted=3, accepted=1, tokens=2)
    other.step(drafted=1, accepted=1, tokens=2)

    one.add(other)

    assert (one.requests, one.steps, one.tokens, one.drafts, one.hits) == (2, 2, 4, 2, 2)
    assert one.drafted.tolist() == [2, 1, 1]
    assert one.accepted.tolist() == [2]


@pytest.mark.parametrize("outputs", [(), ("",), ("a",)])
def test_what_has_nothing_to_decode_takes_no_step(outputs: tuple[str, ...]) -> None:
    assert replay([call("a", *outputs)], Off()).steps == []


def test_ids_are_handed_over_in_one_piece() -> None:
    class Asks(Off):
        def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
            assert context.dtype == np.int32
            assert context.flags["C_CONTIGUOUS"]
            return []

    replay([call("abc", "def")], Asks())
