"""A drafter for vLLM that drafts as many tokens as it is told to, and tells how long each step takes.

vLLM calls it between any two steps of the model. A step's time is that from the end of one call to the beginning of the
next, so that what the drafter takes itself is in none. Whether its drafts are taken makes no difference to that: the
step computes them all. They are the first tokens of the prompt, which a model without sense seldom goes on with.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from redraft.agent import atomic
from redraft.evals.speed import custom

Clock = Callable[[], float]


class Step(NamedTuple):
    """A step of the model in which every request went on with its reply."""

    turn: int
    seconds: float
    rows: int
    computed: int
    """Tokens: of each request the last that was said, and its draft."""
    cached: int
    """Tokens of the cache that it read."""


class Turns(NamedTuple):
    """Two files, for the one who writes whose turn it is and the one who answers with steps."""

    folder: Path

    @property
    def _turn(self) -> Path:
        return self.folder / "turn.json"

    @property
    def _steps(self) -> Path:
        return self.folder / "steps.jsonl"

    def flags(self) -> list[str]:
        """For vLLM's command line."""
        return custom.flags(FixedProposer, self.folder)

    def give(self, turn: int, draft: int) -> None:
        """From now on, so many tokens are drafted for each request, and steps have this number."""
        atomic.replace(self._turn, json.dumps([turn, draft]).encode())

    def read(self) -> tuple[int, int]:
        turn, draft = json.loads(self._turn.read_bytes())
        return turn, draft

    def add(self, step: Step) -> None:
        with self._steps.open("a") as lines:
            lines.write(json.dumps(step) + "\n")

    def steps(self) -> list[Step]:
        if not self._steps.exists():  # there was none
            return []
        return [Step(*json.loads(line)) for line in self._steps.read_text().splitlines()]


class _Drafted(NamedTuple):
    """What the last call left behind."""

    turn: int
    lengths: NDArray[np.int32]
    """Of the requests, by row."""
    tokens: int
    """Drafted for them."""
    left: float


class FixedProposer:
    """As vLLM makes it."""

    def __init__(self, vllm_config: Any, clock: Clock = time.perf_counter) -> None:
        self._turns = Turns(Path(vllm_config.additional_config[custom.KEY]))
        self._context = vllm_config.model_config.max_model_len
        self._clock = clock
        self._last: _Drafted | None = None

    def load_model(self, *_: Any) -> None:
        """It has none."""

    def propose(
        self,
        sampled_token_ids: Sequence[Sequence[int]],
        num_tokens_no_spec: NDArray[np.int32],
        token_ids_cpu: NDArray[np.int32],
        slot_mappings: Any = None,
    ) -> list[list[int]]:
        """As `redraft.agent.speculation.vllm_proposer.Proposer` has it."""
        entered = self._clock()
        lengths = num_tokens_no_spec[: len(sampled_token_ids)].copy()
        said = np.array([len(tokens) for tokens in sampled_token_ids], np.int32)
        self._tell(entered, lengths - said)
        turn, draft = self._turns.read()
        drafts = [
            token_ids_cpu[row, : min(draft, self._context - 1 - length)].tolist() if said[row] else []
            for row, length in enumerate(lengths)
        ]
        # A request that said nothing is in the midst of its prompt, and so it is in the next step.
        self._last = _Drafted(turn, lengths, sum(map(len, drafts)), self._clock()) if said.all() else None
        return drafts

    def _tell(self, now: float, begun: NDArray[np.int32]) -> None:
        """Of the step that is over, if all requests were there before it, and had read their prompts. `begun`: the
        lengths with which they went into it."""
        last = self._last
        if last and len(begun) and np.array_equal(begun, last.lengths):
            computed = len(begun) + last.tokens
            self._turns.add(Step(last.turn, now - last.left, len(begun), computed, int(begun.sum())))
