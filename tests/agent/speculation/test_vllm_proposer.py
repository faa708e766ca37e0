import logging
from itertools import count
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.speculation.temporal import TemporalDrafter
from redraft.agent.speculation.vllm_proposer import LOG_SECONDS, Count, Proposer, TemporalProposer
from redraft.tests.agent.speculation.batches import CONTEXT, Batch, Watcher


def watched(longest: int = 4) -> tuple[Watcher, Batch]:
    watcher = Watcher(longest)
    return watcher, Batch(Proposer(lambda: watcher, CONTEXT))


def counted(batch: Batch) -> Count:
    assert isinstance(batch.proposer, Proposer)
    return batch.proposer.count


def test_a_request_is_begun_with_its_prompt_and_goes_on_with_what_it_says() -> None:
    watcher, batch = watched()

    batch.add([1, 2, 3])
    assert batch.step([[4]]) == [[1, 2, 3, 4]]
    assert batch.step([[5, 6]]) == [[3, 4, 5, 6]]

    assert watcher.begun == [[1, 2, 3]]
    assert list(watcher.open.values()) == [[1, 2, 3, 4, 5, 6]]


def test_a_prompt_that_is_being_read_gets_no_draft_and_is_begun_once_it_answers() -> None:
    watcher, batch = watched()

    batch.add([1, 2, 3])
    assert batch.step([[]]) == [[]]
    assert batch.step([[]]) == [[]]
    assert not watcher.begun

    assert batch.step([[4]]) == [[1, 2, 3, 4]]
    assert watcher.begun == [[1, 2, 3]]


def test_requests_are_known_again_after_rows_were_filled_and_swapped() -> None:
    watcher, batch = watched()
    for first in (1, 2, 3):
        batch.add([first, 9])
    batch.step([[5], [6], [7]])

    batch.remove(0)  # the third is in row 0 now
    batch.swap(0, 1)
    batch.step([[6], [7]])

    assert len(watcher.begun) == 3
    assert watcher.ended == [[1, 9, 5]]
    assert list(watcher.open.values()) == [[2, 9, 6, 6], [3, 9, 7, 7]]


def test_another_request_in_the_same_row_is_another_request() -> None:
    watcher, batch = watched()
    batch.add([1, 2])
    batch.step([[3]])

    batch.remove(0)
    batch.add([1, 2, 4])  # as long as the first is now, and alike but for its last token
    batch.step([[3]])

    assert watcher.begun == [[1, 2], [1, 2, 4]]
    assert watcher.ended == [[1, 2, 3]]


def test_replies_to_one_prompt_are_told_apart_though_one_has_said_nothing_new() -> None:
    watcher, batch = watched()
    batch.add([1, 2])
    batch.add([1, 2])
    batch.step([[3], [3]])
    batch.step([[4, 5], [6]])

    batch.swap(0, 1)
    batch.step([[7], [8]])

    assert len(watcher.begun) == 2
    assert sorted(watcher.open.values()) == [[1, 2, 3, 4, 5, 8], [1, 2, 3, 6, 7]]


def test_a_request_that_said_things_unseen_goes_on() -> None:
    """Near the end of the context, vLLM asks for no drafts for some steps."""
    watcher, batch = watched()
    batch.add([1, 2])
    batch.step([[3]])
    batch.texts[0] += [4, 5]

    batch.step([[6]])

    assert len(watcher.begun) == 1
    assert list(watcher.open.values()) == [[1, 2, 3, 4, 5, 6]]


def test_no_draft_leads_beyond_the_context() -> None:
    _, batch = watched()
    batch.add(range(CONTEXT - 4))

    assert len(batch.step([[1]])[0]) == 2
    assert len(batch.step([[1]])[0]) == 1
    assert batch.step([[1]]) == [[]]
    assert batch.step([[1]]) == [[]]


def test_a_fault_is_told_once_gives_no_draft_and_is_over_with_the_next_drafter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made: list[Watcher] = []

    def make() -> Watcher:
        made.append(Watcher(broken=len(made) < 2))
        return made[-1]

    batch = Batch(Proposer(make, CONTEXT))
    batch.add([1, 2])
    with caplog.at_level(logging.INFO, "vllm.redraft"):
        assert batch.step([[3]]) == [[]]
        assert batch.step([[4]]) == [[]]

    assert batch.step([[5]]) == [[1, 2, 3, 4, 5][-4:]]
    assert counted(batch).faults == 2
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_drafting_is_counted() -> None:
    now = iter(range(100))
    batch = Batch(Proposer(lambda: Watcher(longest=2), CONTEXT, clock=lambda: next(now)))
    batch.add([1, 2])
    batch.add([3, 4])

    batch.step([[5], []])
    batch.step([[6, 7], [8]])

    done = counted(batch)
    assert (done.steps, done.rows, done.tokens, done.drafted, done.seconds) == (2, 3, 4, 6, 2)
    assert str(done).startswith("2 steps, 1.33 tokens in each, 6 tokens drafted, 1000.000 ms")


def chances(a_token: float, reading: float = 0.0) -> list[float]:
    """What the drafter of one request, and then of two, is told that a token must be worth, where a step takes 20 ms,
    and so much for each token, and for reading the second prompt."""
    now = [0.0]
    watcher = Watcher(longest=9)
    batch = Batch(Proposer(lambda: watcher, CONTEXT, clock=lambda: now[0]))
    for prompt in ([1] * 9, [2] * 9):
        batch.add(prompt)
        now[0] += reading
        for _ in range(10):
            drafts = batch.step([[3]] * len(batch.texts))
            now[0] += 0.02 + a_token * sum(1 + len(draft) for draft in drafts)
    return watcher.chances


def test_what_a_token_must_be_worth_is_learned_from_how_long_steps_take() -> None:
    free, cheap, dear = (chances(a_token) for a_token in (0.0, 1e-4, 1e-3))

    assert free == pytest.approx([0.0] * len(free))
    assert 0 < cheap[-1] < dear[-1] < 1
    # In a step of 40 ms two tokens are said, one in 20: a twentieth of a token in the millisecond of a check. Of steps
    # that differ so little the price is doubted.
    assert 0.02 < dear[-1] < 0.05


def test_a_step_that_reads_a_prompt_tells_nothing_of_what_a_token_costs() -> None:
    assert chances(1e-3, reading=9.0) == pytest.approx(chances(1e-3))


def config(longest: int = 8, context: int = 4096) -> SimpleNamespace:
    return SimpleNamespace(
        speculative_config=SimpleNamespace(num_speculative_tokens=longest),
        model_config=SimpleNamespace(max_model_len=context),
    )


def test_vllm_gets_redrafts_drafter_with_the_length_it_was_started_with() -> None:
    proposer = TemporalProposer(config(longest=3))
    proposer.load_model(object())
    batch = Batch(proposer, context=4096)

    batch.add([1, 2, 3, 4, 5, 6, 7, 8])

    assert batch.step([[1, 2, 3]]) == [[4, 5, 6]]


def test_the_log_tells_now_and_then_what_drafting_costs(caplog: pytest.LogCaptureFixture) -> None:
    seconds = [0.0]
    batch = Batch(TemporalProposer(config(), clock=lambda: seconds[0]), context=4096)
    batch.add([1, 2])

    with caplog.at_level(logging.INFO, "vllm.redraft"):
        for _ in range(6):
            batch.step([[3]])
            seconds[0] += LOG_SECONDS / 2

    told = [record.getMessage().split(",")[0] for record in caplog.records]
    assert told == ["redraft's drafter: 4 steps"]


TOKENS = st.integers(0, 2)
PROMPTS = st.lists(TOKENS, min_size=1, max_size=6)
SAID = st.lists(TOKENS, max_size=3)


ROWS = 6


class Step(NamedTuple):
    """What happens to a batch before the model's next step, and what its rows say in that."""

    come: list[list[int]]
    go: list[int]
    moved: list[int]
    """Rows, modulo as many as there are; each changes places with the first."""
    said: list[list[int]]


HISTORIES = st.lists(
    st.builds(
        Step,
        come=st.lists(PROMPTS, max_size=2),
        go=st.lists(st.integers(0, 99), max_size=2),
        moved=st.lists(st.integers(0, 99), max_size=2),
        said=st.lists(SAID, min_size=ROWS, max_size=ROWS),
    ),
    max_size=12,
)


def played(batch: Batch, history: list[Step]) -> None:
    """Each step, with what must hold after it whatever has happened."""
    for step in history:
        changed(batch, step)
        tokens = [
            new if len(text) + len(new) < CONTEXT else [] for new, text in zip(step.said, batch.texts, strict=False)
        ]
        drafts = batch.step(tokens)
        for draft, text, new in zip(drafts, batch.texts, tokens, strict=True):
            assert not draft or (new and len(text) + len(draft) < CONTEXT)
    assert counted(batch).faults == 0


def changed(batch: Batch, step: Step) -> None:
    for row in step.go[: len(batch.texts)]:
        batch.remove(row % len(batch.texts))
    for prompt in step.come[: ROWS - len(batch.texts)]:
        batch.add(prompt)
    for row in step.moved if batch.texts else []:
        batch.swap(0, row % len(batch.texts))


@given(HISTORIES)
def test_whatever_rows_do_each_draft_is_for_its_rows_text_and_no_more_is_open_than_has_a_row(
    history: list[Step],
) -> None:
    """The watcher asserts that its account of each request is the row's text: three tokens make many texts alike."""
    watcher, batch = watched()

    for step in history:
        watcher.drafted_for.clear()
        played(batch, [step])
        assert len(watcher.open) <= len(batch.texts)
        assert all(text in batch.texts for text in watcher.drafted_for)


@given(HISTORIES)
def test_a_request_with_a_text_of_its_own_is_begun_once_wherever_its_row_is(history: list[Step]) -> None:
    watcher, batch = watched()
    numbers = count(3)  # behind all other tokens

    for step in history:
        own = [[next(numbers), *prompt] for prompt in step.come]
        played(batch, [step._replace(come=own, said=[new or [0] for new in step.said])])

    begun = [prompt[0] for prompt in watcher.begun]
    assert len(begun) == len(set(begun))


@given(HISTORIES)
def test_redrafts_drafter_never_fails_and_its_memory_is_bounded(
    history: list[Step],
) -> None:
    drafter = TemporalDrafter(longest=5, past=64, text=32)
    empty = drafter.bytes
    batch = Batch(Proposer(lambda: drafter, CONTEXT))

    played(batch, history)
    while batch.texts:
        batch.remove(0)
    batch.step([])

    assert drafter.bytes == empty
    assert np.isfinite(counted(batch).seconds)
