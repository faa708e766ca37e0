import json
from pathlib import Path

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.reportbench import BENCHMARK, reference_scores
from redraft.evals.metrics.document import Reference
from redraft.tests.evals.benchmarks.given import ARTICLE, write, write_lines, write_table

TEMPLATE = '{prompt}\n\n- Do not refer to the survey titled "{title}".\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    trams = {"arxiv_id": "2312.04861", "title": "Trams: A Review", "prompt": "Survey trams.", "doi": None}
    write_lines(
        data / "ReportBench_v1.1.dev.jsonl",
        trams | {"application_domain": "Transport"},
        trams | {"arxiv_id": "2004.05937"},
    )
    write(data / "prompt_template_eval.txt", TEMPLATE)
    write_lines(
        data / "ReportBench_v1.1_GT" / "2312.04861.jsonl",
        {"bib_id": "a", "title": "A survey of {Trams}", "author": "", "meta_info": {}},
        {"bib_id": "b", "title": "Rail that lasts", "author": "", "meta_info": {}},
    )
    return data


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_the_prompt_stands_in_the_benchmarks_template(tasks: list[Task]) -> None:
    assert BENCHMARK.prompt(tasks[0]) == 'Survey trams.\n\n- Do not refer to the survey titled "Trams: A Review".\n'
    assert (tasks[0].topic, tasks[0].meta["title"]) == ("Transport", "Trams: A Review")
    assert tasks[0].meta["references"] == ["A survey of {Trams}", "Rail that lasts"]
    assert "references" not in tasks[1].meta


def test_without_the_template_there_is_no_exact_prompt(data: Path) -> None:
    (data / "prompt_template_eval.txt").unlink()

    with pytest.raises(UserError, match="the text around each prompt"):
        BENCHMARK.load(data)


def test_each_report_is_a_file_of_its_paper(tasks: list[Task], tmp_path: Path) -> None:
    files = BENCHMARK.export(tasks, [Output("2312.04861", ARTICLE)], tmp_path, "redraft")

    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}
    assert {path.parent for path in files} == {tmp_path / "redraft"}
    assert read["2312.04861"] == {"response": ARTICLE, "arxiv_id": "2312.04861", "query": tasks[0].prompt}
    assert read["2004.05937"]["response"] == ""


def test_references_are_compared_by_normalised_titles(tasks: list[Task]) -> None:
    scores = BENCHMARK.measure(tasks[0], Output("2312.04861", ARTICLE))

    assert (scores["reference_precision"], scores["reference_recall"], scores["references"]) == (1 / 3, 1 / 2, 3)
    assert (scores["lenient_reference_precision"], scores["lenient_reference_recall"]) == (2 / 3, 1)


def test_lists_of_references_in_other_forms_are_read_too(tasks: list[Task]) -> None:
    works = "1. [A Survey of Trams](https://x.example/a)\n2. [Buses](https://y.example)\n"
    article = f"Trams are old. (1)\n\n**Sources**\n\n{works}"

    scores = BENCHMARK.measure(tasks[0], Output("2312.04861", article))

    assert (scores["reference_precision"], scores["reference_recall"], scores["references"]) == (1 / 2, 1 / 2, 2)


def test_a_failed_task_scores_0_and_one_without_gold_nothing(tasks: list[Task]) -> None:
    assert set(BENCHMARK.measure(tasks[0], Output("2312.04861", "")).values()) == {0}
    assert BENCHMARK.measure(tasks[1], Output("2004.05937", ARTICLE)) == {}


@examples(
    st.lists(
        st.sampled_from(["Trams", "Tram", "The great survey of rails", "The great survey of rail", "图像分割", "…"])
    )
)
def test_lenient_scores_are_never_below_the_strict_ones_and_all_are_shares(titles: list[str]) -> None:
    cited = [Reference(number, title, "https://x.example") for number, title in enumerate(titles)]

    scores = dict(reference_scores(cited, ["Trams", "The great survey of rails", "图像分割", "..."]))

    assert scores.pop("references") <= 5
    assert all(0 <= value <= 1 for value in scores.values())
    assert scores["reference_precision"] <= scores["lenient_reference_precision"]
    assert scores["reference_recall"] <= scores["lenient_reference_recall"]


def test_the_table_of_the_script_is_read(tasks: list[Task], tmp_path: Path) -> None:
    header = ["arxiv_id", "precision", "recall", "f1_score"]
    path = write_table(
        tmp_path / "evaluation_results.csv", header, ["2312.04861", "0.75", "0.5", "0.6"], ["x", "0", "0", "0"]
    )

    scores = BENCHMARK.scores(path, tasks)

    assert scores.aggregate == {"reference_precision": 0.75, "reference_recall": 0.5}
    assert scores.unscored == ("2004.05937",)
