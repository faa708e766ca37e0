"""The works that a report cites against those that it should."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from redraft.evals.metrics.citations import cited_references
from redraft.evals.metrics.document import Document, Reference
from redraft.evals.metrics.given import Given, Metric, Values, Work, share, unknown, values
from redraft.tools.search.canonical import canonical

SIMILAR = 0.8
"""Of two titles (Ratcliff and Obershelp's similarity) from which on they are one work: DeepScholar-Bench's bound."""
SHORTEST = 12
"""Letters of a title that tells a work: "Introduction" does not. Starting point."""
LONGEST = 300
"""Letters of a title that are compared, as similarity takes the square of them."""


def reference_precision(document: Document, gold: Sequence[Work]) -> float | None:
    """Of the works that a report cites, those that are among the gold references: by the arXiv id or the DOI of the
    address, by the address, or by a title that is similar to 0.8."""
    cited = cited_works(document)
    return share(sum(any(is_same(work, other) for other in gold) for work in cited), len(cited))


def reference_recall(document: Document, gold: Sequence[Work]) -> float | None:
    """Of the gold references, those that a report cites, likewise."""
    cited = cited_works(document)
    return share(sum(any(is_same(work, other) for work in cited) for other in gold), len(gold))


def reference_f1(document: Document, gold: Sequence[Work]) -> float | None:
    """The harmonic mean of reference precision and recall."""
    precision, found = reference_precision(document, gold), reference_recall(document, gold)
    if found is None:
        return None
    return 2 * precision * found / (precision + found) if precision and found else 0.0


def cited_works(document: Document) -> list[Reference]:
    """What the text cites, or, of a report that cites nothing, all of its list: each page once."""
    found = [work for work in cited_references(document).values() if work] or document.references
    return list({canonical(work.url) if work.url else _letters(work.title): work for work in found}.values())


def is_same(work: Reference, other: Work) -> bool:
    """Whether an entry of a report is a gold reference."""
    if work.url and any(leads_to(work.url, address) for address in _addresses(other)):
        return True
    # Behind a title a list may name site and date, as ours does.
    titles = {work.title, work.title.rstrip(".").rpartition(". ")[0]} - {""}
    return any(_alike(_letters(title), _letters(other.title)) for title in titles)


def leads_to(url: str, page: str) -> bool:
    """Whether an address is that of a page, which is given by its address or, as `/docs/a.html`, by the end of its path
    on whatever host. Addresses are compared by `redraft.tools.search.canonical`, and fragments not at all."""
    key = canonical(url).partition("#")[0]
    if not page.startswith("/"):
        return key == canonical(page).partition("#")[0]
    path = _path(canonical(f"https://host{page}"))
    return len(path) > 1 and _path(key).endswith(path)


def _path(key: str) -> str:
    return "/" + key.partition("://")[2].partition("/")[2]


def _addresses(work: Work) -> list[str]:
    return [
        *([work.url] if work.url else []),
        *([f"https://doi.org/{work.doi}"] if work.doi else []),
        *([f"https://arxiv.org/abs/{work.arxiv}"] if work.arxiv else []),
    ]


def _alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < SHORTEST:
        return bool(one) and one == other
    matcher = SequenceMatcher(None, other, one, autojunk=False)
    return matcher.real_quick_ratio() >= SIMILAR and matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR


def _letters(title: str) -> str:
    plain = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"\w+", plain))[:LONGEST]


_BLIND = "a work that fits as well and is not in the list; how it is used"
METRICS = (
    Metric(
        reference_precision, "share", "higher", "ReportBench (arXiv 2508.15804), DeepScholar-Bench (2508.20033)", _BLIND
    ),
    Metric(
        reference_recall, "share", "higher", "ReportBench (arXiv 2508.15804), DeepScholar-Bench (2508.20033)", _BLIND
    ),
    Metric(reference_f1, "share", "higher", "of the two above", _BLIND),
)


def measure(given: Given) -> Values:
    gold = given.gold.references
    return values(METRICS, given.document, gold) if gold else unknown(METRICS)
