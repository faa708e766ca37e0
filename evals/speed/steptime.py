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

Seconds = NDArray[np.float64]

WEIGHTS = 7.5e9
"""Of Llama-3.1-8B without its table of input embeddings, which a step reads a few rows of."""
WEIGHT_BYTES = 2
"""In bf16."""
CACHE_BYTES = 131_072
"""Of Llama-3.1-8B's keys and values for one token in bf16: 32 layers, 8 heads of 128, both."""
HOST = 1.207e-3
"""Seconds a step that the host takes to schedule and to sample: as in `H100_FITTED`, and taken to be the same beside
every GPU."""


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

    name: str
    bandwidth: float
    """Bytes a second."""
    operations: float
    """Dense bf16 operations a second, accumulated in 32 bits."""
    source: str

    def seconds(self, computed: NDArray[np.int64], cached: NDArray[np.int64]) -> Seconds:
        read = (WEIGHTS * WEIGHT_BYTES + CACHE_BYTES * cached) / self.bandwidth
        operations = 2 * WEIGHTS * computed / self.operations
        return np.asarray(np.maximum(read, operations) + HOST)


@dataclass(frozen=True)
class Fitted:
    """A GPU by what was measured on it: a constant, and a slope for each."""

    name: str
    constant: float
    a_token: float
    a_cached: float
    source: str

    def seconds(self, computed: NDArray[np.int64], cached: NDArray[np.int64]) -> Seconds:
        return self.constant + self.a_token * computed + self.a_cached * cached + HOST


H100_FITTED = Fitted(
    "H100, as fitted",
    5.886e-3,
    21.0e-6,
    39.3e-9,
    "vLLM 0.11 with Llama-3.1-8B on an H100: simulator of arXiv 2601.11580 (github.com/SpecDecode-Bench/simulator)",
)
GPUS: tuple[StepTime, ...] = (
    H100_FITTED,
    Roofline("H100 SXM", 3.35e12, 989e12, "NVIDIA H100 data sheet: 3.35 TB/s, 1,979 TFLOPS of which half dense"),
    Roofline("H200 SXM", 4.8e12, 989e12, "NVIDIA H200 data sheet: 4.8 TB/s, 1,979 TFLOPS of which half dense"),
    Roofline("A100 SXM 80 GB", 2.039e12, 312e12, "NVIDIA A100 data sheet: 2,039 GB/s, 312 TFLOPS"),
    Roofline("RTX 4090", 1.008e12, 165.2e12, "NVIDIA Ada GPU architecture white paper: 1,008 GB/s, 165.2 TFLOPS"),
)
