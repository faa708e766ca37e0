"""Which way a measure is to go."""

from typing import Literal

from redraft.evals.metrics import METRICS

Better = Literal["higher", "lower", "neither"]
ARROWS = {"higher": "↑", "lower": "↓", "neither": "–"}

_LOWER = frozenset(["lose", "key_point_contradiction", "unchecked_citations"])
_NEITHER = frozenset(["judged_citations", "length", "references", "tie", "unknown_citations"])
"""Of the measures that the adapters of benchmarks call so: see their `scores` and `measure`."""


def better(measure: str) -> Better:
    """Of a metric of ours, or of a measure of a benchmark: its name may stand before it, as `reportbench.references`,
    and so may that of a dimension, as `completeness_lose`."""
    if measure in METRICS:
        return METRICS[measure].better
    own = measure.rpartition(".")[2]
    ends = {own, own.rpartition("_")[2]}
    return "lower" if ends & _LOWER else "neither" if ends & _NEITHER else "higher"


def arrowed(measure: str) -> str:
    """The measure with an arrow before it: up where more is better, down where less is, a dash where neither is."""
    return f"{ARROWS[better(measure)]} {measure}"
