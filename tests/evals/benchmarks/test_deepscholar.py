import re
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import deepscholar
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.deepscholar import BENCHMARK
from redraft.evals.benchmarks.deepscholar_scores import Work, citation_precision, reference_scores
from redraft.evals.metrics.document import Reference
from redraft.tests.evals.benchmarks.given import ARTICLE, read_table, write_lines, write_table

CITATIONS = ["parent_paper_arxiv_id", "cited_paper_title", "cited_paper_arxiv_link", "cited_paper_abstract"]
TRAMS = ["2506.1v1", "A Survey of Trams", "http://arxiv.org/abs/2401.00001v1", "About trams."]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    header = ["arxiv_id", "title", "abstract", "clean_latex_related_works"]
    papers = [["2506.0v2", "Buses", "On buses.", "\\cite{b}"], ["2506.1v1", "Rails", "On\nrails.", "\\cite{t}"]]
    write_table(data / "papers_with_related_works.csv", header, *papers)
    nugget = {"text": "Trams are old", "importance": "vital", "assignment": "support"}
    write_lines(
        data / "nuggets.jsonl",
        {"row_index": 9, "arxiv_id": "2506.1v1", "query": "Write: On\nrails.", "nuggets": [nugget]},
        {"row_index": 8, "arxiv_id": "2506.0v2", "query": "Write: On buses.", "nuggets": []},
    )
    write_table(data / "recovered_citations.csv", CITATIONS, TRAMS, ["2506.1v1", "Trams vs Buses", "", ""])
    return data


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_the_closed_world_has_each_cited_work_once_or_the_page_that_was_found_for_it(data: Path) -> None:
    found = ["bib_paper_year", "search_res_title", "search_res_url", "search_res_content"]
    write_table(
        data / "recovered_citations.csv",
        [*CITATIONS, *found],
        [
            "2506.1v1",
            "Trams: Cheap and Fast",
            "",
            "",
            "",
            "[PDF] Trams: Cheap ...",
            "https://x.example/t.pdf",
            "Cheap.",
        ],
        ["2506.1v1", "Contents", "", "", "", "CONTENTS | definition", "https://words.example/c", "What is inside."],
        ["2506.1v1", "The survey", "", "", "", "A Survey of Trams", "https://www.arxiv.org/pdf/2401.00001", "About."],
        ["2506.1v1", "Lost", "", "", "", "", "", ""],
        [*TRAMS, "2024.0", "Another page", "https://y.example", "Cut short"],
        ["2506.0v2", *TRAMS[1:], "2024.0", "", "", ""],
    )
    assert BENCHMARK.corpus

    assert list(BENCHMARK.corpus(data)) == [
        ("https://arxiv.org/abs/2401.00001", "A Survey of Trams", "About trams.", "2024"),
        ("https://x.example/t.pdf", "Trams: Cheap and Fast", "Cheap.", None),
        ("https://words.example/c", "CONTENTS | definition", "What is inside.", None),
    ]


def test_without_the_cited_works_there_is_no_closed_world(data: Path) -> None:
    (data / "recovered_citations.csv").unlink()
    assert BENCHMARK.corpus

    with pytest.raises(UserError, match=r"has no recovered_citations\.csv, which holds the cited works"):
        list(BENCHMARK.corpus(data))


def test_nuggets_are_found_by_the_paper_and_folders_by_its_row(tasks: list[Task]) -> None:
    buses, rails = tasks

    assert [(task.id, task.meta["row"]) for task in tasks] == [("2506.0v2", 0), ("2506.1v1", 1)]
    assert BENCHMARK.prompt(rails) == "Write: On\nrails."
    assert rails.meta["nuggets"] == [{"text": "Trams are old", "importance": "vital"}]
    assert rails.meta["cited"] == [
        Work("A Survey of Trams", "2401.00001", "About trams."),
        Work("Trams vs Buses", None, ""),
    ]
    assert "cited" not in buses.meta


def test_a_description_tells_what_is_known_of_some_tasks_only(data: Path) -> None:
    assert BENCHMARK.describe(data).missing == (
        "the works that it cites: not here for 1 of 2 tasks",
        "the important ones of them: not here for 2 of 2 tasks",
    )


def test_a_paper_without_a_prompt_is_named(data: Path) -> None:
    write_lines(data / "nuggets.jsonl", {"arxiv_id": "2506.1v1", "query": "Write.", "nuggets": []})

    with pytest.raises(UserError, match=r"nuggets\.jsonl has no prompt for the paper 2506\.0v2"):
        BENCHMARK.load(data)


def parsed(folder: Path) -> tuple[str, list[dict[str, str]]]:
    """Text and works as the benchmark's own parser for `deepscholar_base` takes them from a folder."""
    known = {
        row["id"].strip(): (row["title"].strip(), row["snippet"].strip()) for row in read_table(folder / "paper.csv")
    }
    order: dict[str, int] = {}
    works: list[dict[str, str]] = []

    def replaced(match: re.Match[str]) -> str:
        found = re.search(r"arxiv\.org/abs/([^)\s]+)", match[2])
        if not found:
            return match[1]
        if found[1] not in order:
            order[found[1]] = len(order) + 1
            title, text = known.get(found[1], ("", ""))
            works.append({"title": title, "sent": text})
        return f"[{order[found[1]]}]"

    text = (folder / "intro.md").read_text(encoding="utf-8")
    return re.sub(r"\[([^\]]+?)\]\((https?://[^\)]+)\)", replaced, text).strip(), works


def test_the_benchmarks_parser_finds_text_and_works(tasks: list[Task], tmp_path: Path) -> None:
    BENCHMARK.export(tasks, [Output("2506.1v1", ARTICLE)], tmp_path, "redraft")

    text, works = parsed(tmp_path / "redraft" / "1")

    assert works == [{"title": "A Survey of Trams", "sent": "About trams."}, {"title": "Rails That Last", "sent": ""}]
    assert "Europe today [1]. They run on rails." in text
    assert "in most places, which is much (see)." in text
    assert "looked after well [2]." in text
    assert not text.endswith(".00002")


def test_a_failed_task_has_an_empty_folder_of_its_row(tasks: list[Task], tmp_path: Path) -> None:
    BENCHMARK.export(tasks, [Output("2506.1v1", ARTICLE)], tmp_path, "redraft")

    assert sorted(path.name for path in (tmp_path / "redraft").iterdir()) == ["0", "1"]
    assert parsed(tmp_path / "redraft" / "0") == ("", [])


def test_the_judges_are_shown_what_the_run_has_read(tasks: list[Task], tmp_path: Path) -> None:
    texts = {"2402.00002": "Rails, they\nlast."}

    deepscholar.export_with(texts, tasks, [Output("2506.1v1", ARTICLE)], tmp_path, "redraft")

    assert [work["sent"] for work in parsed(tmp_path / "redraft" / "1")[1]] == ["", "Rails, they\nlast."]


def test_references_are_compared_by_identifier_or_title() -> None:
    gold = [
        Work("Another Name Altogether", "2401.00001", ""),
        Work("The Rails, That Lasted", "2402.99999", ""),
        Work("Missed", "2403.00003", ""),
        Work("A Book of Buses", None, ""),
    ]
    cited = [
        Reference(1, "A Survey of Trams", "https://arxiv.org/abs/2401.00001v2"),
        Reference(2, "Rails That Last", "https://x.example"),
        Reference(3, "Book of Buses", "https://y.example"),
        Reference(4, "of", "https://z.example"),
    ]

    assert reference_scores(cited, gold) == {"reference_coverage": 2 / 3, "reference_precision": 3 / 4, "references": 4}
    assert set(reference_scores([], []).values()) == {0}


def test_only_important_works_count_where_it_is_known_which_these_are(data: Path) -> None:
    write_table(
        data / "important_citations.csv", CITATIONS, ["2506.1v1", "Missed", "http://arxiv.org/abs/2403.00003v1", ""]
    )

    task = BENCHMARK.load(data)[1]

    assert BENCHMARK.measure(task, Output(task.id, ARTICLE))["reference_coverage"] == 0


def test_citation_precision_is_a_mean_over_sentences_of_50_characters() -> None:
    def supports(work: Reference, sentence: str) -> float:
        assert "[" not in sentence
        return float(work.number == 1)

    # Two of the long sentences cite works on arXiv; one cites another page, which counts as none.
    assert citation_precision(ARTICLE, supports) == pytest.approx(1 / 3)
    assert citation_precision("", supports) == 0


def test_without_a_judge_citation_precision_has_a_bound(tasks: list[Task]) -> None:
    assert BENCHMARK.measure(tasks[1], Output("2506.1v1", ARTICLE))["citation_precision_bound"] == pytest.approx(2 / 3)


def test_the_table_of_any_metric_is_read(tasks: list[Task], tmp_path: Path) -> None:
    header = ["folder_path", "abstract", "cite_p"]
    path = write_table(
        tmp_path / "deepscholar_base.csv", header, ["runs/redraft/1", "text", "0.25"], ["runs/redraft/0", "", ""]
    )

    scores = BENCHMARK.scores(path, tasks)

    assert scores.tasks == {"2506.0v2": {}, "2506.1v1": {"cite_p": 0.25}}
    assert scores.aggregate == {"cite_p": 0.25}
