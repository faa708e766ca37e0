"""`redraft eval report`, on files of scores and on an evaluation run."""

import json
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import pytest

from redraft.cli_terminal import check_installed
from redraft.store.database import Database
from redraft.tests.evals.benchmarks.given import write
from redraft.tests.evals.report.test_reading import kept
from redraft.tests.evaluated import Answer
from redraft.tools.errors import Misconfigured


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two systems by official scores: the second is better by 0.125 on each of twelve tasks."""
    return scores(tmp_path / "old.json", 0.0), scores(tmp_path / "new.json", 0.125)


def scores(path: Path, gain: float) -> Path:
    tasks = {f"t{n}": {"overall": n / 64 + gain, "insight": 0.5} for n in range(12)}
    return write(path, json.dumps({"benchmark": "drb", "aggregate": {}, "tasks": tasks}))


def without(missing: str) -> Callable[[str], ModuleSpec | None]:
    return lambda name: None if name == missing else find_spec(name)


def test_tables_are_printed_where_no_file_is_asked_for(pair: tuple[Path, Path]) -> None:
    shown = Answer("report", *pair)
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["What", "was", "compared"] in lines
    assert ["↑", "overall", "new", "+0.125", "[+0.125,", "+0.125]", "0.001", "0", "12", "new", "is", "better"] in lines
    assert "Every task" not in shown.out


def test_only_what_is_asked_for_is_reported(pair: tuple[Path, Path]) -> None:
    found = Answer("report", *pair, "--measure", "insight", "--json").data["protocols"]
    assert list(found["official"]["means"]) == ["insight"]
    refused = Answer("report", *pair, "--protocol", "race")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "no system has scores by the protocol 'race': there are official" in refused.err


def test_a_report_is_written_in_the_form_that_its_file_ends_in(pair: tuple[Path, Path], tmp_path: Path) -> None:
    for ending, begins in (("html", "<!DOCTYPE html>"), ("md", "# Evaluation of old, new on drb\n"), ("JSON", "{")):
        target = tmp_path / f"report.{ending}"
        answer = Answer("report", *pair, "-o", target)
        assert (answer.code, answer.out, answer.err) == (0, "", f"report written to {target}\n")
        assert target.read_text().startswith(begins)
        first = target.read_bytes()
        Answer("report", *pair, "-o", target)
        assert target.read_bytes() == first


def test_markdown_can_have_its_plots_beside_it(pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = Answer("report", *pair, "-o", tmp_path / "my report.md", "--plots")
    assert answer.code == 0, answer.err
    assert sorted(file.name for file in tmp_path.glob("*.svg")) == ["my report-1.svg", "my report-2.svg"]
    assert "](my%20report-1.svg)" in (tmp_path / "my report.md").read_text()


def test_an_evaluation_run_is_reported_by_its_name_and_how_to_make_it_again(database: Database, pair: object) -> None:
    kept(database)
    found = Answer("report", "base", "--by", "language", "--json").data
    assert found["command"] == "redraft eval report base --by language"
    assert found["systems"][0]["writer"] == "redraft"
    assert [row["group"] for row in found["protocols"]["race"]["by"]["language"]["overall"]["base"]] == [
        "all",
        "en",
        "zh",
    ]
    assert "race (ungated)" in Answer("report", "base").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "report.txt"), "should end in .html, .md, .json"),
        (("-o", "report.md", "--json"), "two forms"),
        (("--plots",), "--plots is for Markdown"),
        (("-o", "report.html", "--plots"), "--plots is for Markdown"),
        (("-o", "nowhere/report.md"), "cannot write a report to nowhere/report.md"),
        (("--by", "topic"), "nothing is known of the topic"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    arguments: tuple[str, ...], said: str, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = Answer("report", *pair, *arguments)
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert said in refused.err


def test_what_is_nowhere_is_not_there() -> None:
    refused = Answer("report", "nobody")
    assert (refused.code, refused.err.count("\n")) == (3, 1)


def test_a_library_that_is_missing_is_named_with_what_installs_it() -> None:
    with pytest.raises(Misconfigured, match=r"a plot needs NumPy: run `pip install 'redraft\[evals\]'`"):
        check_installed("a plot", "NumPy", find=without("numpy"))
    with pytest.raises(Misconfigured, match="needs Matplotlib"):
        check_installed("a plot", "NumPy", "Matplotlib", find=without("matplotlib"))
    check_installed("a table", "NumPy", find=without("matplotlib"))
