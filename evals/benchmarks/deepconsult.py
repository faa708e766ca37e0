"""DeepConsult (You.com 2025): reports for businesses, each compared with a baseline's by a judge.

The judge sees no citations: the script takes links out. The published baseline is OpenAI's Deep Research.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Benchmark, Output, Scores, Task
from redraft.evals.benchmarks.reading import DataFile, Lax, Row, csv_rows, distinct, json_lines, needed, optional_rows
from redraft.evals.benchmarks.scoring import TaskScores, collected, means
from redraft.evals.benchmarks.writing import articles, csv_text, publish_file, run_file_name

QUERIES = DataFile("the tasks", ("queries.csv", "datasets/DeepConsult/queries.csv"))
BASELINE = DataFile("the baseline's reports", ("responses_*.csv", "datasets/DeepConsult/responses_*.csv"))
DIMENSIONS = ("instruction_following", "comprehensiveness", "completeness", "writing_quality")
Grade = Literal["win", "tie", "lose"]


class Query(Lax):
    query: str


class Pair(Lax):
    question: str
    baseline_answer: str


def load(folder: Path) -> list[Task]:
    path = needed(folder, QUERIES)
    prompts = [row.query for row in csv_rows(path, Query)]
    distinct(path, prompts)
    baseline = {row.question: row.baseline_answer for row in optional_rows(folder, BASELINE, Pair)}
    return [
        Task(str(number), prompt, "en", meta={"baseline": baseline[prompt]} if prompt in baseline else {})
        for number, prompt in enumerate(prompts)
    ]


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """Compares with the published baseline. Raises `UserError` where that is not among the data."""
    if any("baseline" not in task.meta for task in tasks):
        message = f"there is no {BASELINE.places[0]} with a report for each task: compare with another run instead"
        raise UserError(message)
    return _export([task.meta["baseline"] for task in tasks], tasks, outputs, folder, run_name)


def export_against(
    baseline: Sequence[Output], tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str
) -> tuple[Path, ...]:
    """Compares with another run, whose scores are on no published scale."""
    return _export([article for _, article in articles(tasks, baseline)], tasks, outputs, folder, run_name)


def _export(
    baseline: Sequence[str], tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str
) -> tuple[Path, ...]:
    """The script refuses a pair with an empty article, and leaves it out."""
    candidates = articles(tasks, outputs)
    rows = [(task.prompt, other, article) for (task, article), other in zip(candidates, baseline, strict=True)]
    text = csv_text(("question", "baseline_answer", "candidate_answer"), rows)
    return publish_file(folder / f"{run_file_name(run_name)}.csv", text)


class Dimension(Row):
    grade: Grade
    score: float


class Verdict(Row):
    instruction_following: Dimension
    comprehensiveness: Dimension
    completeness: Dimension
    writing_quality: Dimension


class Result(Row):
    """A line of `deep_research_results_*.jsonl`."""

    question: str
    score_result: Verdict | None = None
    """Nothing for a pair that could not be judged."""


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Per dimension, and as their mean: score (0 to 10, 5 is the baseline's), win, tie and lose (shares of the tasks),
    and `net_winrate`, the wins among wins and losses."""
    ids = {task.prompt: task.id for task in tasks}
    rows = [row for row in json_lines(path, Result) if row.question in ids]
    judged = {ids[row.question]: _task(row.score_result) for row in rows if row.score_result}
    return collected(tasks, judged, _totals)


def _task(verdict: Verdict) -> TaskScores:
    values: dict[str, float] = {}
    for dimension in DIMENSIONS:
        result: Dimension = getattr(verdict, dimension)
        values[f"{dimension}_score"] = result.score
        values |= {f"{dimension}_{grade}": float(result.grade == grade) for grade in ("win", "tie", "lose")}
    return values


def _totals(rows: Sequence[TaskScores]) -> dict[str, float]:
    values = means(rows)
    if not values:
        return {}
    for dimension in DIMENSIONS:
        won, lost = values[f"{dimension}_win"], values[f"{dimension}_lose"]
        values[f"{dimension}_net_winrate"] = won / (won + lost) if won + lost else 0.0
    kinds = ("score", "win", "tie", "lose", "net_winrate")
    overall = {kind: sum(values[f"{dimension}_{kind}"] for dimension in DIMENSIONS) / len(DIMENSIONS) for kind in kinds}
    return {**overall, **values}


BENCHMARK = Benchmark(
    name="deepconsult",
    title="DeepConsult",
    licence="MIT",
    source="github.com/youdotcom-oss/ydc-deep-research-evals",
    total=102,
    files=(QUERIES, BASELINE),
    meta={"baseline": "the baseline's report"},
    load=load,
    export=export,
    scores=scores,
)
