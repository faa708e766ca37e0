"""How long a step of a served 8B model takes on a GPU, by the tokens it computes and the cache it reads.

The step of a GPU known by its data sheet is a roofline: the weights and the cache are read once, whatever the step
computes, each token costs two operations for each weight, and the longer of the two is what it takes, with the host's
work on top. So up to some hundred tokens a step are free: a bound that no server reaches. `H100_FITTED` was fitted to
vLLM instead, and has every token cost time from the first on: of the H100's two it is the one to believe.

Not in it: reading prompts, which drafting leaves as it is, and attention's operations, which are few at these lengths.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redraft.agent import gpus
from redraft.agent.gpus import Gpu

Seconds = NDArray[np.float64]

WEIGHTS = 7.5e9
"""Of Llama-3.1-8B without its table of input embeddings, which a step reads a few rows of."""
WEIGHT_BYTES = 2
"""In bf16."""
CACHE_BYTES = 131_072
"""Of Llama-3.1-8B's keys and values for one token in bf16: 32 layers, 8 heads of 128, both."""
HOST = 1.207e-3
"""Seconds a step that the host takes to schedule and to sample: of the machine of `H100_FITTED`, and taken to be the
same beside every GPU that is known by its data sheet."""


class StepTime(Protocol):
    """A GPU as a step meets it."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str:
        """Where its numbers are from."""

    def seconds(self, computed: NDArray[np.int64], cached: NDArray[np.int64]) -> Seconds:
        """Of steps that compute so many tokens, and read so many of the cache."""


@dataclass(frozen=True)
class Roofline:
    """A GPU by its data sheet."""

    gpu: Gpu

    @property
    def name(self) -> str:
        return self.gpu.name

    @property
    def source(self) -> str:
        return self.gpu.source

    def seconds(self, computed: NDArray[np.int64], cached: NDArray[np.int64]) -> Seconds:
        read = (WEIGHTS * WEIGHT_BYTES + CACHE_BYTES * cached) / self.gpu.bandwidth
        operations = 2 * WEIGHTS * computed / self.gpu.operations
        return np.asarray(np.maximum(read, operations) + HOST)


@dataclass(frozen=True)
class Fitted:
    """A GPU by what was measured on it, in seconds: a constant, which has the host's work in it, and a slope for each
    token. `redraft.evals.gpu` measures such."""

    name: str
    constant: float
    a_token: float
    a_cached: float
    source: str

    def seconds(self, computed: NDArray[np.int64], cached: NDArray[np.int64]) -> Seconds:
        return self.constant + self.a_token * computed + self.a_cached * cached


H100_FITTED = Fitted(
    "H100, as fitted",
    5.886e-3 + HOST,
    21.0e-6,
    39.3e-9,
    "vLLM 0.11 with Llama-3.1-8B on an H100: simulator of arXiv 2601.11580 (github.com/SpecDecode-Bench/simulator)",
)
GPUS: tuple[StepTime, ...] = (
    H100_FITTED,
    *(Roofline(gpus.GPUS[name]) for name in ("h100", "h200", "a100-80", "rtx4090")),
)
