"""Which way a measure is to go."""

from typing import Literal

from redraft.evals.metrics import METRICS

Better = Literal["higher", "lower", "neither"]

_LOWER = frozenset(["lose", "key_point_contradiction"])
_NEITHER = frozenset(["judged_citations", "length", "references", "tie"])
"""Of the measures that the adapters of benchmarks call so: see their `scores` and `measure`."""


def better(measure: str) -> Better:
    """Of a metric of ours, or of a measure of a benchmark: its name may stand before it, as `reportbench.references`,
    and so may that of a dimension, as `completeness_lose`."""
    if measure in METRICS:
        return METRICS[measure].better
    own = measure.rpartition(".")[2]
    ends = {own, own.rpartition("_")[2]}
    return "lower" if ends & _LOWER else "neither" if ends & _NEITHER else "higher"
