"""The command that exports a report, as its users meet it."""

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from redraft.tests.agent.export.reports import PRINTS
from redraft.tests.conftest import DOCUMENTS
from redraft.tests.programs import FAITHFUL, REDRAFT, Program, Shell

pytestmark = pytest.mark.enable_socket  # loopback only
LOCAL = {"REDRAFT_SEARCH": "none"}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a report was written."""
    home, documents = tmp_path_factory.mktemp("reported"), tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    there, model = Shell(home, LOCAL), Program(FAITHFUL, tmp_path_factory.mktemp("model"))
    there("library", "add", str(documents)).check_returncode()
    there("research", "How do trams run?", "--preset", "quick", "--sections", "2", "--llm-url", model.url)
    model.stop()
    return home


@pytest.fixture
def redraft(reported: Path, tmp_path: Path) -> Shell:
    return Shell(Path(shutil.copytree(reported, tmp_path / "copy")), LOCAL)


@pytest.fixture
def run_id(redraft: Shell) -> str:
    return redraft.rows("SELECT id FROM run")[0][0]


def test_text_goes_to_stdout_and_nothing_else_does(redraft: Shell, run_id: str) -> None:
    told = {name: redraft("export", run_id[:4], "--format", name) for name in ("html", "json", "md")}

    assert {(done.returncode, done.stderr) for done in told.values()} == {(0, "")}
    assert told["html"].stdout.startswith("<!DOCTYPE html>")
    assert json.loads(told["json"].stdout)["run"] == run_id
    assert told["md"].stdout == redraft("show", run_id).stdout


def test_a_file_is_of_the_format_that_it_ends_in_and_is_replaced_whole(
    redraft: Shell, run_id: str, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "report.PDF"
    target.parent.mkdir()
    target.write_text("old")

    done = redraft("export", run_id, "-o", str(target))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"report written to {target}\n")
    assert target.read_bytes().startswith(b"%PDF-")
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "redraft: say in which form: --format html, pdf, json, md, or -o with a file that ends in one of them\n"),
        (["-o", "report"], "redraft: say in which form: "),
        (["-o", "report.txt"], "redraft: no report can be exported as 'txt'; known are html, pdf, json, md\n"),
        (["--format", "html,pdf"], "redraft: say in which form: "),
        (["--format", "html", "-o", "nowhere/report.html"], "redraft: cannot write a report to nowhere/report.html: "),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    redraft: Shell, run_id: str, arguments: list[str], told: str
) -> None:
    done = redraft("export", run_id, *arguments)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(told)


@PRINTS
def test_a_pdf_is_not_written_to_a_terminal(redraft: Shell, run_id: str) -> None:
    terminal, end = pty.openpty()
    environment = os.environ | {"REDRAFT_HOME": str(redraft.home)}
    command = [*REDRAFT, "export", run_id, "--format", "pdf"]

    done = subprocess.run(
        command, stdout=end, stderr=subprocess.PIPE, env=environment, text=True, timeout=50, check=False
    )

    assert (done.returncode, done.stderr) == (2, "redraft: a PDF is nothing for a terminal: give it a file with -o\n")
    os.close(end)
    os.close(terminal)
