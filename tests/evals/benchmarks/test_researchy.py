import json
import re
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.researchy import BENCHMARK, linked
from redraft.tests.evals.benchmarks.given import ARTICLE, write, write_lines

SAMPLE = "researchy_queries_sample_doc_click.jsonl"


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    data = tmp_path / "data"
    write_lines(data / SAMPLE, {"id": "31", "query": "why trams"}, {"id": "4", "query": "are rails safe?"})
    points = {"question": "…", "key_points": [{"point_number": 1, "point_content": "Rails wear."}]}
    write_lines(data / "key_point" / "4_aggregated.json", points)
    return BENCHMARK.load(data)


def test_questions_have_their_key_points_where_these_are_here(tasks: list[Task]) -> None:
    assert [(task.id, task.prompt, task.meta) for task in tasks] == [
        ("31", "why trams", {}),
        ("4", "are rails safe?", {"key_points": ["Rails wear."]}),
    ]


def test_the_scripts_find_each_question_with_its_report(tasks: list[Task], tmp_path: Path) -> None:
    files = BENCHMARK.export(tasks, [Output("4", ARTICLE)], tmp_path, "redraft")

    folder = tmp_path / "reports" / "redraft"
    assert {path.parent for path in files} == {folder}
    asked = {path.stem: path.read_text().strip() for path in folder.glob("*.q")}
    assert asked == {"31": "why trams", "4": "are rails safe?"}
    answers = {number: (folder / f"{number}.a").read_text().strip() for number in asked}
    assert answers["31"] == ""
    assert re.search(r"https?://\S+|www\.\S+", answers["4"])


def test_every_citation_is_a_link_and_the_list_stays() -> None:
    text = linked(ARTICLE)

    assert "today [1](https://arxiv.org/abs/2401.00001v2) [2](https://nature.example/trams_%28rail%29)." in text
    assert "(see [9])" in text
    assert text.endswith("[3] Rails That Last. arXiv. https://arxiv.org/pdf/2402.00002\n")
    assert linked("No sources [1].") == "No sources [1]."


def test_quality_is_of_100_and_its_criteria_of_10(tasks: list[Task], tmp_path: Path) -> None:
    results = {
        "31": {"scores": {"Clarity": [8, "clear"], "Depth": [6, "deep"]}},
        "4": {"scores": {"Clarity": [5, "so so"], "Depth": [5, ""]}, "normalized_score": 50.0},
        "77": {"scores": {"Clarity": [0, ""]}},
    }

    scores = BENCHMARK.scores(write(tmp_path / "evaluation_results_detailed_m.json", json.dumps(results)), tasks)

    assert scores.tasks["31"] == {"quality": 70, "clarity": 8, "depth": 6}
    assert scores.aggregate == {"quality": 60, "clarity": 6.5, "depth": 5.5}


def test_a_question_without_key_points_has_recalled_none(tasks: list[Task], tmp_path: Path) -> None:
    labels = {"1": ["Supported", ""], "2": ["Omitted", ""], "3": ["Contradicted", ""], "4": ["Supported", ""]}
    results = {"31": {"labels": labels}, "4": {"labels": {}}}

    scores = BENCHMARK.scores(write(tmp_path / "evaluation_results_kpr_m.json", json.dumps(results)), tasks)

    assert scores.tasks["31"] == {"key_point_recall": 50, "key_point_contradiction": 25}
    assert scores.aggregate == {"key_point_recall": 25, "key_point_contradiction": 12.5}


def test_citations_are_of_100(tasks: list[Task], tmp_path: Path) -> None:
    results = {"31": {"score": 0.5, "detailed": {"claim_1": {"score": 0.5}}}, "4": {"score": 0, "detailed": None}}

    scores = BENCHMARK.scores(write(tmp_path / "evaluation_results_citation_m.json", json.dumps(results)), tasks)

    assert scores.aggregate == {"citations": 25}


@pytest.mark.parametrize("text", ['{"31": {"score": "high"}}', '{"31": {}}', "[]", "{", ""])
def test_a_file_of_another_form_is_named(tasks: list[Task], tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "evaluation_results_citation_m.json", text)

    with pytest.raises(UserError, match=r"evaluation_results_citation_m\.json: "):
        BENCHMARK.scores(path, tasks)
