"""A batch as vLLM keeps it, whose requests say what they are given to say; and a drafter that watches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.drafter import Ids

CONTEXT = 40


@dataclass
class Watcher:
    """A drafter that keeps what it is told of each request, and drafts the end of its text."""

    longest: int = 4
    broken: bool = False
    open: dict[str, list[int]] = field(default_factory=dict)
    begun: list[list[int]] = field(default_factory=list)
    """The prompts."""
    ended: list[list[int]] = field(default_factory=list)
    """The texts."""
    drafted_for: list[list[int]] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)

    def begin(self, request: str, prompt: Ids) -> None:
        assert request not in self.open
        self.begun.append(prompt.tolist())
        self.open[request] = prompt.tolist()

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        self.chances.append(chance)
        if self.broken:
            raise RuntimeError("the drafter is broken")
        assert context.tolist() == self.open[request]
        self.drafted_for.append(context.tolist())
        return [int(token) for token in context[-self.longest :]]

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        self.open[request] += tokens

    def end(self, request: str) -> None:
        self.ended.append(self.open.pop(request))


class Proposes(Protocol):
    """What vLLM asks of a `custom_class`."""

    def propose(
        self,
        sampled_token_ids: Sequence[Sequence[int]],
        num_tokens_no_spec: NDArray[np.int32],
        token_ids_cpu: NDArray[np.int32],
        slot_mappings: Any = None,
    ) -> list[list[int]]: ...


class Batch:
    """Rows of tokens, as `InputBatch` has them: what is behind a row's end is what was there before."""

    def __init__(self, proposer: Proposes, rows: int = 6, context: int = CONTEXT) -> None:
        self.proposer = proposer
        self.texts: list[list[int]] = []
        self._ids: NDArray[np.int32] = np.full((rows, context), 77, np.int32)
        self._counts: NDArray[np.int32] = np.zeros(rows, np.int32)

    def add(self, prompt: Sequence[int]) -> None:
        self.texts.append(list(prompt))

    def remove(self, row: int) -> None:
        """As `condense` does it: the last row fills the gap."""
        self.texts[row] = self.texts[-1]
        self.texts.pop()

    def swap(self, one: int, other: int) -> None:
        self.texts[one], self.texts[other] = self.texts[other], self.texts[one]

    def step(self, said: Sequence[Sequence[int]]) -> list[list[int]]:
        """Each row says its tokens; none where its prompt is still being read."""
        for text, tokens in zip(self.texts, said, strict=True):
            text.extend(tokens)
        for row, text in enumerate(self.texts):
            self._ids[row, : len(text)] = text
            self._counts[row] = len(text)
        return self.proposer.propose([list(tokens) for tokens in said], self._counts, self._ids, slot_mappings=None)
