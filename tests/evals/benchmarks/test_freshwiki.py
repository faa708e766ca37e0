import re
from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.freshwiki import BENCHMARK, headings, outline
from redraft.tests.evals.benchmarks.given import ARTICLE, read_table, write_lines, write_table


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    urls = ["https://en.wikipedia.org/wiki/Trams", "https://en.wikipedia.org/wiki/AC/DC"]
    write_table(
        data / "topic_list.csv",
        ["topic", "url", "predicted_class"],
        ["Old trams", urls[0], "GA"],
        ["AC/DC", urls[1], "B"],
    )
    gold = [{"level": 1, "title": "History"}, {"level": 2, "title": "Steam"}]
    write_lines(data / "outlines.jsonl", {"title": "Trams", "url": urls[0], "summary": "Trams are.", "headings": gold})
    return data


@pytest.fixture
def tasks(data: Path) -> list[Task]:
    return BENCHMARK.load(data)


def test_a_topic_has_the_outline_of_its_article(tasks: list[Task]) -> None:
    assert [(task.id, task.prompt, task.topic) for task in tasks] == [
        ("Old_trams", "Old trams", "GA"),
        ("AC_DC", "AC/DC", "B"),
    ]
    assert tasks[0].meta == {"outline": [(1, "History"), (2, "Steam")], "summary": "Trams are."}
    assert tasks[1].meta == {}


def test_the_closed_world_are_the_articles_without_their_headings(data: Path) -> None:
    steam = {"section_title": "Steam", "section_content": [{"sentence": "Some ran on steam.", "refs": []}]}
    article = {
        "title": "Old_trams",
        "url": "https://en.wikipedia.org/wiki/Trams",
        "summary": "Trams are.",
        "content": [{"section_title": "History", "section_content": [], "subsections": [steam | {"subsections": []}]}],
    }
    write_lines(data / "articles" / "Old_trams.json", article)
    assert BENCHMARK.corpus

    assert list(BENCHMARK.corpus(data)) == [
        ("https://en.wikipedia.org/wiki/Trams", "Old trams", "Trams are.\n\nSome ran on steam.", None)
    ]
    assert [task.meta.get("article") for task in BENCHMARK.load(data)] == ["https://en.wikipedia.org/wiki/Trams", None]


def test_without_articles_there_is_no_closed_world(data: Path) -> None:
    assert BENCHMARK.corpus

    with pytest.raises(UserError, match="which holds Wikipedia's articles"):
        list(BENCHMARK.corpus(data))


def test_of_the_pages_that_are_cited_one_is_right() -> None:
    task = Task("Rails", "Rails", "en", meta={"article": "https://arxiv.org/abs/2402.00002"})

    assert BENCHMARK.measure(task, Output("Rails", ARTICLE)) == {
        "topic_article_recall": 1,
        "topic_article_precision": pytest.approx(1 / 3),
    }
    assert set(BENCHMARK.measure(task, Output("Rails", "")).values()) == {0}
    assert BENCHMARK.measure(Task("Rails", "Rails", "en"), Output("Rails", ARTICLE)) == {}


def sections(text: str) -> list[str]:
    """The headings that the benchmark's script takes from an outline."""
    found = []
    for line in re.sub(r"\d+\.\ ", "#", text).split("\n"):
        if line.startswith("#"):
            if any(word in line.lower() for word in ("references", "external links", "see also", "notes")):
                break
            found.append(line.strip("#").strip())
    return found


def test_the_script_finds_the_headings_of_every_topic(tasks: list[Task], data: Path, tmp_path: Path) -> None:
    BENCHMARK.export(tasks, [Output("Old_trams", ARTICLE)], tmp_path, "redraft")

    found = {}
    for row in read_table(data / "topic_list.csv"):
        name = row["topic"].replace(" ", "_").replace("/", "_")
        found[row["topic"]] = sections((tmp_path / "redraft" / name / "storm_gen_outline.txt").read_text())
    assert found == {"Old trams": ["Summary", "Cost", "Rails"], "AC/DC": []}


def test_levels_count_from_below_the_title() -> None:
    assert outline(ARTICLE) == "# Summary\n# Cost\n## Rails\n"
    assert headings("# One\n\n## Two\n\n# Three ##\n") == [(1, "One"), (2, "Two"), (1, "Three")]
    assert headings("## A\n\n```sh\n# no heading\n```\n\n#hash\n") == [(2, "A")]


def test_the_table_of_the_script_is_read(tasks: list[Task], tmp_path: Path) -> None:
    header = ["topic", "entity_recall", "heading_soft_recall"]
    path = write_table(tmp_path / "quality.csv", header, ["Old trams", "0.25", "0.75"], ["AC/DC", "0.75", "0.25"])

    scores = BENCHMARK.scores(path, tasks)

    assert scores.tasks["AC_DC"] == {"entity_recall": 0.75, "heading_soft_recall": 0.25}
    assert scores.aggregate == {"entity_recall": 0.5, "heading_soft_recall": 0.5}
