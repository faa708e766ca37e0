"""What a run lost and what it found on its way, from the rows it kept."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from redraft.agent.comparing import claims, lost
from redraft.agent.history import chapters
from redraft.evals.metrics.given import Given, Metric, Trace, Values, unknown, values
from redraft.store import drafts, rounds
from redraft.store.database import Database


def break_rate(trace: Trace) -> float | None:
    """The mean, over the versions that took the place of another that cites, of the share of its cited claims that the
    new one no longer says with the same evidence (`redraft.agent.comparing.lost`)."""
    rates = break_rates(trace)
    return fmean(rates) if rates else None


def breaking_versions(trace: Trace) -> float | None:
    """Of these versions, those that lost a claim."""
    rates = break_rates(trace)
    return sum(rate > 0 for rate in rates) / len(rates) if rates else None


def round_novelty(trace: Trace) -> float | None:
    """The mean, over the rounds that were answered, of the share of the answer's sentences that the report did not say
    before and that rest on evidence it did not cite (`redraft.agent.novelty`)."""
    return fmean(trace.novelty) if trace.novelty else None


def break_rates(trace: Trace) -> list[float]:
    """What each version lost of the one before it, section by section: shares of its cited claims."""
    return [rate for texts in trace.sections for rate in _rates(texts)]


def trace(database: Database, run_id: str) -> Trace:
    """Every accepted text of each section in order, without those that were undone; and what the rounds brought."""
    sections = [[version.text for version in drafts.lineage(entry.versions)] for entry in chapters(database, run_id)]
    found = [row.novelty for row in rounds.of_run(database, run_id) if row.novelty is not None]
    return Trace(sections, found)


def _rates(texts: Sequence[str]) -> Iterator[float]:
    for old, new in pairwise(texts):
        if said := claims(old):
            yield len(lost(old, new)) / len(said)


METRICS = (
    Metric(
        break_rate,
        "share",
        "lower",
        "Mr Dre (arXiv 2601.13217), its judge by words",
        "a claim that was wrong and had to go; one said on in other words",
    ),
    Metric(breaking_versions, "share", "lower", "Mr Dre (arXiv 2601.13217), its judge by words", "how much each lost"),
    Metric(
        round_novelty,
        "share",
        "higher",
        "query novelty of TTD-DR (arXiv 2507.16075), of answers and by words",
        "whether what is new matters",
    ),
)


def measure(given: Given) -> Values:
    return values(METRICS, given.trace) if given.trace else unknown(METRICS)
