"""Metrics of a report that no model has to judge. Pure: the same article and store give the same numbers."""

from collections.abc import Mapping, Sequence
from datetime import date

from redraft.evals.metrics import (
    citations,
    cost,
    form,
    history,
    length,
    outline,
    readability,
    recall,
    references,
    repetition,
    sources,
    support,
)
from redraft.evals.metrics.document import parse
from redraft.evals.metrics.given import NOTHING, Cost, Encode, Given, Gold, Metric, Trace, Values
from redraft.tools.search.canonical import canonical

_FAMILIES = (
    citations,
    support,
    references,
    recall,
    sources,
    outline,
    length,
    repetition,
    form,
    readability,
    history,
    cost,
)

METRICS: Mapping[str, Metric] = {metric.name: metric for family in _FAMILIES for metric in family.METRICS}
"""By name, in the order in which `measure` gives them."""


def measure(
    article: str,
    *,
    passages: Mapping[str, Sequence[str]] | None = None,
    cited: Mapping[str, Sequence[str]] | None = None,
    published: Mapping[str, date] | None = None,
    today: date | None = None,
    gold: Gold | None = None,
    encode: Encode | None = None,
    trace: Trace | None = None,
    cost: Cost | None = None,
) -> Values:
    """Every metric of `METRICS`, None where what is given does not tell it.

    `article`: Markdown of any system. `passages`: the texts that a run has read, by address. `cited`: those of the
    pages that the article cites, as `redraft.evals.cited` reads them; where both are given, claims are held against
    these. `published`: the dates of sources, by address, whose age is counted from `today`. `encode`: turns texts into
    vectors of length 1. The article may be any text: nothing in it makes this raise.
    """
    given = Given(
        document=parse(article),
        passages=_by_page(passages) if passages is not None else None,
        cited=_by_page(cited) if cited is not None else None,
        published={canonical(url): day for url, day in published.items()} if published is not None else None,
        today=today,
        gold=gold or Gold(),
        encode=encode,
        trace=trace,
        cost=cost or NOTHING,
    )
    found: Values = {}
    for family in _FAMILIES:
        found |= family.measure(given)
    return {name: found[name] for name in METRICS}


def _by_page(passages: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The texts by page: several addresses may be one."""
    pages: dict[str, list[str]] = {}
    for url, texts in passages.items():
        pages.setdefault(canonical(url), []).extend(texts)
    return pages
