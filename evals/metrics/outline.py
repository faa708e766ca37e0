"""The headings of a report."""

from collections.abc import Sequence

from redraft.agent.prose import word_count
from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import OURS, Encode, Given, Metric, Values, share, values


def headings(document: Document) -> float | None:
    """Headings, that of the list of references apart."""
    return float(len(_headings(document)))


def outline_depth(document: Document) -> float | None:
    """How many levels of headings there are."""
    return float(len({section.level for section in document.sections if section.level}))


def section_gini(document: Document) -> float | None:
    """Gini's coefficient of the sections' lengths in words: 0 where all are alike, near 1 where one has it all.
    Sections without text of their own are left out."""
    lengths = [length for section in document.sections if (length := word_count(section.text))]
    return gini(lengths)


def duplicate_headings(document: Document) -> float | None:
    """Of the headings, those that stand before, but for case and spacing."""
    names = [" ".join(heading.casefold().split()) for heading in _headings(document)]
    return share(len(names) - len(set(names)), len(names))


def empty_sections(document: Document) -> float | None:
    """Of the headings, those with neither text nor a deeper heading behind them."""
    sections = [section for section in document.sections if section.level]
    following = [section.level for section in sections[1:]] + [0]
    empty = sum(not s.text.strip() and after <= s.level for s, after in zip(sections, following, strict=False))
    return share(empty, len(sections))


def heading_soft_recall(found: Sequence[str], gold: Sequence[str], encode: Encode) -> float | None:
    """How much of the gold headings the report's cover by meaning: c(G) + c(P) - c(G u P) over c(G), with the soft
    count c(S) = sum over i of 1 / sum over j of cos(i, j), negative cosines as 0."""
    golden, mine = list(dict.fromkeys(gold)), list(dict.fromkeys(found))
    if not golden:
        return None
    if not mine:
        return 0.0
    both = list(dict.fromkeys([*golden, *mine]))
    whole = soft_count(golden, encode)
    return min(1.0, max(0.0, (whole + soft_count(mine, encode) - soft_count(both, encode)) / whole))


def soft_count(texts: Sequence[str], encode: Encode) -> float:
    """How many different things some texts name: as many as there are, and fewer the more they are alike."""
    vectors = encode(texts)
    likeness = (vectors @ vectors.T).clip(min=0)
    return float((1 / likeness.sum(axis=1)).sum())


def gini(numbers: Sequence[float]) -> float | None:
    """Of numbers that are not negative: (2 sum i x_i / (n sum x)) - (n + 1) / n, x sorted. None of nothing."""
    total, count = sum(numbers), len(numbers)
    if not total:
        return None
    ranked = sum(rank * number for rank, number in enumerate(sorted(numbers), start=1))
    return max(0.0, 2 * ranked / (count * total) - (count + 1) / count)


def _headings(document: Document) -> list[str]:
    return [section.heading for section in document.sections if section.level]


_FORM = (
    Metric(headings, "headings", "neither", OURS, "headings that are only set in bold"),
    Metric(outline_depth, "levels", "neither", OURS, "whether the levels mean anything"),
    Metric(section_gini, "share", "neither", "Gini 1912", "that some sections should be longer"),
    Metric(duplicate_headings, "share", "lower", OURS, "two headings that say the same in other words"),
    Metric(empty_sections, "share", "lower", OURS, "a section that says nothing in many words"),
)
_SOFT = Metric(
    heading_soft_recall,
    "share",
    "higher",
    "STORM (arXiv 2402.14207)",
    "whether the order is any good; more headings cover more",
)
METRICS = (*_FORM, _SOFT)


def measure(given: Given) -> Values:
    gold, encode = given.gold.headings, given.encode
    soft = heading_soft_recall(_headings(given.document), gold, encode) if gold and encode else None
    return values(_FORM, given.document) | {_SOFT.name: soft}
