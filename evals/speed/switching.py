"""Several drafters in one vLLM server, of which a file says the one that drafts: for the live bench alone.

vLLM takes its drafter when it starts. So the bench gives it this one, which hosts all of them, and writes into the file
whose turn it is, in which block. In a new block all begin with nothing remembered; what was counted in the turn before
is added to a second file, as a line of JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from redraft.agent import atomic
from redraft.agent.speculation.vllm_proposer import Count, Proposer
from redraft.evals.speed import custom
from redraft.evals.speed.drafters import DRAFTERS
from redraft.evals.speed.lookup import Off


class Switch(NamedTuple):
    """Both files, for the one who writes and the one who reads."""

    folder: Path

    @property
    def _turn(self) -> Path:
        return self.folder / "turn"

    @property
    def _counts(self) -> Path:
        return self.folder / "counts.jsonl"

    def flags(self) -> list[str]:
        """For vLLM's command line."""
        return custom.flags(SwitchingProposer, self.folder)

    def give(self, number: int, block: int, name: str) -> None:
        """The turn of this number to this drafter."""
        atomic.replace(self._turn, f"{number} {block} {name}".encode())

    def read(self) -> str:
        """Whose turn it is: its number, its block and a name."""
        return self._turn.read_text()

    def add(self, count: Count) -> None:
        with self._counts.open("a") as lines:
            lines.write(json.dumps(asdict(count)) + "\n")

    def last(self) -> Count:
        """Of the turn that was over last."""
        return Count(**json.loads(self._counts.read_text().splitlines()[-1]))


class SwitchingProposer:
    """As vLLM makes it."""

    def __init__(self, vllm_config: Any) -> None:
        self._switch = Switch(Path(vllm_config.additional_config[custom.KEY]))
        self._context = vllm_config.model_config.max_model_len
        self._turn, self._block = "", ""
        self._proposers: dict[str, Proposer] = {}
        self._proposer = Proposer(Off, self._context)

    def load_model(self, *_: Any) -> None:
        """None of them has one."""

    def propose(
        self,
        sampled_token_ids: Sequence[Sequence[int]],
        num_tokens_no_spec: NDArray[np.int32],
        token_ids_cpu: NDArray[np.int32],
        slot_mappings: Any = None,
    ) -> list[list[int]]:
        turn = self._switch.read()
        if turn != self._turn:
            self._begin(turn)
        return self._proposer.propose(sampled_token_ids, num_tokens_no_spec, token_ids_cpu, slot_mappings)

    def _begin(self, turn: str) -> None:
        self._switch.add(self._proposer.count)
        _, block, name = turn.split()
        if block != self._block:
            self._proposers = {}
        if name not in self._proposers:
            self._proposers[name] = Proposer(DRAFTERS[name], self._context)
        self._turn, self._block, self._proposer = turn, block, self._proposers[name]
        self._proposer.count = Count()
