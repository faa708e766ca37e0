"""What a report says more than once."""

from redraft.agent.prose import word_runs
from redraft.agent.repetition import irr, repeated
from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import OURS, Given, Metric, Values, share, values

RUN = 5
"""Words."""


def duplication(document: Document) -> float | None:
    """1 - distinct / all runs of five words, those across two sentences left out. A run is in small letters; two
    characters of Chinese, Japanese or Korean are a word."""
    runs = [run for sentence in document.sentences for run in word_runs(sentence.plain, RUN)]
    return share(len(runs) - len(set(runs)), len(runs))


def near_repeats(document: Document) -> float | None:
    """Of the sentences, those that say again what one before them says (`redraft.agent.repetition.repeated`): nearly
    the same words, no number that differs, no denial in one alone."""
    return share(len(repeated(_texts(document))), len(document.sentences))


def alike_pairs(document: Document) -> float | None:
    """Of all pairs of sentences of six terms and more, those that share 0.4 of their terms by Jaccard."""
    return irr(_texts(document)) if document.sentences else None


def _texts(document: Document) -> dict[str, str]:
    return {str(place): section.text for place, section in enumerate(document.sections)}


METRICS = (
    Metric(duplication, "share", "lower", OURS, "a thing said again in other words; names and set phrases count"),
    Metric(near_repeats, "share", "lower", OURS, "a thing said again in other words"),
    Metric(
        alike_pairs,
        "share",
        "lower",
        "the inverse of AutoPatent's Inverse Repetition Rate (arXiv 2412.09796)",
        "a list whose items are meant to be alike from a report that repeats itself",
    ),
)


def measure(given: Given) -> Values:
    return values(METRICS, given.document)
