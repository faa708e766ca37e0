"""How well words and vectors tell the abstract that a sentence cites from others, and the bounds of `metrics.support`.

    python -m redraft.evals.support_bench FOLDER [WEIGHTS]

FOLDER is DeepScholar-Bench (Patel et al. 2025, arXiv 2508.20033): each sentence of a related-work section that cites a
work with an abstract is a positive pair with it, and a negative one with an abstract that the paper cites elsewhere and
not in this sentence. The bounds are fitted on the papers in the odd rows, to tell most (Youden's J: recall of the
positives less the share of the negatives taken for one), and everything is reported of those in the even rows. WEIGHTS
is the folder of the sentence model, where no package carries it.
"""

import csv
import random
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from redraft.agent.citations import cited, mark, without_marks
from redraft.agent.facts import unfounded
from redraft.evals.metrics.given import Encode
from redraft.evals.metrics.support import rarity, recall, windows
from redraft.tools.dense import load
from redraft.tools.errors import Misconfigured
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans

LEAST = 5
"""Terms of a sentence: of fewer, as "See also [3].", no abstract can be told."""

Score = Callable[["Pair"], float]


class Pair(NamedTuple):
    sentence: str
    abstract: str
    weight: Callable[[str], float]
    """How much a term tells among the abstracts of the paper."""
    is_cited: bool


class Fit(NamedTuple):
    """A way to tell the pairs apart."""

    name: str
    bound: float
    auc: float
    precision: float
    recall: float


def read(folder: Path) -> list[list[Pair]]:
    """The pairs of each paper, in the order of the rows: as many negatives as positives, always the same."""
    abstracts: dict[str, dict[str, str]] = {}
    for row in _rows(folder / "recovered_citations.csv"):
        if row["cited_paper_abstract"].strip():
            of_paper = abstracts.setdefault(row["parent_paper_arxiv_id"], {})
            of_paper[row["citation_shorthand"]] = row["cited_paper_abstract"]
    papers = _rows(folder / "papers_with_related_works.csv")
    return [list(_pairs(row["clean_latex_related_works"], abstracts.get(row["arxiv_id"], {}))) for row in papers]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _pairs(latex: str, abstracts: Mapping[str, str]) -> Iterator[Pair]:
    drawn = random.Random(0)  # noqa: S311 - equal papers give equal pairs
    weight = rarity(abstracts.values())
    keys = list(abstracts)
    for sentence in _sentences(latex, keys):
        named = [keys[number] for number in cited(sentence)]
        others = [key for key in keys if key not in named]
        for key in named if others and len(terms(without_marks(sentence))) >= LEAST else ():
            yield Pair(without_marks(sentence), abstracts[key], weight, is_cited=True)
            yield Pair(without_marks(sentence), abstracts[drawn.choice(others)], weight, is_cited=False)


_CITE = re.compile(r"~?\\[cC]ite\w{0,10}\*?(?:\[[^\[\]]{0,80}\]){0,2}\{([^{}]{0,1000})\}")
_HEAD = re.compile(r"\\(?:sub)*(?:section|paragraph)\*?\{([^{}]{0,200})\}")
_COMMAND = re.compile(r"\\[a-zA-Z]{1,20}\*?\{([^{}]{0,300})\}|\\[a-zA-Z]{1,20}\b|[{}$~\\]")


def _sentences(latex: str, keys: Sequence[str]) -> list[str]:
    """The sentences of a section; they cite the place of a key as `[e3]`."""
    places = {key: place for place, key in enumerate(keys)}

    def marked(match: re.Match[str]) -> str:
        found = [places[key] for part in match[1].split(",") if (key := part.strip()) in places]
        return f" {mark(found)}" if found else ""

    text = _CITE.sub(marked, _HEAD.sub(r"\n\n# \1\n\n", latex))
    plain = _COMMAND.sub(lambda match: match[1] or " ", text)
    return [plain[span.start : span.end] for span in sentence_spans(plain)]


def words(pair: Pair) -> float:
    """Of the sentence's terms, those in the abstract."""
    said = terms(pair.sentence)
    return len(said & terms(pair.abstract)) / len(said)


def lexical(pair: Pair) -> float:
    """As `lexical_support` has it."""
    said = terms(pair.sentence)
    return max((recall(said, terms(window), pair.weight) for window in windows(pair.abstract)), default=0.0)


def cosine(pairs: Sequence[Pair], encode: Encode) -> Score:
    """As `embedding_support` has it; every text is encoded once."""
    cut = {pair.abstract: windows(pair.abstract) for pair in pairs}
    texts = list(dict.fromkeys([*(pair.sentence for pair in pairs), *(w for found in cut.values() for w in found)]))
    rows, vectors = {text: row for row, text in enumerate(texts)}, encode(texts)

    def nearest(pair: Pair) -> float:
        found = vectors[[rows[window] for window in cut[pair.abstract]]] @ vectors[rows[pair.sentence]]
        return float(found.max(initial=-1.0))

    return nearest


def auc(pairs: Sequence[Pair], score: Score) -> float:
    """The chance that a positive pair scores above a negative one; a tie counts half."""
    positives = [score(pair) for pair in pairs if pair.is_cited]
    negatives = sorted(score(pair) for pair in pairs if not pair.is_cited)
    above = sum(bisect_left(negatives, value) + bisect_right(negatives, value) for value in positives)
    return above / (2 * len(positives) * len(negatives))


def best_bound(pairs: Sequence[Pair], score: Score) -> float:
    """The bound, in hundredths, from which on pairs are taken for positive to tell most. Of equals the lowest."""
    scored = [(score(pair), pair.is_cited) for pair in pairs]
    return max((step / 100 for step in range(101)), key=lambda bound: sum(_gain(*one, bound) for one in scored))


def _gain(value: float, is_cited: bool, bound: float) -> int:
    return (1 if is_cited else -1) if value >= bound else 0


def fitted(name: str, score: Score, known: Sequence[Pair], new: Sequence[Pair]) -> Fit:
    """The bound of the known pairs, and how it does on the new ones."""
    once = cache(score)
    return held_to(name, once, best_bound(known, once), new)


def held_to(name: str, score: Score, bound: float, pairs: Sequence[Pair]) -> Fit:
    taken = [pair.is_cited for pair in pairs if score(pair) >= bound]
    positives = sum(pair.is_cited for pair in pairs)
    precision = sum(taken) / len(taken) if taken else 0.0
    return Fit(name, bound, auc(pairs, score), precision, sum(taken) / positives)


def evaluate(papers: Sequence[Sequence[Pair]], encode: Encode | None) -> list[Fit]:
    """Every way, fitted on every other paper and reported of the rest."""
    known = [pair for paper in papers[::2] for pair in paper]
    new = [pair for paper in papers[1::2] for pair in paper]
    found = [fitted("share of terms in the abstract", words, known, new)]
    near_by_words = fitted("lexical support", lexical, known, new)
    found += [near_by_words, _exact(near_by_words.bound, new)]
    if encode is None:
        return found
    return [*found, fitted("embedding support", cosine([*known, *new], encode), known, new)]


def _exact(bound: float, pairs: Sequence[Pair]) -> Fit:
    """Lexical support where in addition no number, date or quotation is missing."""

    def score(pair: Pair) -> float:
        return -1.0 if unfounded(pair.sentence, [pair.abstract]) else lexical(pair)

    return held_to("lexical support, nothing exact missing", cache(score), bound, pairs)


def table(fits: Sequence[Fit]) -> str:
    """Markdown."""
    lines = [["way", "bound", "AUC", "precision", "recall"], ["---"] * 5]
    lines += [[fit.name, *(f"{value:.3f}" for value in fit[1:])] for fit in fits]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str]) -> None:
    if len(arguments) not in (1, 2):
        sys.exit("usage: python -m redraft.evals.support_bench FOLDER [WEIGHTS]")
    folder, *weights = map(Path, arguments)
    try:
        papers = read(folder)
    except OSError as error:
        sys.exit(f"no DeepScholar-Bench in {folder}: {error}")
    pairs = f"{sum(map(len, papers[::2]))} pairs to fit, {sum(map(len, papers[1::2]))} to report"
    sys.stdout.write(f"{pairs}\n\n{table(evaluate(papers, _encode(*weights)))}\n")


def _encode(weights: Path | None = None) -> Encode | None:
    try:
        return load(weights).encode
    except Misconfigured as error:
        sys.stderr.write(f"words alone: {error}\n")
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
