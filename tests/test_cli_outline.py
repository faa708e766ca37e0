"""The outline as its users meet it: a run that waits, a terminal that asks, an editor of theirs."""

import json
import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from redraft.tests.conftest import DOCUMENTS
from redraft.tests.programs import FAITHFUL, REDRAFT, Program, Shell

pytestmark = pytest.mark.enable_socket  # loopback only
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
STEPS = ("deepen", "denoise", "critique", "vote", "verify", "disputes", "cohere", "conclusion")
PLAIN = ["--preset", "quick", "--sections", "2", "--rounds", "0", *(f"--no-{step}" for step in STEPS)]


class Waiting(NamedTuple):
    """A home in which a run waits at its outline, and how it got there."""

    home: Path
    run_id: str
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    model = Program(FAITHFUL, tmp_path_factory.mktemp("model"))
    yield model
    model.stop()


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory, model: Program) -> Waiting:
    home, documents = tmp_path_factory.mktemp("waiting"), tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    there = Shell(home, {"REDRAFT_SEARCH": "none"})
    there("library", "add", str(documents)).check_returncode()
    done = there("research", QUESTION, *PLAIN, "--approve", "--llm-url", model.url)
    return Waiting(home, there.rows("SELECT id FROM run")[0][0], done)


@pytest.fixture
def redraft(waiting: Waiting, tmp_path: Path) -> Shell:
    """Runs redraft on a copy of that home."""
    return Shell(Path(shutil.copytree(waiting.home, tmp_path / "copy")), {"REDRAFT_SEARCH": "none"})


@pytest.fixture
def run_id(waiting: Waiting) -> str:
    return waiting.run_id


def editor(folder: Path, commands: str) -> dict[str, str]:
    """The settings under which an editor does this to the file `$1`."""
    script = folder / "editor"
    script.write_text(f"#!/bin/sh\n{commands}\n")
    script.chmod(0o755)
    return {"EDITOR": str(script), "VISUAL": ""}


def titles(redraft: Shell) -> list[str]:
    """Of the first run's sections."""
    return [title for (title,) in redraft.rows("SELECT title FROM section ORDER BY number")]


def test_off_a_terminal_a_run_stops_at_its_outline_and_says_how_to_go_on(waiting: Waiting, redraft: Shell) -> None:
    done, run_id = waiting.done, waiting.run_id

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"redraft outline {run_id}" in done.stderr
    assert f"redraft resume {run_id}" in done.stderr
    assert json.loads(redraft("runs", "--json").stdout)["status"] == "waiting"
    assert redraft("show", run_id).returncode == 2


def test_an_outline_is_shown_changed_and_written(redraft: Shell, run_id: str, model: Program) -> None:
    shown = redraft("outline", run_id)
    listed = [json.loads(line) for line in redraft("outline", run_id, "--json").stdout.splitlines()]
    changed = redraft(
        *("outline", run_id, "--rename", "1", "Passengers of an hour", "--words", "1", "150", "--drop", "2"),
        *("--add", "Cost of every line", "--add", "Lifetime of rails", "--move", "2", "1"),
    )
    finished = redraft("resume", run_id, "--llm-url", model.url)
    after = redraft("outline", run_id)

    assert "1. Capacity of each way to travel (planned," in shown.stdout
    assert [(entry["number"], entry["state"]) for entry in listed] == [(number, "planned") for number in "012"]
    assert changed.returncode == 0, changed.stderr
    assert "1. Passengers of an hour (planned, 150 words)" in changed.stdout
    headings = [line for line in finished.stdout.splitlines() if line.startswith("## ")]
    assert headings[:4] == ["## Summary", "## Passengers of an hour", "## Cost of every line", "## Lifetime of rails"]
    assert "1. Passengers of an hour (drafted, " in after.stdout
    assert " of 150 words)" in after.stdout


def test_an_outline_is_written_in_the_users_editor(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    mine = redraft.with_settings(**editor(tmp_path, 'printf "## Rails\\n\\n## Wires\\n" > "$1"'))

    edited = mine("outline", run_id, "--edit")

    assert edited.returncode == 0, edited.stderr
    assert titles(redraft) == ["Summary", "Rails", "Wires"]
    assert list((redraft.home / "data" / "edits").iterdir()) == []


def test_an_outline_is_taken_from_a_file(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("## Rails\n")

    redraft("outline", run_id, "--from", str(tmp_path / "mine.md")).check_returncode()

    assert titles(redraft) == ["Summary", "Rails"]


def test_what_is_no_outline_is_refused_with_its_line_and_kept(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    before = titles(redraft)
    mine = redraft.with_settings(**editor(tmp_path, 'printf "## Rails\\n\\nWords: many\\n" > "$1"'))

    done = mine("outline", run_id, "--edit")

    assert (done.returncode, done.stdout) == (2, "")
    assert "line 3 of the outline: 'many' is no number of words" in done.stderr
    (kept,) = (redraft.home / "data" / "edits").iterdir()
    assert f"the text is kept in {kept}" in done.stderr
    assert titles(redraft) == before


def test_at_a_terminal_the_outline_is_shown_and_the_run_goes_on_when_it_is_told_to(
    redraft: Shell, tmp_path: Path, model: Program
) -> None:
    mine = redraft.with_settings(**editor(tmp_path, 'printf "## Cost of building\\n" > "$1"'))
    begin = ["research", QUESTION, *PLAIN, "--approve", "--llm-url", model.url]

    said, report = at_a_terminal(mine, begin, ["edit", "continue"])

    assert "1. Capacity of each way to travel (planned," in said
    assert "1. Cost of building (planned," in said
    assert report.count("\n## ") == 3
    assert "\n## Cost of building\n" in report


def test_at_a_terminal_a_run_can_be_left(redraft: Shell, model: Program) -> None:
    begin = ["research", QUESTION, *PLAIN, "--approve", "--llm-url", model.url]

    said, report = at_a_terminal(redraft, begin, ["leave"])

    assert "redraft resume" in said
    assert report == ""


def at_a_terminal(redraft: Shell, arguments: Sequence[str], answers: Sequence[str]) -> tuple[str, str]:
    """What is said on a terminal where these answers are typed, each when it is asked for, and what is on stdout."""
    master, terminal = pty.openpty()
    environment = os.environ | {"REDRAFT_HOME": str(redraft.home), "TERM": "dumb"} | redraft.settings
    process = subprocess.Popen(
        [*REDRAFT, *arguments], stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True, env=environment
    )
    os.close(terminal)
    said = ""
    for answer in answers:
        said += _heard(master, "leave? [continue]")
        os.write(master, f"{answer}\n".encode())
    said += _heard(master, None)
    out, _ = process.communicate(timeout=40)
    os.close(master)
    assert process.returncode == 0, said
    return said, out


def _heard(terminal: int, until: str | None) -> str:
    """What comes until this is said; all that comes, without it."""
    heard, end = b"", time.monotonic() + 40
    while time.monotonic() < end and not (until and until.encode() in heard):
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                heard += os.read(terminal, 4096)
            except OSError:  # nobody is at its other end any more
                break
    return heard.decode()


def test_every_setting_of_a_flag_is_kept_with_the_run(
    waiting: Waiting, redraft: Shell, tmp_path: Path, model: Program
) -> None:
    (tmp_path / "spec.md").write_text("# Spec\n\n- The cost of a tram line\n- The passengers of a bus lane\n")
    (tmp_path / "style.md").write_text("We write short sentences. We like them.\n")
    flags = ["--spec", str(tmp_path / "spec.md"), *(2 * ["--style", str(tmp_path / "style.md")])]
    numbers = ["--question-variants", "2", "--answer-variants", "4", "--tokens", "50000", "--think", "64"]
    others = ["--since", "2020-01-31", "--dialect", "warp", "--no-terse", "--serial", "--approve"]

    redraft("research", QUESTION, *PLAIN, *flags, *numbers, *others, "--llm-url", model.url)

    kept = json.loads(redraft("runs", "--json").stdout.splitlines()[0])["settings"]
    assert {name: kept[name] for name in STEPS} == dict.fromkeys(STEPS, False)
    assert kept["spec"] == ["The cost of a tram line", "The passengers of a bus lane"]
    assert kept["style"] == ["We write short sentences. We like them."] * 2
    assert (kept["rounds"], kept["question_variants"], kept["answer_variants"], kept["tokens"]) == (0, 2, 4, 50000)
    assert (kept["since"], kept["dialect"], kept["think"]) == ("2020-01-31", "warp", 64)
    assert (kept["terse"], kept["serial"], kept["approve"]) == (False, True, True)


BAD_INPUT = {
    "an unknown run": (["outline", "ffff"], 5, "'ffff'"),
    "an unknown section": (["outline", "RUN", "--drop", "7"], 2, "no section 7"),
    "an unknown place": (["outline", "RUN", "--move", "1", "9"], 2, "no place 9"),
    "a title that is none": (["outline", "RUN", "--add", " "], 2, "has no title"),
    "a length that is none": (["outline", "RUN", "--words", "1", "3"], 2, "20 to 10000 words"),
    "the last section": (["outline", "RUN", "--drop", "1", "--drop", "2"], 2, "and this one 0"),
    "a file that is not there": (["outline", "RUN", "--from", "/nowhere/at/all"], 3, "/nowhere/at/all"),
    "a specification that is not there": (["research", "What?", "--spec", "/nowhere/spec"], 3, "/nowhere/spec"),
    "an empty sample": (["research", "What?", "--style", "/dev/null"], 2, "/dev/null is empty"),
    "an unknown dialect": (["research", "What?", "--dialect", "latin"], 2, "dialect"),
    "a date that is none": (["research", "What?", "--since", "yesterday"], 2, "since"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_gets_one_clear_line_and_its_own_exit_code(
    redraft: Shell, run_id: str, arguments: list[str], code: int, told: str
) -> None:
    before = titles(redraft)

    done = redraft(*[run_id if argument == "RUN" else argument for argument in arguments])

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert titles(redraft) == before
