"""Questions of one's own, each with the pages that a good report cites and the points that it makes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from redraft.evals.benchmarks.base import Benchmark, Output, Scores, Task
from redraft.evals.benchmarks.reading import DataFile, Row, distinct, json_lines, needed
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.benchmarks.writing import articles, json_line, publish_folder, run_file_name
from redraft.evals.metrics.document import parse
from redraft.evals.metrics.references import cited_works, leads_to
from redraft.tools.language import language_of_question

QUESTIONS = DataFile("the questions", ("questions.jsonl",))
REPORTS = "reports.jsonl"
"""All reports of an export in one file, beside a file for each."""
Page = Annotated[str, StringConstraints(pattern=r"^(?:[a-z]+://.|/.)")]
"""An address or, as `/docs/a.html`, the end of its path on whatever host."""


class KeyPoint(Row):
    point: str
    page: Page
    """Which says it."""


class Question(Row):
    id: str
    question: str
    gold_pages: tuple[Page, ...] = ()
    key_points: tuple[KeyPoint, ...] = ()
    language: str | None = None


def load(folder: Path) -> list[Task]:
    """A question that says no language is in the one that its words tell, or else in English."""
    path = needed(folder, QUESTIONS)
    questions = json_lines(path, Question)
    distinct(path, [question.id for question in questions])
    return [
        Task(
            id=question.id,
            prompt=question.question,
            language=question.language or language_of_question(question.question) or "en",
            meta=_meta(question),
        )
        for question in questions
    ]


def _meta(question: Question) -> dict[str, Sequence[str]]:
    known: dict[str, Sequence[str]] = {
        "gold_pages": question.gold_pages,
        "key_points": [point.point for point in question.key_points],
        "key_point_pages": [point.page for point in question.key_points],
    }
    return {key: value for key, value in known.items() if value}


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """A folder with each report as `ID.md`, and all of them as JSON lines with `id`, `prompt` and `article`."""
    files = {f"{task.id}.md": article for task, article in articles(tasks, outputs)}
    rows = [{"id": task.id, "prompt": task.prompt, "article": files[f"{task.id}.md"]} for task in tasks]
    return publish_folder(folder / run_file_name(run_name), {**files, REPORTS: "".join(map(json_line, rows))})


def measure(task: Task, output: Output) -> TaskScores:
    """`key_points_cited`: the share of the key points whose page the report cites."""
    if "key_point_pages" not in task.meta:
        return {}
    cited = [work.url for work in cited_works(parse(output.article)) if work.url]
    pages: Sequence[str] = task.meta["key_point_pages"]
    return {"key_points_cited": sum(any(leads_to(url, page) for url in cited) for page in pages) / len(pages)}


class Scored(Row):
    """A line of scores: the question's id, and each measure by its name."""

    id: str
    scores: dict[str, float]


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of JSON lines, `{"id": …, "scores": {MEASURE: …}}`."""
    return collected(tasks, {row.id: row.scores for row in json_lines(path, Scored)})


BENCHMARK = Benchmark(
    name="questions",
    title="Questions of your own",
    licence="yours",
    source="a folder with a file questions.jsonl",
    total=None,
    files=(QUESTIONS,),
    meta={
        "gold_pages": "the pages that a good report cites",
        "key_points": "the points that it makes",
        "key_point_pages": "the pages that say these",
    },
    load=load,
    export=export,
    scores=scores,
    measure=measure,
)
