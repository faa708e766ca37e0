import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from redraft.evals.speed.drafters import DRAFTERS
from redraft.evals.speed.lookup import HAS_SUFFIX
from redraft.evals.speed.switching import Switch, SwitchingProposer
from redraft.tests.agent.speculation.batches import Batch

CONTEXT = 64
TEXT = list(range(5, 25))


def proposer(switch: Switch) -> SwitchingProposer:
    """As vLLM makes it of the flags that the bench gives."""
    flags = switch.flags()
    drafting, told = json.loads(flags[1]), json.loads(flags[3])
    assert drafting["model"] == "redraft.evals.speed.switching.SwitchingProposer"
    return SwitchingProposer(
        SimpleNamespace(additional_config=told, model_config=SimpleNamespace(max_model_len=CONTEXT))
    )


@pytest.fixture
def switch(tmp_path: Path) -> Switch:
    made = Switch(tmp_path)
    made.give(0, 0, "off")
    return made


def test_whose_turn_it_is_drafts(switch: Switch) -> None:
    batch = Batch(proposer(switch), context=CONTEXT)
    batch.add(TEXT + TEXT[:4])

    drafts = {}
    for number, name in enumerate(DRAFTERS):
        if name != "suffix" or HAS_SUFFIX:
            switch.give(number, 1, name)
            drafts[name] = batch.step([[TEXT[4 + number]]])[0]

    assert drafts["off"] == []
    assert drafts["ngram"] == TEXT[6:14]
    assert drafts["redraft"][:4] == TEXT[8:12]


@pytest.mark.parametrize(
    "name", ["redraft", pytest.param("suffix", marks=pytest.mark.skipif(not HAS_SUFFIX, reason="no Arctic Inference"))]
)
def test_a_drafter_remembers_through_its_block_and_has_forgotten_in_the_next(switch: Switch, name: str) -> None:
    batch = Batch(proposer(switch), context=CONTEXT)
    numbers = count(1)

    def drafted(block: int) -> list[int]:
        """For a prompt that is the same each time, as is its answer."""
        switch.give(next(numbers), block, name)
        batch.add([1])
        batch.step([TEXT[:1]])
        drafts = batch.step([TEXT[1:2]])
        batch.step([TEXT[2:]])
        batch.remove(0)
        batch.step([])
        switch.give(next(numbers), block, "off")
        return drafts[0]

    first, again, anew = drafted(1), drafted(1), drafted(2)

    assert first == anew == []
    assert again[:1] == TEXT[2:3]


def test_what_was_counted_in_a_turn_is_told_when_the_next_begins(switch: Switch) -> None:
    batch = Batch(proposer(switch), context=CONTEXT)
    batch.add(TEXT)

    switch.give(1, 1, "ngram")
    batch.step([TEXT[:2]])
    batch.step([TEXT[2:5]])
    switch.give(2, 1, "off")
    batch.step([[1]])

    last = switch.last()
    assert (last.steps, last.rows, last.tokens, last.drafted) == (2, 2, 5, 16)
