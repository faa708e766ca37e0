from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import drb
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.drb import BENCHMARK, CitedFact, Page
from redraft.tests.evals.benchmarks.given import ARTICLE, read_lines, write, write_lines

ZH, EN = "收集“九阶层”的\n收入", "How do trams work?\nTell me.  "
CRITERION = {"criterion": "Rails", "explanation": "Says what they are.", "weight": 1.0}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write_lines(
        folder / "query.dev.jsonl",
        {"id": 7, "topic": "Finance", "language": "zh", "prompt": ZH},
        {"id": 58, "topic": "Transport", "language": "en", "prompt": EN},
    )
    weights = {"insight": 0.6, "readability": 0.4}
    write_lines(
        folder / "criteria.dev.jsonl",
        {"id": 58, "prompt": EN, "dimension_weight": weights, "criterions": {"insight": [CRITERION]}},
    )
    write_lines(folder / "reference.partial.dev.jsonl", {"id": 58, "prompt": EN, "article": "A reference."})
    rated = {"dimensions": {"insight": 80.0}, "weighted_total": 79.3, "overall": 79.0}
    write_lines(folder / "human_scores.zh.jsonl", {"id": 7, "aggregated": {"some-system": rated}})
    return folder


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_a_task_has_its_exact_prompt_and_what_is_known_of_it(tasks: list[Task]) -> None:
    zh, en = tasks

    assert (zh.id, zh.prompt, zh.language, zh.topic) == ("7", ZH, "zh", "Finance")
    assert zh.meta == {"people": {"some-system": {"insight": 80.0, "overall": 79.0}}}
    assert BENCHMARK.prompt(en) == EN
    assert en.meta == {
        "weights": {"insight": 0.6, "readability": 0.4},
        "criteria": {"insight": [CRITERION]},
        "reference": "A reference.",
    }


def test_the_files_may_lie_as_they_do_in_the_repository(tmp_path: Path) -> None:
    write_lines(tmp_path / "data/prompt_data/query.jsonl", {"id": 1, "topic": "", "language": "en", "prompt": EN})

    assert [task.id for task in BENCHMARK.load(tmp_path)] == ["1"]


def test_a_description_counts_what_is_here_and_what_is_not(data: Path) -> None:
    description = BENCHMARK.describe(data)

    assert (description.tasks, description.benchmark.total) == (2, 100)
    assert description.languages == {"en": 1, "zh": 1}
    assert [file.name for file in description.files][:2] == ["query.dev.jsonl", "criteria.dev.jsonl"]
    assert all(len(file.sha256) == 64 and file.size for file in description.files)
    assert "the reference article: not here for 1 of 2 tasks" in description.missing


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "7", "prompt": "x", "language": "en"}', "line 2: id: Input should be a valid integer"),
        ('{"id": 8, "language": "en"}', "line 2: prompt: Field required"),
        ('{"id": 8, "prompt": "x"', "line 2: Invalid JSON"),
        ('{"id": 1, "prompt": "x", "language": "en"}', "has the task 1 twice"),
        ('{"id": 2, "prompt": "p", "language": "en"}', "has the task p twice"),
    ],
)
def test_damaged_data_is_named_with_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "query.jsonl", '{"id": 1, "prompt": "p", "language": "en"}\n' + line + "\n")

    with pytest.raises(UserError) as caught:
        BENCHMARK.load(tmp_path)

    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_folder_without_tasks_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no query\.jsonl, which holds the tasks"):
        BENCHMARK.load(tmp_path)


def test_race_finds_every_task_by_its_prompt_and_fact_by_an_integer(tasks: list[Task], tmp_path: Path) -> None:
    (path,) = BENCHMARK.export(tasks, [Output("58", ARTICLE)], tmp_path, "redraft-8b")

    rows = read_lines(path)
    assert path == tmp_path / "data/test_data/raw_data/redraft-8b.jsonl"
    assert {row["prompt"]: row["article"] for row in rows} == {ZH: "", EN: ARTICLE}
    assert [list(row) for row in rows] == [["id", "prompt", "article"]] * 2
    languages = {7: "zh", 58: "en"}
    assert [languages.get(row["id"]) for row in rows] == ["zh", "en"]


@examples(article=st.text(st.characters(exclude_categories=["Cs"])))
def test_no_article_is_changed_on_its_way(article: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    task = Task("1", EN, "en")

    (path,) = BENCHMARK.export([task], [Output("1", article)], tmp_path_factory.mktemp("run"), "a")

    assert read_lines(path) == [{"id": 1, "prompt": EN, "article": article}]


@pytest.mark.parametrize("name", ["openai-like", "my.OpenAI", "", "a/b", "..", "a b", "-x"])
def test_a_name_that_the_scripts_cannot_have_is_refused(tasks: list[Task], tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        BENCHMARK.export(tasks, [], tmp_path, name)

    assert list(tmp_path.rglob("*.jsonl")) == list((tmp_path / "data").glob("*.jsonl"))


def upstream_stat(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Counts as `utils/stat.py` does."""
    judged = supported = tasks = 0
    for row in rows:
        if not row["citations"]:
            continue
        for page in row["citations_deduped"].values():
            if page["validate_error"] is None:
                results = [verdict["result"] for verdict in page["validate_res"]]
                judged += len(results) - results.count("unknown")
                supported += results.count("supported")
        tasks += 1
    return {
        "judged_citations": judged / tasks,
        "effective_citations": supported / tasks,
        "citation_accuracy": supported / judged,
    }


FACTS = [
    CitedFact("58", "Trams run on rails.", 1, "https://a.example"),
    CitedFact("58", "Trams run on rails.", 1, "https://a.example"),
    CitedFact("58", "Rails last.", 1, "https://a.example"),
    CitedFact("58", "Rails cost.", 2, "https://gone.example"),
]
PAGES = {"https://a.example": Page("Trams", "About trams", "Trams run on rails.")}


def test_what_fact_would_scrape_comes_from_the_table_of_claims(tasks: list[Task], tmp_path: Path) -> None:
    (path,) = drb.export_fact(tasks, [Output("58", ARTICLE)], FACTS, PAGES, tmp_path, "redraft")

    failed, written = read_lines(path)
    assert path == tmp_path / "results/fact/redraft/scraped.jsonl"
    assert (failed["citations"], failed["citations_deduped"], failed["article"]) == ([], {}, "")
    assert written["id"] == 58
    assert written["citations"][3] == {"fact": "Rails cost.", "ref_idx": 2, "url": "https://gone.example"}
    assert written["citations_deduped"] == {
        "https://a.example": {
            "facts": ["Trams run on rails.", "Rails last."],
            "url_content": "Trams\n\nAbout trams\n\nTrams run on rails.",
        },
        "https://gone.example": {"facts": ["Rails cost."], "url_content": None},
    }


def validated(row: dict[str, Any]) -> dict[str, Any]:
    """A scraped line as `utils/validate.py` leaves it, by a judge that finds each page's first fact supported."""
    for page in row["citations_deduped"].values():
        has_content = page["url_content"] is not None
        results = ["supported", *["unsupported"] * len(page["facts"][1:])]
        page["validate_res"] = [{"idx": n, "result": result} for n, result in enumerate(results)] if has_content else []
        page["validate_error"] = None if has_content else "no reference"
    return row


def test_scores_of_fact_are_counted_as_its_script_counts_them(tasks: list[Task], tmp_path: Path) -> None:
    (path,) = drb.export_fact(tasks, [Output("58", ARTICLE)], FACTS, PAGES, tmp_path, "redraft")
    rows = [validated(row) for row in read_lines(path)]
    judged, unread = rows[1]["citations_deduped"].values()
    judged["validate_res"].append({"idx": 2, "result": "unknown"})
    unread["validate_res"].append({"idx": 0, "result": "supported"})

    scores = BENCHMARK.scores(write_lines(tmp_path / "validated.jsonl", *rows), tasks)

    assert scores.aggregate == upstream_stat(rows)
    assert scores.tasks == {"58": {"judged_citations": 2, "effective_citations": 1, "citation_accuracy": 0.5}}
    assert scores.unscored == ("7",)


def race(number: int, value: float) -> dict[str, Any]:
    names = ("comprehensiveness", "insight", "instruction_following", "readability", "overall_score")
    return {"id": number, "prompt": "…"} | {name: value + 0.01 * place for place, name in enumerate(names)}


def test_scores_of_race_are_the_means_over_the_tasks_that_are_scored(tasks: list[Task], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "raw_results.jsonl", race(7, 0.4), race(58, 0.5), race(99, 0.9))

    scores = BENCHMARK.scores(path, tasks)

    assert scores.tasks["58"]["overall"] == pytest.approx(0.54)
    assert {name: round(value, 4) for name, value in scores.aggregate.items()} == {
        "comprehensiveness": 0.45,
        "insight": 0.46,
        "instruction_following": 0.47,
        "readability": 0.48,
        "overall": 0.49,
    }
    assert scores.unscored == ()
    assert BENCHMARK.scores(path, tasks[:1]).aggregate["overall"] == pytest.approx(0.44)


@pytest.mark.parametrize(
    ("text", "aggregate"),
    [
        ("Comprehensiveness: 0.4110\nInsight: 0.4051\nOverall: 0.4218\n", (0.411, 0.4051, 0.4218)),
        ("total_citations: 26.5\ntotal_valid_citations: 2e1\nvalid_rate: 0.7547\n", (26.5, 20.0, 0.7547)),
    ],
)
def test_what_the_scores_come_to_is_read_where_that_is_all(
    tasks: list[Task], tmp_path: Path, text: str, aggregate: tuple[float, ...]
) -> None:
    scores = BENCHMARK.scores(write(tmp_path / "result.txt", text), tasks)

    assert tuple(scores.aggregate.values()) == aggregate
    assert scores.tasks == {}


def test_measures_have_one_name_however_they_are_read(tasks: list[Task], tmp_path: Path) -> None:
    names = ["Comprehensiveness", "Insight", "Instruction_following", "Readability", "Overall"]
    summed = write(tmp_path / "race_result.txt", "".join(f"{name}: 0.5\n" for name in names))
    single = write_lines(tmp_path / "raw_results.jsonl", race(7, 0.4))

    assert set(BENCHMARK.scores(summed, tasks).aggregate) == set(BENCHMARK.scores(single, tasks).aggregate)


def test_a_file_that_holds_no_scores_is_named(tasks: list[Task], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"race_result\.txt has no line"):
        BENCHMARK.scores(write(tmp_path / "race_result.txt", "nothing"), tasks)
    with pytest.raises(UserError, match=r"raw_results\.jsonl, line 1: comprehensiveness"):
        BENCHMARK.scores(write_lines(tmp_path / "raw_results.jsonl", {"id": 7}), tasks)
