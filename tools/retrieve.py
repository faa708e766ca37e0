"""From several rankings of passages to the few that a section is written from. Pure functions."""

import re
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from redraft.tools.language import CJK, FUNCTION_WORDS

Item = TypeVar("Item", bound=Hashable)

FUSION_DEPTH = 60
"""The constant of reciprocal rank fusion, as its authors found it (Cormack, Clarke and Büttcher, SIGIR 2009)."""

# A query of nothing but function words finds nothing. BM25 would weigh them low anyway, but every one of them makes a
# large library slower to search.
_FUNCTION_WORDS = frozenset().union(*FUNCTION_WORDS.values())


def search_words(text: str) -> list[str]:
    """The words of a query or a question that are worth searching for: in order, each once, lower case."""
    words = re.findall(r"\w+", text.lower())
    return list(
        dict.fromkeys(word for word in words if word not in _FUNCTION_WORDS and (len(word) > 1 or not word.isascii()))
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


_CJK_RUN = re.compile(rf"[{CJK}]+")
STEM = 6
"""Letters of a word that count when texts are compared: "validates" is "validation". Of 867 facts that a model drew
from a text (the nuggets of DeepScholar-Bench), 95 % find 0.57 of their terms in one passage of it; of whole words
0.50."""


def terms(text: str) -> set[str]:
    """What a text is about, for comparing it with another: its search words, cut to their stems, and CJK text as pairs
    of characters."""
    lowered = text.lower()
    pairs = {run[i : i + 2] for run in _CJK_RUN.findall(lowered) for i in range(max(1, len(run) - 1))}
    return pairs.union(word[:STEM] for word in search_words(_CJK_RUN.sub(" ", lowered)))
