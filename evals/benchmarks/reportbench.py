"""ReportBench (Li et al. 2025, arXiv 2508.15804): surveys to write, held to the references of surveys by experts."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from redraft.evals.benchmarks.base import Benchmark, Output, Scores, Task
from redraft.evals.benchmarks.reading import (
    DataFile,
    Lax,
    Row,
    csv_rows,
    distinct,
    json_lines,
    located,
    needed,
    text_of,
)
from redraft.evals.benchmarks.references import listed, normalised
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.benchmarks.writing import articles, json_line, publish_folder, run_file_name
from redraft.evals.metrics.document import Reference

TASKS = DataFile("the tasks", ("ReportBench_v1.1.jsonl", "ReportBench_v1.1.dev.jsonl"))
TEMPLATE = DataFile("the text around each prompt", ("prompt_template/eval.txt", "prompt_template_eval.txt"))
GOLD = DataFile("the surveys' references", ("ReportBench_v1.1_GT/*.jsonl",))
ALIKE = 0.9
"""Similarity above which two titles are one in the lenient variant, as difflib counts it: the share of their letters
that they have in common, in order. It gains little: of 2,000 titles that the surveys refer to, 9 are so like another of
all 10,356, and 2 of these pairs are one work. Of 250, 11 have one that is between 0.8 and 0.9 like it, and none is."""


class Survey(Row):
    arxiv_id: str
    title: str
    prompt: str
    application_domain: str = ""


class Work(Row):
    title: str


def load(folder: Path) -> list[Task]:
    path = needed(folder, TASKS)
    surveys = json_lines(path, Survey)
    distinct(path, [survey.arxiv_id for survey in surveys])
    template = text_of(needed(folder, TEMPLATE))
    gold = {path.stem: [work.title for work in json_lines(path, Work)] for path in located(folder, GOLD)}
    return [
        Task(
            id=survey.arxiv_id,
            prompt=template.replace("{prompt}", survey.prompt).replace("{title}", survey.title),
            language="en",
            topic=survey.application_domain,
            meta={"title": survey.title} | ({"references": gold[survey.arxiv_id]} if survey.arxiv_id in gold else {}),
        )
        for survey in surveys
    ]


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    files = {
        f"{task.id}.json": json_line({"response": article, "arxiv_id": task.id, "query": task.prompt})
        for task, article in articles(tasks, outputs)
    }
    return publish_folder(folder / run_file_name(run_name), files)


def measure(task: Task, output: Output) -> TaskScores:
    """The works that the article refers to, against the survey's."""
    if "references" not in task.meta:
        return {}
    return reference_scores(listed(output.article), task.meta["references"])


def reference_scores(cited: Sequence[Reference], gold: Sequence[str]) -> TaskScores:
    """Precision and recall of references, by their titles.

    `reference_precision` and `reference_recall` count titles that are equal once normalised, as the benchmark does,
    which takes the titles from the pages behind the addresses. The `lenient_` ones also count titles more alike than
    `ALIKE`. Without references precision is 0.
    """
    ours = {title for reference in cited if (title := normalised(reference.title))}
    theirs = {title for work in gold if (title := normalised(work))}
    near_ours = {title for title in ours if title in theirs or _near(title, theirs)}
    near_theirs = {title for title in theirs if title in ours or _near(title, ours)}
    return {
        "reference_precision": _share(len(ours & theirs), len(ours)),
        "reference_recall": _share(len(ours & theirs), len(theirs)),
        "lenient_reference_precision": _share(len(near_ours), len(ours)),
        "lenient_reference_recall": _share(len(near_theirs), len(theirs)),
        "references": len(ours),
    }


def _near(title: str, others: set[str]) -> bool:
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(title)
    for other in others:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE:
            return True
    return False


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


class Evaluated(Lax):
    """A row of `evaluation_results.csv`."""

    arxiv_id: str
    precision: float
    recall: float


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """Of `evaluation_results.csv`, which the script for references writes."""
    rows: Mapping[str, TaskScores] = {
        row.arxiv_id: {"reference_precision": row.precision, "reference_recall": row.recall}
        for row in csv_rows(path, Evaluated)
    }
    return collected(tasks, rows)


BENCHMARK = Benchmark(
    name="reportbench",
    title="ReportBench 1.1",
    licence="Apache-2.0",
    source="github.com/ByteDance-BandAI/ReportBench, arXiv 2508.15804",
    total=100,
    files=(TASKS, TEMPLATE, GOLD),
    meta={"title": "the survey that the task was made from", "references": "the titles of the survey's references"},
    load=load,
    export=export,
    scores=scores,
    measure=measure,
)
