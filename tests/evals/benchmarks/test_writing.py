from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.writing import articles, publish_file, publish_folder

TASKS = [Task("1", "one", "en"), Task("2", "two", "en")]


def test_a_task_without_an_output_has_an_empty_article() -> None:
    outputs = [Output("2", "text"), Output("of another split", "text")]

    assert [(task.id, article) for task, article in articles(TASKS, outputs)] == [("1", ""), ("2", "text")]


def test_two_outputs_of_one_task_are_refused() -> None:
    with pytest.raises(ValueError, match="two outputs"):
        articles(TASKS, [Output("1", "a"), Output("1", "b")])


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    files = {"one.txt": "1", "one.txt/two.txt": "a file cannot be a folder"}

    with pytest.raises(UserError, match="cannot write"):
        publish_folder(tmp_path / "run", files)

    assert list(tmp_path.iterdir()) == []


def test_an_export_never_touches_what_is_there(tmp_path: Path) -> None:
    publish_file(tmp_path / "run", "first")

    with pytest.raises(UserError, match="there already"):
        publish_file(tmp_path / "run", "second")
    with pytest.raises(UserError, match="there already"):
        publish_folder(tmp_path / "run", {})

    assert (tmp_path / "run").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/out.txt"])
def test_no_name_of_a_task_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="leads out"):
        publish_folder(tmp_path / "run", {name: "text"})

    assert list(tmp_path.iterdir()) == []


def test_lines_end_as_they_were_given(tmp_path: Path) -> None:
    publish_file(tmp_path / "deep" / "run", "a\r\nb\n")

    assert (tmp_path / "deep" / "run").read_bytes() == b"a\r\nb\n"
