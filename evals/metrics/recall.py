"""What a report should say, and says: by its words, without a judge."""

from collections.abc import Sequence

from redraft.agent.checklist import demanded
from redraft.agent.coverage import coverage
from redraft.agent.facts import unfounded
from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import Given, Metric, Values, share


def vital_nugget_recall(document: Document, nuggets: Sequence[str]) -> float | None:
    """Of the vital nuggets, those that a report says: half of a nugget's terms stand in three sentences in a row of one
    section (`redraft.agent.coverage`), and all of its numbers, dates and quotations in the report."""
    texts = {str(place): section.text for place, section in enumerate(document.sections)}
    said = [entry for entry in coverage(demanded(nuggets, "question"), texts) if entry.place]
    return share(sum(not unfounded(entry.item.text, [document.text]) for entry in said), len(nuggets))


def nugget_recall(document: Document, nuggets: Sequence[str]) -> float | None:
    """The same of all nuggets."""
    return vital_nugget_recall(document, nuggets)


def key_point_recall(document: Document, points: Sequence[str]) -> float | None:
    """The same of key points."""
    return vital_nugget_recall(document, points)


_BLIND = (
    "a point made in other words, and one that is contradicted in the same words; a long report covers more by chance"
)
METRICS = (
    Metric(vital_nugget_recall, "share", "higher", "DeepScholar-Bench (arXiv 2508.20033), its judge by words", _BLIND),
    Metric(nugget_recall, "share", "higher", "DeepScholar-Bench (arXiv 2508.20033), its judge by words", _BLIND),
    Metric(key_point_recall, "share", "higher", "DeepResearchGym (arXiv 2505.19253), its judge by words", _BLIND),
)


def measure(given: Given) -> Values:
    gold = given.gold
    return {
        vital_nugget_recall.__name__: vital_nugget_recall(given.document, gold.vital),
        nugget_recall.__name__: nugget_recall(given.document, [*gold.vital, *gold.okay]),
        key_point_recall.__name__: key_point_recall(given.document, gold.key_points),
    }
