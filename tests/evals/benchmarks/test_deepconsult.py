from pathlib import Path
from typing import Any

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import deepconsult
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.deepconsult import BENCHMARK, DIMENSIONS
from redraft.tests.evals.benchmarks.given import ARTICLE, read_table, write, write_lines, write_table

LONG = 'Chart the market,\r\nwith "quotes".'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_table(tmp_path / "data" / "queries.csv", ["query"], ["Examine KKR."], [LONG])
    return tmp_path / "data"


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_rows_are_numbered_from_0_and_their_line_ends_stay(tasks: list[Task]) -> None:
    assert [(task.id, BENCHMARK.prompt(task)) for task in tasks] == [("0", "Examine KKR."), ("1", LONG)]


def test_without_the_baseline_there_is_nothing_to_compare_with(tasks: list[Task], tmp_path: Path, data: Path) -> None:
    assert BENCHMARK.describe(data).missing == ("the baseline's report: not here for 2 of 2 tasks",)
    with pytest.raises(UserError, match="compare with another run"):
        BENCHMARK.export(tasks, [], tmp_path / "out", "run")


def test_the_published_baseline_is_found_by_its_questions(data: Path, tmp_path: Path) -> None:
    header = ["question", "baseline_answer", "candidate_answer"]
    write_table(data / "responses_A_vs_B.csv", header, [LONG, "base 1", "x"], ["Examine KKR.", "base 0", "x"])
    tasks = BENCHMARK.load(data)

    (path,) = BENCHMARK.export(tasks, [Output("1", ARTICLE)], tmp_path / "out", "run")

    assert path == tmp_path / "out" / "run.csv"
    assert read_table(path) == [
        {"question": "Examine KKR.", "baseline_answer": "base 0", "candidate_answer": ""},
        {"question": LONG, "baseline_answer": "base 1", "candidate_answer": ARTICLE},
    ]


def test_another_run_can_be_the_baseline(tasks: list[Task], tmp_path: Path) -> None:
    outputs = [Output("0", "mine"), Output("1", "mine too")]

    (path,) = deepconsult.export_against([Output("1", "theirs")], tasks, outputs, tmp_path / "out", "run")

    assert [row["baseline_answer"] for row in read_table(path)] == ["", "theirs"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question\nx\n", "line 2: query: Field required"),
        ("query\n", "has no tasks"),
        ("query\nx\nx\n", "has the task x twice"),
        ('query\n"x\n', "unexpected end of data"),
        ("query\nx,y\n", "line 2: more cells than columns"),
    ],
)
def test_damaged_data_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path / "queries.csv", text)

    with pytest.raises(UserError, match=message):
        BENCHMARK.load(tmp_path)


def result(question: str, *grades: str) -> dict[str, Any]:
    points = {"win": 7.0, "tie": 5.0, "lose": 3.0}
    verdicts = {name: {"grade": grade, "score": points[grade]} for name, grade in zip(DIMENSIONS, grades, strict=True)}
    return {"question": question, "success": True, "score_result": verdicts}


def test_scores_are_shares_of_the_tasks_and_their_mean_over_the_dimensions(tasks: list[Task], tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "deep_research_results.jsonl",
        result("Examine KKR.", "win", "tie", "tie", "lose"),
        result(LONG, "tie", "lose", "win", "lose"),
    )

    scores = BENCHMARK.scores(path, tasks)

    assert scores.tasks["0"]["instruction_following_score"] == 7
    assert (scores.tasks["1"]["comprehensiveness_win"], scores.tasks["1"]["comprehensiveness_lose"]) == (0, 1)
    assert scores.aggregate["instruction_following_net_winrate"] == 1
    assert scores.aggregate["comprehensiveness_net_winrate"] == 0
    overall = {name: scores.aggregate[name] for name in ("score", "win", "tie", "lose", "net_winrate")}
    assert overall == {"score": 4.75, "win": 2 / 8, "tie": 3 / 8, "lose": 3 / 8, "net_winrate": 2 / 4}


def test_a_pair_that_the_script_could_not_judge_is_unscored(tasks: list[Task], tmp_path: Path) -> None:
    failed = {"question": LONG, "success": False, "score_result": None, "error": "Answer cannot be empty"}
    path = write_lines(tmp_path / "results.jsonl", result("Examine KKR.", "win", "win", "win", "win"), failed)

    scores = BENCHMARK.scores(path, tasks)

    assert scores.unscored == ("1",)
    assert scores.aggregate["win"] == 1
    assert BENCHMARK.scores(write_lines(tmp_path / "none.jsonl", failed), tasks).aggregate == {}


def test_an_export_is_the_same_every_time(tasks: list[Task], tmp_path: Path) -> None:
    outputs = [Output("1", ARTICLE), Output("0", "a, b\n")]

    (first,) = deepconsult.export_against(outputs, tasks, outputs, tmp_path, "one")
    (second,) = deepconsult.export_against(outputs, tasks, outputs[::-1], tmp_path, "two")

    assert first.read_bytes() == second.read_bytes()
