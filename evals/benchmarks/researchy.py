"""Researchy Questions (Rosset et al. 2024, arXiv 2402.17896) as DeepResearchGym (Coelho et al. 2025, arXiv 2505.19253)
asks them: quality, recall of key points, and citations, each by a judge."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import RootModel

from redraft.evals.benchmarks.base import Benchmark, Output, Scores, Task
from redraft.evals.benchmarks.reading import DataFile, Row, distinct, json_lines, json_object, located, needed
from redraft.evals.benchmarks.references import link, references, split, with_marks
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.benchmarks.writing import articles, publish_folder, run_file_name

_SAMPLE = "researchy_queries_sample_doc_click.jsonl"
QUERIES = DataFile("the tasks", (_SAMPLE, f"queries/{_SAMPLE}"))
POINTS = DataFile("the key points", ("key_point/*_aggregated.json",))


class Query(Row):
    id: str
    query: str


class Point(Row):
    point_content: str


class Points(Row):
    key_points: list[Point]


def load(folder: Path) -> list[Task]:
    path = needed(folder, QUERIES)
    queries = json_lines(path, Query)
    distinct(path, [query.id for query in queries])
    points = {path.name.removesuffix("_aggregated.json"): _points(path) for path in located(folder, POINTS)}
    return [
        Task(query.id, query.query, "en", meta={"key_points": points[query.id]} if query.id in points else {})
        for query in queries
    ]


def _points(path: Path) -> list[str]:
    return [point.point_content for point in json_object(path, Points).key_points]


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """A folder with the question and the report of each task, where every citation is a link to its source."""
    files: dict[str, str] = {}
    for task, article in articles(tasks, outputs):
        files |= {f"{task.id}.q": task.prompt, f"{task.id}.a": linked(article)}
    return publish_folder(folder / "reports" / run_file_name(run_name), files)


def linked(article: str) -> str:
    """The article with full addresses in its text: the scripts take claims and sources from there."""
    urls = {reference.number: reference.url for reference in references(article)}
    text, entries = split(article)
    shown = with_marks(text, lambda number: link(number, urls[number]) if number in urls else f"[{number}]")
    return f"{shown}\n\n{entries}" if entries else shown


class Quality(Row):
    scores: dict[str, tuple[float, str | None]]
    """Criterion → rating, 0 to 10, and why."""

    def values_of(self) -> TaskScores:
        ratings = {name.lower().replace(" ", "_"): rating for name, (rating, _) in self.scores.items()}
        return {"quality": 10 * sum(ratings.values()) / len(ratings), **ratings} if ratings else {}


class Recall(Row):
    labels: dict[str, tuple[str, str]]
    """Key point → what the report does with it, and why."""

    def values_of(self) -> TaskScores:
        labels = [label for label, _ in self.labels.values()]
        shares = {
            label: labels.count(label) / len(labels) if labels else 0.0 for label in ("Supported", "Contradicted")
        }
        return {
            "key_point_recall": 100 * shares["Supported"],
            "key_point_contradiction": 100 * shares["Contradicted"],
        }


class Cited(Row):
    score: float

    def values_of(self) -> TaskScores:
        return {"citations": 100 * self.score}


class Results(RootModel[dict[str, Quality | Recall | Cited]]):
    """Question → what one of the scripts found."""


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of `evaluation_results_detailed_*.json`, `…_kpr_*.json` or `…_citation*_*.json`.

    All are of 100, but the single criteria of quality, which are of 10. The aggregate is the mean over the questions;
    one without key points has recalled none, and counts.
    """
    results = json_object(path, Results).root
    return collected(tasks, {number: result.values_of() for number, result in results.items()})


BENCHMARK = Benchmark(
    name="researchy",
    title="Researchy Questions, as in DeepResearchGym",
    licence="CDLA-Permissive-2.0 (questions; the key points have none)",
    source="github.com/cxcscmu/deepresearch_benchmarking, arXiv 2402.17896 and 2505.19253",
    total=1000,
    files=(QUERIES, POINTS),
    meta={"key_points": "the key points, as sentences"},
    load=load,
    export=export,
    scores=scores,
)
