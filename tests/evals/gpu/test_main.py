import json
import subprocess
import sys
from pathlib import Path

import pytest

from redraft.agent.transcripts import append
from redraft.evals.gpu.__main__ import main
from redraft.evals.gpu.results import write
from redraft.tests.evals.gpu.given import measured
from redraft.tests.evals.speed.given import call

ABSENT = {"langgraph", "sqlmodel", "sqlalchemy", "typer", "trafilatura", "lxml", "torch", "vllm"}
"""What a machine with a GPU need not have, and what only vLLM's own processes import."""


def test_it_needs_no_package_that_only_the_program_needs() -> None:
    code = "import sys, redraft.evals.gpu.__main__; print(*{name.split('.')[0] for name in sys.modules})"

    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "redraft" in imported
    assert not ABSENT & set(imported)


@pytest.fixture
def steps(tmp_path: Path) -> str:
    write(tmp_path / "steps.json", measured())
    return str(tmp_path / "steps.json")


@pytest.fixture
def transcripts(tmp_path: Path) -> str:
    append(tmp_path / "run.jsonl", call("the tram runs, the tram", " runs, the tram runs, the tram runs"))
    return str(tmp_path / "run.jsonl")


def test_drafters_are_compared(
    tmp_path: Path, steps: str, transcripts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results" / "compared.json"

    code = main(
        ["compare", steps, transcripts, "--drafters", "ngram,redraft", "--concurrency", "1,2", "--out", str(out)]
    )

    rows = json.loads(out.read_text())
    assert code == 0
    assert [(row["drafter"], row["concurrency"]) for row in rows] == [
        *(("off", 1), ("ngram", 1), ("redraft", 1), ("off", 2), ("ngram", 2), ("redraft", 2))
    ]
    assert rows[1]["tokens_per_step"] > 1.5
    assert capsys.readouterr().out.count("\n| ngram |") == 2


@pytest.mark.parametrize("arguments", [["--drafters", "nothing"], []])
def test_what_cannot_be_used_is_told_in_one_line(
    steps: str, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "nothing.jsonl")

    assert main(["compare", steps, missing, *arguments]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_drafters_are_timed_on_what_was_recorded(
    tmp_path: Path, transcripts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["live", transcripts, "--model", str(tmp_path), "--out", str(tmp_path / "out.json")]

    assert main([*asked, "--nodes", "query,verify"]) == 1
    assert "no call of query, verify" in capsys.readouterr().err


def test_steps_need_a_bandwidth_and_a_grid_that_tells_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["steps", "--shape", "tiny", "--tokenizer", str(tmp_path), "--out", str(tmp_path / "out.json")]

    with pytest.raises(SystemExit):
        main(asked)
    assert main([*asked, "--bandwidth", "2e10", "--batches", "1"]) == 1
    assert "two batches" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
