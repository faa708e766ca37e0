"""What the word indexes have in common: BM25 (Robertson and Zaragoza 2009), and which words choose what is ranked."""

from collections.abc import Iterable
from typing import NamedTuple

HEADING_WEIGHT = 2.0
"""A heading that names the matter says more than a word in passing; twice is the usual weight for a title field."""


class Ranked(NamedTuple):
    passage_id: int
    score: float
    """Lower is better, as FTS5 has it."""


def divided(counted: Iterable[tuple[int, str]], passages: int, postings: int) -> tuple[list[str], list[str]]:
    """The words that choose what is ranked, and the others that weigh in it.

    `counted`: each word with the number of passages that hold it, of `passages` in all. The rarest choose, the first in
    any case and others as long as they stand in no more than `postings` together.
    """
    choosing: list[str] = []
    others: list[str] = []
    total = 0
    for number, word in sorted(pair for pair in counted if pair[0]):
        total += number
        if not choosing or total <= postings:
            choosing.append(word)
        elif 2 * number < passages:  # BM25 gives no weight to what stands in every second passage
            others.append(word)
    return choosing, others
