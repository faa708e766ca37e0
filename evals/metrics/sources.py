"""How many sources a report rests on, how different they are, and how old."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from statistics import median

import httpx
from courlan import extract_domain

from redraft.evals.metrics.document import Document
from redraft.evals.metrics.given import OURS, Given, Metric, Values, values
from redraft.tools.search.canonical import canonical

DAYS = 365.25


def distinct_sources(document: Document) -> float | None:
    """The pages in the list of references and behind links in the text, each once by their canonical address."""
    return float(len(_pages(document)))


def domains(document: Document) -> float | None:
    """The registrable domains of these pages (Public Suffix List): `bbc.co.uk` is one."""
    return float(len(_domains(document)))


def source_diversity(document: Document) -> float | None:
    """Simpson's index of diversity over domains, 1 - sum p²: the chance that two pages drawn with replacement are of
    different domains. None without pages."""
    counts = _domains(document)
    return 1 - sum((count / counts.total()) ** 2 for count in counts.values()) if counts else None


def top_domain_share(document: Document) -> float | None:
    """Of the pages, those of the domain that most are of."""
    counts = _domains(document)
    return max(counts.values()) / counts.total() if counts else None


def source_age(document: Document, published: Mapping[str, date], today: date) -> float | None:
    """The median age, in years, of the pages whose date is known; 0 of one that is dated ahead."""
    ages = [(today - published[page]).days / DAYS for page in _pages(document) if page in published]
    return max(0.0, median(ages)) if ages else None


def _pages(document: Document) -> list[str]:
    return list(dict.fromkeys(canonical(reference.url) for reference in document.references if reference.url))


def _domains(document: Document) -> Counter[str]:
    return Counter(extract_domain(page) or _host(page) for page in _pages(document))


def _host(page: str) -> str:
    """Of an address without a registrable domain, as `localhost` or a number."""
    try:
        return httpx.URL(page).host
    except httpx.InvalidURL:
        return page


_COUNTED = (
    Metric(distinct_sources, "pages", "neither", OURS, "whether they were read, or are any good"),
    Metric(domains, "domains", "neither", OURS, "two sites of one publisher; the files of a library, which are one"),
    Metric(
        source_diversity,
        "share",
        "higher",
        "Simpson 1949 (Nature 163:688), over domains",
        "whether different sites say different things",
    ),
    Metric(top_domain_share, "share", "lower", OURS, "that a question may have one right source"),
)
_AGE = Metric(source_age, "years", "neither", OURS, "whether the question needs recent sources")
METRICS = (*_COUNTED, _AGE)


def measure(given: Given) -> Values:
    age = source_age(given.document, given.published or {}, given.today) if given.today else None
    return values(_COUNTED, given.document) | {_AGE.name: age}
