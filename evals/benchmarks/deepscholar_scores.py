"""The scores of DeepScholar-Bench: those that take no judge, and those that its scripts have written."""

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from statistics import fmean
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from redraft.evals.benchmarks.base import Output, Scores, Task
from redraft.evals.benchmarks.reading import Lax, csv_rows
from redraft.evals.benchmarks.references import arxiv_id, cited, listed, references, split, with_marks
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.metrics.document import Reference
from redraft.tools.sentences import sentence_spans

SIMILAR = 0.8
"""Similarity above which the benchmark takes two titles for one, as difflib counts it."""
SHORTEST = 50
"""Characters of a sentence whose citations the benchmark looks at."""
_IGNORED = frozenset(["the", "a", "an", "and", "or", "but", "in", "on", "at", "to", "for", "of", "with", "by"])
"""Words that the benchmark leaves out of titles, as it does all of one or two letters."""


class Work(NamedTuple):
    """A work that a paper cites."""

    title: str
    arxiv_id: str | None
    """Without its version."""
    abstract: str


def measure(task: Task, output: Output) -> TaskScores:
    """The works that the article refers to, against those that the paper cites; and a bound of citation precision."""
    gold: Sequence[Work] = task.meta.get("important", task.meta.get("cited", ()))
    bound = citation_precision(output.article, lambda work, sentence: 1.0)
    return {**reference_scores(listed(output.article), gold), "citation_precision_bound": bound}


def reference_scores(entries: Sequence[Reference], gold: Sequence[Work]) -> TaskScores:
    """Coverage: the share of the gold works on arXiv that are referred to, by identifier or by similar titles.

    The benchmark takes the important works only; where it is not known which these are, all of them. Precision, which
    it does not have, is the share of the references that are gold works, on arXiv or not.
    """
    ours = [_Named(arxiv_id(reference.url), _words(reference.title)) for reference in entries]
    theirs = [_Named(work.arxiv_id, _words(work.title)) for work in gold]
    wanted = [work for work in theirs if work.arxiv_id]
    covered = sum(any(_same(work, reference) for reference in ours) for work in wanted)
    right = sum(any(_same(work, reference) for work in theirs) for reference in ours)
    return {
        "reference_coverage": covered / len(wanted) if wanted else 0.0,
        "reference_precision": right / len(ours) if ours else 0.0,
        "references": len(ours),
    }


class _Named(NamedTuple):
    arxiv_id: str | None
    words: str
    """Of its title."""


def _same(work: _Named, other: _Named) -> bool:
    if work.arxiv_id and work.arxiv_id == other.arxiv_id:
        return True
    matcher = SequenceMatcher(None, work.words, other.words)
    return bool(work.words and other.words) and matcher.quick_ratio() > SIMILAR and matcher.ratio() > SIMILAR


def _words(title: str) -> str:
    """A title as the benchmark compares it."""
    words = re.sub(r"[^\w\s]", "", title.lower()).split()
    return " ".join(word for word in words if word not in _IGNORED and len(word) > 2)


def citation_precision(article: str, supports: Callable[[Reference, str], float]) -> float:
    """The mean, over the sentences of `SHORTEST` characters or more, of how well the cited works support them.

    `supports` says that of a work and a sentence without its marks, 0 to 1; of several works the mean counts. A
    sentence that cites nothing on arXiv counts as 0, so that with support everywhere this is the most to be had.
    """
    works = {entry.number: entry for entry in references(article) if arxiv_id(entry.url)}
    text = split(article)[0]

    def precision(sentence: str) -> float:
        plain = with_marks(sentence, lambda number: "").strip()
        support = [supports(works[number], plain) for number in cited(sentence) if number in works]
        return fmean(support) if support else 0.0

    sentences = [text[span.start : span.end] for span in sentence_spans(text)]
    precisions = [precision(sentence) for sentence in sentences if len(sentence) >= SHORTEST]
    return fmean(precisions) if precisions else 0.0


Cell = Annotated[float | None, BeforeValidator(lambda cell: cell or None)]


class Evaluated(Lax):
    """A row of a metric's table of a system. Each table has one of the metrics."""

    folder_path: str
    organization: Cell = None
    nugget_coverage: Cell = None
    reference_coverage: Cell = None
    document_importance: Cell = None
    cite_p: Cell = None
    claim_coverage: Cell = None
    coverage_relevance_rate: Cell = None


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of `METRIC/deepscholar_base.csv`, which the scripts write for each metric: the means over the papers."""
    by_row = {str(task.meta["row"]): task.id for task in tasks}
    rows = {Path(row.folder_path).name: row for row in csv_rows(path, Evaluated)}
    return collected(
        tasks,
        {
            by_row[number]: row.model_dump(exclude={"folder_path"}, exclude_none=True)
            for number, row in rows.items()
            if number in by_row
        },
    )
