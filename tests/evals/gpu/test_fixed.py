import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from redraft.evals.gpu.fixed import FixedProposer, Step, Turns
from redraft.evals.speed.custom import LONGEST
from redraft.tests.agent.speculation.batches import Batch

CONTEXT = 64
PROMPT = list(range(5, 25))


@pytest.fixture
def turns(tmp_path: Path) -> Turns:
    made = Turns(tmp_path)
    made.give(0, 2)
    return made


@pytest.fixture
def batch(turns: Turns) -> Batch:
    """Of a drafter as vLLM makes it of the flags; its clock goes on by a second each time it is looked at."""
    flags = turns.flags()
    drafting, told = json.loads(flags[1]), json.loads(flags[3])
    assert drafting["model"] == f"{FixedProposer.__module__}.{FixedProposer.__name__}"
    assert drafting["num_speculative_tokens"] == LONGEST
    config = SimpleNamespace(additional_config=told, model_config=SimpleNamespace(max_model_len=CONTEXT))
    clock = count()
    return Batch(FixedProposer(config, lambda: float(next(clock))), context=CONTEXT)


def test_each_request_gets_as_many_tokens_as_the_turn_says(turns: Turns, batch: Batch) -> None:
    batch.add(PROMPT)
    batch.add(PROMPT[3:])

    first = batch.step([[1], [1]])
    turns.give(1, 5)

    assert first == [PROMPT[:2], PROMPT[3:5]]
    assert batch.step([[1], [1]]) == [PROMPT[:5], PROMPT[3:8]]


def test_a_step_is_told_with_what_it_computed_and_read_and_without_the_time_of_drafting(
    turns: Turns, batch: Batch
) -> None:
    batch.add(PROMPT)
    batch.add(PROMPT[:10])

    batch.step([[1], [1]])
    batch.step([[1, 2], [1]])
    turns.give(1, 0)
    batch.step([[1], [1]])
    batch.step([[1], [1]])

    each = [Step(0, 1.0, 2, 6, 20 + 10 + 2), Step(0, 1.0, 2, 6, 20 + 10 + 5), Step(1, 1.0, 2, 2, 20 + 10 + 7)]
    assert turns.steps() == each


def test_a_step_that_reads_a_prompt_is_left_out(turns: Turns, batch: Batch) -> None:
    batch.add(PROMPT)
    batch.step([[1]])
    batch.step([[1]])
    batch.add(PROMPT[:10])
    batch.step([[1], []])
    batch.step([[1], []])
    batch.step([[1], [1]])
    batch.step([[1], [1]])

    assert [step.rows for step in turns.steps()] == [1, 2]


def test_a_step_behind_the_end_of_a_request_is_left_out(turns: Turns, batch: Batch) -> None:
    batch.add(PROMPT)
    batch.add(PROMPT[:10])
    batch.step([[1], [1]])
    batch.remove(0)
    batch.add(PROMPT)
    batch.step([[1], [1]])
    batch.step([[1], [1]])

    assert [step.cached for step in turns.steps()] == [12 + 21]


def test_a_request_whose_prompt_is_being_read_gets_no_draft(turns: Turns, batch: Batch) -> None:
    batch.add(PROMPT)

    assert batch.step([[]]) == [[]]
    assert turns.steps() == []


def test_no_draft_goes_beyond_the_context(turns: Turns, batch: Batch) -> None:
    turns.give(0, 31)
    batch.add(PROMPT)

    assert len(batch.step([[7] * 40])[0]) == CONTEXT - 1 - 60
