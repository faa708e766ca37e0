import json
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.questions import BENCHMARK
from redraft.evals.gold import gold
from redraft.evals.metrics import measure
from redraft.evals.metrics.given import Work
from redraft.tests.evals.benchmarks.given import ARTICLE, read_lines, write_lines

TRAMS = {
    "id": "q1",
    "question": "What do trams carry, and what do their rails cost?",
    "gold_pages": ["/trams_(rail)", "https://arxiv.org/abs/2402.00002", "/never.html"],
    "key_points": [
        {"point": "Trams carry many people in every large city", "page": "/trams_(rail)#people"},
        {"point": "Horses were cheaper", "page": "/horses.html"},
    ],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_lines(tmp_path / "data" / "questions.jsonl", TRAMS, {"id": "q2", "question": "为什么有轨电车便宜？"})
    return tmp_path / "data"


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_a_question_is_asked_as_it_stands_in_the_language_that_it_tells(tasks: list[Task], tmp_path: Path) -> None:
    stated = write_lines(tmp_path / "questions.jsonl", {"id": "a", "question": "Tram?", "language": "nl"})

    assert [(task.id, BENCHMARK.prompt(task), task.language) for task in tasks] == [
        ("q1", TRAMS["question"], "en"),
        ("q2", "为什么有轨电车便宜？", "zh"),
    ]
    assert tasks[1].meta == {}
    assert [task.language for task in BENCHMARK.load(stated.parent)] == ["nl"]


def test_pages_and_points_are_what_every_metric_holds_a_report_against(tasks: list[Task]) -> None:
    known = gold(tasks[0])

    found = measure(ARTICLE, gold=known)

    assert known.references[0] == Work("", url="/trams_(rail)")
    assert found["reference_recall"] == pytest.approx(2 / 3)
    assert found["reference_precision"] == pytest.approx(2 / 3)
    assert found["key_point_recall"] == 0.5


def test_a_key_point_is_cited_by_its_page(tasks: list[Task]) -> None:
    assert BENCHMARK.measure(tasks[0], Output("q1", ARTICLE)) == {"key_points_cited": 0.5}
    assert BENCHMARK.measure(tasks[0], Output("q1", "")) == {"key_points_cited": 0}
    assert BENCHMARK.measure(tasks[1], Output("q2", ARTICLE)) == {}


@pytest.mark.parametrize("page", ["trams.html", "/", "https://"])
def test_what_names_no_page_is_refused_with_its_line(tmp_path: Path, page: str) -> None:
    path = write_lines(tmp_path / "questions.jsonl", TRAMS, {**TRAMS, "id": "q2", "gold_pages": [page]})

    with pytest.raises(UserError, match=r"questions\.jsonl, line 2: gold_pages\.0"):
        BENCHMARK.load(path.parent)


def test_reports_are_exported_as_files_and_as_lines(tasks: list[Task], tmp_path: Path) -> None:
    BENCHMARK.export(tasks, [Output("q1", ARTICLE)], tmp_path, "redraft")

    folder = tmp_path / "redraft"
    assert (folder / "q1.md").read_text(encoding="utf-8") == ARTICLE
    assert (folder / "q2.md").read_text() == ""
    assert read_lines(folder / "reports.jsonl") == [
        {"id": "q1", "prompt": TRAMS["question"], "article": ARTICLE},
        {"id": "q2", "prompt": "为什么有轨电车便宜？", "article": ""},
    ]


def test_scores_are_read_from_lines(tasks: list[Task], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "scores.jsonl", {"id": "q1", "scores": {"clear": 0.5, "right": 1}})

    scores = BENCHMARK.scores(path, tasks)

    assert scores.tasks == {"q1": {"clear": 0.5, "right": 1}}
    assert scores.unscored == ("q2",)
    assert json.dumps(scores.aggregate) == '{"clear": 0.5, "right": 1.0}'
