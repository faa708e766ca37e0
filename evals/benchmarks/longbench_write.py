"""LongBench-Write and LongWrite-Ruler (Bai et al. 2024, arXiv 2408.07055): texts of a demanded length."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from redraft.agent.lengths import length_score
from redraft.evals.benchmarks.base import Benchmark, Output, Scores, Task
from redraft.evals.benchmarks.reading import DataFile, Lax, Row, distinct, json_lines, needed, optional_lines
from redraft.evals.benchmarks.scoring import TaskScores, collected
from redraft.evals.benchmarks.writing import articles, json_line, publish_file, run_file_name

WRITE = DataFile("the tasks", ("longbench_write.jsonl", "evaluation/longbench_write.jsonl"))
RULER = DataFile("the tasks", ("longwrite_ruler.jsonl", "evaluation/longwrite_ruler.jsonl"))
ENGLISH = DataFile("which tasks are English", ("longbench_write_en.jsonl", "evaluation/longbench_write_en.jsonl"))
_CHINESE = r"[\u4e00-\u9fff]"


class Wanted(Row):
    prompt: str
    type: str
    length: int


def load(file: DataFile, folder: Path) -> list[Task]:
    path = needed(folder, file)
    rows = json_lines(path, Wanted)
    distinct(path, [row.prompt for row in rows])
    # Some ask in Chinese for an English text, and some the other way round.
    english = {row.prompt for row in optional_lines(folder, ENGLISH, Wanted)}
    return [
        Task(
            id=str(number),
            prompt=row.prompt,
            language="en" if row.prompt in english or not re.search(_CHINESE, row.prompt) else "zh",
            topic=row.type,
            meta={"length": row.length},
        )
        for number, row in enumerate(rows)
    ]


def size(text: str) -> int:
    """The length as the benchmark counts it: Chinese characters, and words of Latin letters without digits."""
    return len(re.findall(_CHINESE, text)) + len(re.findall(r"\b[a-zA-Z]+\b", text))


def measure(task: Task, output: Output) -> TaskScores:
    written = size(output.article)
    return {"length_score": length_score(task.meta["length"], written), "length": written}


def export(tasks: Sequence[Task], outputs: Sequence[Output], folder: Path, run_name: str) -> tuple[Path, ...]:
    """Predictions, where the scripts look for those of a model."""
    rows = "".join(json_line(_prediction(task, article)) for task, article in articles(tasks, outputs))
    return publish_file(folder / "models" / run_file_name(run_name) / "pred.jsonl", rows)


def _prediction(task: Task, article: str) -> dict[str, str | int]:
    return {
        "prompt": task.prompt,
        "type": task.topic,
        "length": task.meta["length"],
        # The script divides by it, and stops at a 0. One word scores 0 just as well.
        "response_length": max(1, size(article)),
        "response": article,
    }


class Prediction(Lax):
    """A line of `pred.jsonl` or `judge.jsonl`; the last line of the latter has none of these."""

    prompt: str = ""
    length: int = 0
    response_length: int = 0
    scores: dict[str, float] | None = None


def scores(path: Path, tasks: Sequence[Task]) -> Scores:
    """S_l of the lengths in `pred.jsonl`, and with `judge.jsonl` the six ratings of quality with their mean, of 100."""
    ids = {task.prompt: task.id for task in tasks}
    rows = [row for row in json_lines(path, Prediction) if row.prompt in ids]
    return collected(tasks, {ids[row.prompt]: _scored(row) for row in rows})


def _scored(row: Prediction) -> TaskScores:
    # Ratings are of 1 to 5.
    ratings = {name.lower().replace(" ", "_"): 25 * (rating - 1) for name, rating in (row.scores or {}).items()}
    quality = {"quality": sum(ratings.values()) / len(ratings), **ratings} if ratings else {}
    return {"length_score": length_score(row.length, row.response_length), **quality}


def _benchmark(name: str, title: str, total: int, file: DataFile) -> Benchmark:
    return Benchmark(
        name=name,
        title=title,
        licence="Apache-2.0",
        source="github.com/THUDM/LongWriter, arXiv 2408.07055",
        total=total,
        files=(file, ENGLISH),
        meta={"length": "the demanded length, in words or Chinese characters"},
        load=partial(load, file),
        export=export,
        scores=scores,
        measure=measure,
    )


LONGBENCH_WRITE = _benchmark("longbench_write", "LongBench-Write", 120, WRITE)
LONGWRITE_RULER = _benchmark("longwrite_ruler", "LongWrite-Ruler", 48, RULER)
