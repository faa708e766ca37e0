from pathlib import Path

import pytest

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import BENCHMARKS
from redraft.tests.evals.benchmarks.given import write

NAMES = (
    "drb",
    "deepconsult",
    "researchy",
    "reportbench",
    "deepscholar",
    "freshwiki",
    "longbench_write",
    "longwrite_ruler",
    "questions",
)


def test_benchmarks_are_found_by_name() -> None:
    assert tuple(BENCHMARKS) == NAMES
    assert all(benchmark.name == name for name, benchmark in BENCHMARKS.items())
    assert all(benchmark.licence and benchmark.source for benchmark in BENCHMARKS.values())
    assert [name for name in NAMES if not BENCHMARKS[name].total] == ["questions"]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_is_refused_with_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no .*, which holds the"):
        BENCHMARKS[name].load(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_no_text_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / BENCHMARKS[name].files[0].places[0]
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UserError, match=r"cannot read .*'utf-8'"):
        BENCHMARKS[name].load(tmp_path)


@pytest.mark.parametrize(("mark", "end"), [("\ufeff", "\n"), ("", "\r\n")])
def test_files_as_other_systems_write_them_are_read(tmp_path: Path, mark: str, end: str) -> None:
    write(tmp_path / "queries.csv", f"{mark}query{end}Examine KKR.{end}")
    write(tmp_path / "longwrite_ruler.jsonl", mark + '{"prompt": "Write.", "type": "Story", "length": 9}' + end)

    assert [task.prompt for task in BENCHMARKS["deepconsult"].load(tmp_path)] == ["Examine KKR."]
    assert [task.prompt for task in BENCHMARKS["longwrite_ruler"].load(tmp_path)] == ["Write."]
