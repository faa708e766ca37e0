"""From several rankings of passages to the few that a section is written from. Pure functions."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from redraft.tools.language import STOP_WORDS, paired

Item = TypeVar("Item", bound=Hashable)

FUSION_DEPTH = 60
"""The constant of reciprocal rank fusion, as its authors found it (Cormack, Clarke and Büttcher, SIGIR 2009)."""


def search_words(text: str) -> list[str]:
    """The words of a query or a question that are worth searching for: in order, each once, lower case.

    Of Chinese, Japanese and Korean, which an index cannot divide into words, the pairs of characters.
    """
    words = re.findall(r"\w+", paired(text.lower()))
    # A query of nothing but function words finds nothing. BM25 would weigh them low anyway, but every one of them makes
    # a large library slower to search.
    return list(
        dict.fromkeys(word for word in words if word not in STOP_WORDS and (len(word) > 1 or not word.isascii()))
    )


def fuse(rankings: Sequence[Sequence[Item]]) -> list[Item]:
    """One ranking of several by reciprocal rank fusion. Of equals, the one met first comes first."""
    score: dict[Item, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            score[item] = score.get(item, 0) + 1 / (FUSION_DEPTH + rank)
    return sorted(score, key=lambda item: -score[item])


def spread(ranking: Sequence[Item], group: Mapping[Item, Hashable], *, limit: int, per_group: int) -> list[Item]:
    """The first `limit` items with at most `per_group` of each group, filled up from the rest if that leaves room."""
    taken: list[Item] = []
    count: Counter[Hashable] = Counter()
    for item in ranking:
        if count[group[item]] < per_group:
            taken.append(item)
            count[group[item]] += 1
    return _filled(taken[:limit], ranking, limit)


def _filled(taken: list[Item], ranking: Sequence[Item], limit: int) -> list[Item]:
    chosen: Collection[Item] = set(taken)
    rest = [item for item in ranking if item not in chosen]
    return taken + rest[: limit - len(taken)]


NEAR_DUPLICATE = 0.6
"""The share of their terms that two passages have in common (Jaccard) from which on they are taken for one text. Of
2,427 passages of the documentation of Python, PostgreSQL and Debian, 91 % find their twin so in a copy of their page
with a banner and advertisements in it, which shift where passages are cut. Of 10,688 pairs of different passages that
one query finds, it takes 0.2 % for twins: mostly descriptions of sibling functions in the same words."""


def distinct(ranking: Sequence[Item], text: Mapping[Item, str]) -> list[Item]:
    """The ranking without what nearly repeats an item before it, as the same text does on several sites."""
    kept: dict[Item, set[str]] = {}
    for item in ranking:
        own = terms(text[item])
        if not any(_likeness(own, other) >= NEAR_DUPLICATE for other in kept.values()):
            kept[item] = own
    return list(kept)


def _likeness(one: set[str], other: set[str]) -> float:
    """Jaccard's: 1 for equal sets, 0 for sets without a common term and for two empty ones."""
    return len(one & other) / (len(one | other) or 1)


def fill(ranking: Sequence[Item], cost: Callable[[Item], int], budget: int) -> list[Item]:
    """The items in order for as long as they fit into the budget together. What does not fit is passed over, since a
    smaller one may; the first is taken whatever it costs."""
    taken = list(ranking[:1])
    left = budget - sum(map(cost, taken))
    for item in ranking[1:]:
        if (price := cost(item)) <= left:
            taken.append(item)
            left -= price
    return taken


REAL_OVERLAP = 0.5
"""Of the terms of a snippet. 93 % of 400 snippets of a search engine find so many in one passage of the PostgreSQL page
that they stand for, and 4 % in one of the page that follows it in the manual; of 0.4 it is 97 % and 10 %."""


def near(snippet: str, passages: Sequence[str]) -> list[int]:
    """The places of the passages that a search engine's snippet may come from, the likeliest first.

    Compared are terms, by F1, as WebThinker finds the part of a page to read (Li et al. 2025, arXiv 2504.21776).
    Passages without a real overlap are left out; of equals the earlier comes first.
    """
    wanted = terms(snippet)
    likely: dict[int, float] = {}
    for at, passage in enumerate(passages):
        held = terms(passage)
        shared = len(wanted & held)
        if shared and shared >= REAL_OVERLAP * len(wanted):
            likely[at] = 2 * shared / (len(wanted) + len(held))
    return sorted(likely, key=lambda at: -likely[at])


STEM = 6
"""Letters of a word that count when texts are compared: "validates" is "validation". Of 867 facts that a model drew
from a text (the nuggets of DeepScholar-Bench), 95 % find 0.57 of their terms in one passage of it; of whole words
0.50."""


def terms(text: str) -> set[str]:
    """What a text is about, for comparing it with another: its search words, cut to their stems."""
    return {word[:STEM] for word in search_words(text)}
