"""How fast a large library is filled, brought up to date and searched: `python -m redraft.evals.library_bench`.

The documents are made up, always the same ones: words of a vocabulary by Zipf's law, which gives lists of occurrences
as long as those of language, and in each document some words of its own.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from redraft.agent.library import add
from redraft.store import library
from redraft.store.database import Database

FILES = 10_000
PARAGRAPHS = 10
"""Each becomes a passage."""
PARAGRAPH_WORDS = 130
"""About 930 characters."""
VOCABULARY = 60_000
OWN_WORDS = 15
"""Words of a document's own, which make up a tenth of it: what it is about."""
ZIPF_SHIFT = 2.7
"""Mandelbrot's correction of Zipf's law: the commonest words are not quite as common as 1/rank says."""
COMMON_FROM = 60
"""Words commoner than this are function words, which no query is made of."""
QUERIES = 100
LIMIT = 30
"""Passages asked for, as a run does."""
NAME = "bench"


class Words:
    """A made-up vocabulary, commonest first, and how to draw from it."""

    def __init__(self) -> None:
        self._random = random.Random(7)  # noqa: S311 - always the same documents are wanted
        self.all = self._made_up()
        self._weights = list(accumulate(1 / (rank + ZIPF_SHIFT) for rank in range(VOCABULARY)))

    def drawn(self, number: int) -> list[str]:
        return self._random.choices(self.all, cum_weights=self._weights, k=number)

    def rare(self, number: int) -> list[str]:
        return self._random.sample(self.all[COMMON_FROM:], number)

    def common(self, number: int) -> list[str]:
        return self._random.sample(self.all[COMMON_FROM : 10 * COMMON_FROM], number)

    def _made_up(self) -> list[str]:
        syllables = [onset + vowel + end for onset in "bdfgklmnprstvz" for vowel in "aeiou" for end in ("", "n", "r")]
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:  # words get longer as they get rarer, as in language
            made["".join(self._random.choices(syllables, k=1 + len(str(len(made))) // 2))] = None
        return list(made)


class Timing(NamedTuple):
    what: str
    value: float
    unit: str


def write_documents(folder: Path, files: int, words: Words) -> None:
    for number in range(files):
        file = folder / f"{number // 100:03}" / f"{number:05}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_document(words))


def _document(words: Words) -> str:
    own = words.rare(OWN_WORDS)
    paragraphs = (" ".join(words.drawn(PARAGRAPH_WORDS - OWN_WORDS) + own) for _ in range(PARAGRAPHS))
    return f"# {' '.join(own[:3])}\n\n" + "\n\n".join(f"{text.capitalize()}." for text in paragraphs)


def queries(words: Words) -> list[list[str]]:
    """Of 2 to 12 words, half of them common."""
    sizes = [2 + number % 11 for number in range(QUERIES)]
    return [words.common(size // 2) + words.rare(size - size // 2) for size in sizes]


def measure(folder: Path, files: int) -> list[Timing]:
    """Everything, in the order in which it is done."""
    words = Words()
    documents = folder / "documents"
    write_documents(documents, files, words)
    one, two = (Database(folder / f"{workers}.db") for workers in (1, 2))
    one_worker = _seconds(lambda: _add(one, documents, 1))
    two_workers = _seconds(lambda: _add(two, documents, 2))
    again = _seconds(lambda: _add(two, documents, 2))
    listing = _seconds(lambda: library.holdings(two, NAME))
    searches = [1000 * _seconds(partial(library.search, two, NAME, query, limit=LIMIT)) for query in queries(words)]
    percentiles = quantiles(searches, n=100)
    return [
        Timing("passages", sum(holding.passages for holding in library.holdings(two, NAME)), ""),
        Timing("adding, 1 worker", one_worker, "s"),
        Timing("adding, 2 workers", two_workers, "s"),
        Timing("1 worker / 2 workers", one_worker / two_workers, ""),
        Timing("adding again, untouched", again, "s"),
        Timing("adding / adding again", two_workers / again, ""),
        Timing("listing", 1000 * listing, "ms"),
        Timing("search, median", percentiles[49], "ms"),
        Timing("search, 95th percentile", percentiles[94], "ms"),
    ]


def _add(database: Database, documents: Path, workers: int) -> None:
    add(database, NAME, [str(documents)], lambda *_: None, workers)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m redraft.evals.library_bench", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, help="documents of ten passages (default: %(default)s)")
    files = parser.parse_args(arguments).files
    table = Table("", "", "", title=f"A library of {files:,} files", show_header=False)
    with tempfile.TemporaryDirectory() as folder:
        for timing in measure(Path(folder), files):
            table.add_row(timing.what, f"{timing.value:,.1f}", timing.unit)
    Console().print(table)


if __name__ == "__main__":
    main()
