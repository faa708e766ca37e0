"""How well the works that a paper cites are found among those of all papers, by the paper's title or abstract.

    python -m redraft.evals.retrieval_bench FOLDER [WEIGHTS]

FOLDER is DeepScholar-Bench (Patel et al. 2025, arXiv 2508.20033): 63 papers in `papers_with_related_works.csv`, and the
1,630 works that they cite in `recovered_citations.csv`, which are the corpus. A work is relevant to the paper whose row
it is. Papers cite 8 to 53 works, so that the best possible recall@10 is 0.476. WEIGHTS is the folder of the sentence
model, where no package carries it; without either there is BM25 alone.
"""

import csv
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from statistics import fmean, quantiles
from typing import NamedTuple

from redraft.tools.dense import Encoder, load
from redraft.tools.errors import Misconfigured
from redraft.tools.ranking import Index
from redraft.tools.retrieve import fuse, search_words

DEPTH = 100
"""Works taken from each ranking before they are fused."""
SAMPLES = 2000
"""Of the bootstrap: five times as many move no border of BM25's intervals by 0.005."""

Retrieve = Callable[[str], list[int]]


class Work(NamedTuple):
    title: str
    text: str


class Paper(NamedTuple):
    title: str
    abstract: str
    cited: frozenset[int]
    """The places of its works in the corpus."""


class Interval(NamedTuple):
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


Measure = Callable[[Sequence[int], Set[int]], float]


def recall(ranking: Sequence[int], relevant: Set[int], at: int) -> float:
    """The share of what is relevant that the first `at` places hold. Of nothing, 0."""
    return len(relevant & set(ranking[:at])) / len(relevant) if relevant else 0.0


def ndcg(ranking: Sequence[int], relevant: Set[int], at: int) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) with a gain of 0 or 1."""
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(ranking[:at]) if item in relevant)
    best = sum(1 / math.log2(place + 2) for place in range(min(at, len(relevant))))
    return gain / best if best else 0.0


MEASURES: Mapping[str, Measure] = {
    "recall@10": partial(recall, at=10),
    "recall@50": partial(recall, at=50),
    "nDCG@10": partial(ndcg, at=10),
}


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean, with its 95 % interval by the bootstrap over queries."""
    return _interval(fmean(values), [fmean(values[i] for i in sample) for sample in _samples(len(values))])


def ratio_interval(values: Sequence[float], base: Sequence[float]) -> Interval:
    """The ratio of two means over the same queries. A base of 0 gives no number."""
    ratios = [_ratio([values[i] for i in sample], [base[i] for i in sample]) for sample in _samples(len(base))]
    return _interval(_ratio(values, base), ratios)


def _samples(size: int) -> list[list[int]]:
    rng = random.Random(0)  # noqa: S311 - equal results give equal intervals
    return [rng.choices(range(size), k=size) for _ in range(SAMPLES)]


def _ratio(values: Sequence[float], base: Sequence[float]) -> float:
    return sum(values) / sum(base) if sum(base) else math.nan


def _interval(value: float, samples: Sequence[float]) -> Interval:
    borders = quantiles(samples, n=40)
    return Interval(value, borders[0], borders[-1])


def read(folder: Path) -> tuple[list[Work], list[Paper]]:
    """The corpus and the papers that ask it."""
    rows = _rows(folder / "recovered_citations.csv")
    works = [Work(row["cited_paper_title"], _text(row)) for row in rows]
    cited: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        cited.setdefault(_unversioned(row["parent_paper_arxiv_id"]), []).append(place)
    return works, [
        Paper(row["title"], row["abstract"], frozenset(cited.get(_unversioned(row["arxiv_id"]), [])))
        for row in _rows(folder / "papers_with_related_works.csv")
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _text(row: Mapping[str, str]) -> str:
    return row["cited_paper_abstract"].strip() or row["search_res_content"].strip()


def _unversioned(arxiv_id: str) -> str:
    return arxiv_id.rpartition("v")[0] or arxiv_id


def retrievers(works: Sequence[Work], encoder: Encoder | None) -> dict[str, Retrieve]:
    """The ways to search the corpus, by name."""
    index = Index(works)

    def bm25(query: str) -> list[int]:
        return index.search(search_words(query), DEPTH)

    if encoder is None:
        return {"BM25": bm25}
    vectors, encode = encoder.encode([f"{work.title}\n{work.text}" for work in works]), encoder.encode

    def dense(query: str) -> list[int]:
        nearest: list[int] = (-(vectors @ encode([query])[0])).argsort(kind="stable")[:DEPTH].tolist()
        return nearest

    return {"BM25": bm25, "dense": dense, "fused": lambda query: fuse([bm25(query), dense(query)])}


Scores = dict[str, dict[str, list[float]]]
"""Measure → way → one value a paper."""


def evaluate(papers: Sequence[Paper], ways: Mapping[str, Retrieve]) -> Scores:
    """Every measure of every way, for the titles alone and for titles with abstracts."""
    queries = {
        "title": [paper.title for paper in papers],
        "title and abstract": [f"{paper.title}\n{paper.abstract}" for paper in papers],
    }
    scores: Scores = {}
    for kind, texts in queries.items():
        rankings = {name: [retrieve(text) for text in texts] for name, retrieve in ways.items()}
        for name, measure in MEASURES.items():
            scores[f"{kind}: {name}"] = {
                way: [measure(ranking, paper.cited) for ranking, paper in zip(found, papers, strict=True)]
                for way, found in rankings.items()
            }
    return scores


def table(scores: Scores) -> str:
    """Markdown: a row for each measure, with every way's mean and its ratio to the first way."""
    first, *others = next(iter(scores.values()))
    head = ["measure", first, *(column for name in others for column in (name, f"{name} / {first}"))]
    lines = [head, ["---"] * len(head)]
    for measure, ways in scores.items():
        cells = [str(mean_interval(ways[first]))]
        for name in others:
            cells += [str(mean_interval(ways[name])), str(ratio_interval(ways[name], ways[first]))]
        lines.append([measure, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str]) -> None:
    if len(arguments) not in (1, 2):
        sys.exit("usage: python -m redraft.evals.retrieval_bench FOLDER [WEIGHTS]")
    folder, *weights = map(Path, arguments)
    try:
        works, papers = read(folder)
    except OSError as error:
        sys.exit(f"no DeepScholar-Bench in {folder}: {error}")
    ways = retrievers(works, _encoder(*weights))
    sys.stdout.write(f"{len(works)} works, {len(papers)} papers\n\n{table(evaluate(papers, ways))}\n")


def _encoder(weights: Path | None = None) -> Encoder | None:
    try:
        return load(weights)
    except Misconfigured as error:
        sys.stderr.write(f"BM25 alone: {error}\n")
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
