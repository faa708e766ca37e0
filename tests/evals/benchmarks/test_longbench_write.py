from pathlib import Path

import pytest

from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.longbench_write import LONGBENCH_WRITE, LONGWRITE_RULER, size
from redraft.tests.evals.benchmarks.given import read_lines, write_lines

ZH_EN, ZH, EN = "用英文写一篇文章", "写一篇“tea”文章", "Write 100 words."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [{"prompt": prompt, "type": "Story", "length": 100} for prompt in (ZH_EN, ZH, EN)]
    write_lines(tmp_path / "data" / "longbench_write.jsonl", *rows)
    write_lines(tmp_path / "data" / "longbench_write_en.jsonl", rows[0], rows[2])
    write_lines(tmp_path / "data" / "longwrite_ruler.jsonl", *rows[1:])
    return tmp_path / "data"


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return LONGBENCH_WRITE.load(data)


def test_a_task_is_in_the_language_of_the_text_that_it_wants(tasks: list[Task], data: Path) -> None:
    assert [(task.id, task.prompt, task.language) for task in tasks] == [
        ("0", ZH_EN, "en"),
        ("1", ZH, "zh"),
        ("2", EN, "en"),
    ]
    assert (tasks[0].topic, tasks[0].meta) == ("Story", {"length": 100})
    assert [task.language for task in LONGWRITE_RULER.load(data)] == ["zh", "en"]


def test_length_is_counted_in_characters_and_words() -> None:
    assert size("电车 runs on 2 rails, o'clock.") == 2 + 5
    assert size("") == 0


def upstream_score(wanted: int, written: int) -> float:
    """S_l as `eval_length.py` has it."""
    if written > wanted:
        return 100 * max(0, 1.0 - (written / wanted - 1) / 3)
    return 100 * max(0, 1.0 - (wanted / written - 1) / 2)


@pytest.mark.parametrize("words", [1, 34, 50, 99, 100, 101, 200, 400, 500])
def test_the_length_score_is_that_of_the_script(tasks: list[Task], words: int) -> None:
    scores = LONGBENCH_WRITE.measure(tasks[0], Output("0", "word " * words))

    assert scores == {"length_score": pytest.approx(upstream_score(100, words)), "length": words}


def test_the_script_can_score_all_predictions_and_a_failed_one_scores_0(tasks: list[Task], tmp_path: Path) -> None:
    (path,) = LONGBENCH_WRITE.export(tasks, [Output("0", "word " * 50), Output("2", "词" * 200)], tmp_path, "redraft")

    rows = read_lines(path)
    assert path == tmp_path / "models" / "redraft" / "pred.jsonl"
    assert [row["prompt"] for row in rows] == [ZH_EN, ZH, EN]
    assert [upstream_score(row["length"], row["response_length"]) for row in rows] == [50, 0, pytest.approx(200 / 3)]
    assert list(rows[0]) == ["prompt", "type", "length", "response_length", "response"]
    assert LONGBENCH_WRITE.scores(path, tasks).aggregate == {"length_score": pytest.approx(350 / 9)}


def test_ratings_of_quality_are_of_100(tasks: list[Task], tmp_path: Path) -> None:
    ratings = {"Relevance": 5, "Breadth and Depth": "3"}
    judged = {"prompt": ZH, "type": "Story", "length": 100, "response_length": 100, "response": "…", "scores": ratings}
    path = write_lines(tmp_path / "judge.jsonl", judged, {"Relevance": 100.0, "Breadth and Depth": 50.0, "total": 75.0})

    scores = LONGBENCH_WRITE.scores(path, tasks)

    assert scores.tasks == {"1": {"length_score": 100, "quality": 75, "relevance": 100, "breadth_and_depth": 50}}
    assert scores.unscored == ("0", "2")
