"""What every drafter does, whoever runs the model."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
"""Token ids, in one dimension and in one piece."""


class Drafter(Protocol):
    """Guesses what comes next in each of the requests that are being answered.

    For each request `begin` is called once, then `accept` and `propose` in turns, `end` at last. Between them may come
    calls for other requests.
    """

    @property
    def longest(self) -> int:
        """No draft has more tokens than this."""

    def begin(self, request: str, prompt: Ids) -> None:
        """A request that nothing has been said to yet."""

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        """A guess at what follows `context`, which is the prompt and all that has been said; empty for no guess.

        A token of it is worth its check only if it is taken with more than this chance.
        """

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        """A step has added these: what it has taken of the last draft, and one that the model has chosen itself."""

    def end(self, request: str) -> None:
        """The request is answered, or given up."""
