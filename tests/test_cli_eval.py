"""`redraft eval`, on small files of data: what there is, and what others' scripts are given."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from redraft.tests.evals.benchmarks.given import ARTICLE, read_lines, read_table, write, write_lines
from redraft.tests.evaluated import Answer, benchmarks, races, reports
from redraft.tests.programs import REDRAFT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return benchmarks(tmp_path / "data")


def test_every_benchmark_is_listed_with_its_licence_and_what_is_here(data: Path) -> None:
    bare, here = Answer("list").rows, Answer("list", "--data", data)

    assert bare["drb"] == ["DeepResearch", "Bench", "Apache-2.0", "100"]
    assert re.search(r"^drb +DeepResearch Bench +Apache-2.0 +3 of 100$", here.out, re.MULTILINE)
    assert "drb: the reference article: not here for 3 of 3 tasks\n" in here.out
    assert "deepconsult: " in here.out
    listed = {entry["name"]: entry for entry in Answer("list", "--data", data, "--json").data["benchmarks"]}
    assert listed["drb"]["folder"] == str(data / "drb")
    assert (listed["drb"]["tasks"], listed["drb"]["languages"]) == (3, {"en": 2, "zh": 1})
    assert (listed["deepconsult"]["tasks"], listed["deepconsult"]["folder"]) == (0, None)
    assert "queries.csv" in listed["deepconsult"]["missing"][0]


def test_data_is_checked_and_its_files_are_told_by_their_digests(data: Path) -> None:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
    write(data / "drb" / "criteria.jsonl", "")

    found, shown = Answer("prepare", "drb", "--data", data, "--json").data, Answer("prepare", "drb", "--data", data)

    assert [file["name"] for file in found["files"]] == ["query.jsonl", "criteria.jsonl"]
    assert found["files"][1]["sha256"] == digest
    assert (found["tasks"], found["total"]) == (3, 100)
    assert shown.out.startswith("DeepResearch Bench (Apache-2.0): 3 of 100 tasks; 2 en, 1 zh\n")
    assert shown.rows["criteria.jsonl"] == ["0", "B", digest]


def test_a_damaged_line_is_named(data: Path) -> None:
    with (data / "drb" / "query.jsonl").open("a") as file:
        file.write("{}\n")

    failed = Answer("prepare", "drb", "--data", data)

    assert failed.code == 2
    assert "query.jsonl, line 4: id: Field required" in failed.err
    assert failed.err.count("\n") == 1


def test_reports_are_written_as_the_scripts_read_them(data: Path, tmp_path: Path) -> None:
    file = reports(tmp_path, "mine", {"2": ARTICLE})
    arguments = ("export", "drb", "--data", data, "--reports", file, "--to", tmp_path / "out", "--name", "mine")

    first, again = Answer(*arguments), Answer(*arguments)

    target = tmp_path / "out" / "data" / "test_data" / "raw_data" / "mine.jsonl"
    assert first.out == f"{target}\n"
    assert first.err == "3 tasks in 1 file(s): 1 with a report, 2 empty\n"
    assert [row["article"] for row in read_lines(target)] == ["", ARTICLE, ""]
    assert (again.code, "is there already" in again.err) == (2, True)


def test_a_report_on_no_task_or_another_prompt_is_refused(data: Path, tmp_path: Path) -> None:
    strange = write_lines(tmp_path / "strange.jsonl", {"id": 77, "article": ARTICLE})
    other = write_lines(tmp_path / "other.jsonl", {"id": 2, "prompt": "Why not?", "article": ARTICLE})
    rest = ("--to", tmp_path / "out", "--name", "mine")

    for file, said in ((strange, "on no task of this data, the first on 77"), (other, "task 2 has another prompt")):
        failed = Answer("export", "drb", "--data", data, "--reports", file, *rest)
        assert (failed.code, failed.out) == (2, "")
        assert said in failed.err
    assert not (tmp_path / "out").exists()


def test_reports_for_businesses_may_be_compared_with_others_than_the_published(tmp_path: Path) -> None:
    write(tmp_path / "data" / "queries.csv", "query\nWhy?\n")
    mine = write_lines(tmp_path / "mine.jsonl", {"id": "0", "article": "Mine."})
    theirs = write_lines(tmp_path / "theirs.jsonl", {"id": "0", "article": "Theirs."})
    rest = ("--data", tmp_path / "data", "--reports", mine, "--to", tmp_path / "out", "--name", "mine", "--json")

    found = Answer("export", "deepconsult", *rest, "--against", theirs).data

    assert (found["tasks"], found["reports"], found["empty"]) == (1, 1, 0)
    rows = read_table(Path(found["files"][0]))
    assert rows == [{"question": "Why?", "baseline_answer": "Theirs.", "candidate_answer": "Mine."}]
    assert Answer("export", "deepconsult", *rest).code == 2


def test_what_does_not_fit_the_data_is_told_in_one_line(data: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "strange.jsonl", {"id": 77, "article": ARTICLE})
    mine = reports(tmp_path, "mine", {"2": ARTICLE})
    race = races(tmp_path, "race.jsonl", {77: 0.5})
    rest = ("--reports", mine, "--to", tmp_path / "out", "--name", "mine", "--against", mine)

    wrong = {
        ("metrics", file, "--bench", "drb", "--data", data): "has no report on a task of this benchmark",
        ("metrics", mine, "--bench", "drb", "--data", file): "is no folder",
        ("import-scores", "drb", race, "--data", data): "no task of this data is scored there",
        ("export", "drb", "--data", data, *rest): "--against is for deepconsult",
    }
    for arguments, said in wrong.items():
        failed = Answer(*arguments)
        assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1)
        assert said in failed.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("metrics",), 2, "nothing to measure"),
        (("metrics", "no.md"), 3, "no.md is not there"),
        (("metrics", ".", "--bench", "drb"), 2, "--bench and --data go together"),
        (("metrics", "--run", "none"), 5, "no run has the id 'none'"),
        (("prepare", "nothing", "--data", "."), 2, "there is no benchmark 'nothing': there are drb, "),
        (("prepare", "drb", "--data", "no/folder"), 3, "no/folder is not there"),
        (("import-scores", "drb", "no.jsonl"), 3, "no.jsonl is not there"),
        (("compare", "no.json", "no.json"), 3, "no.json is not there"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_code(arguments: tuple[str, ...], code: int, said: str) -> None:
    failed = Answer(*arguments)

    assert (failed.code, failed.out, failed.err.count("\n")) == (code, "", 1)
    assert said in failed.err


def test_help_lists_the_commands_without_what_they_need() -> None:
    loaded = "import sys, redraft.cli; sys.exit(bool({'numpy', 'pydantic', 'redraft.evals'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
    assert all(name in Answer("--help").out for name in ("list", "prepare", "export", "metrics", "import-scores"))


def test_on_a_terminal_tables_are_drawn_and_nothing_in_a_file_moves_the_cursor(tmp_path: Path) -> None:
    file = write(tmp_path / "detailed.json", json.dumps({"7": {"scores": {"\x1b[2JClarity": [8, None]}}}))
    command = [*REDRAFT, "eval", "import-scores", "researchy", str(file)]
    reader, writer = pty.openpty()
    with subprocess.Popen(command, stdout=writer, env=os.environ | {"COLUMNS": "120"}) as process:
        os.close(writer)
        drawn = _everything(reader)

    assert process.returncode == 0
    assert "┃" in drawn
    assert " [2jclarity " in drawn
    assert "\x1b[2j" not in drawn


def _everything(reader: int) -> str:
    """What a terminal is sent until nobody writes to it any more, which Linux calls an error."""
    read = b""
    with suppress(OSError):
        while piece := os.read(reader, 65_536):
            read += piece
    os.close(reader)
    return read.decode()
