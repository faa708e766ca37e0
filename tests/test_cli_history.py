"""The history of a report as its users meet it: processes, an editor of theirs, two streams and an exit code."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from redraft.tests.conftest import DOCUMENTS
from redraft.tests.programs import FAITHFUL, REDRAFT, SITE, Program, Shell, shell

pytestmark = pytest.mark.enable_socket  # loopback only
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
LOCAL = {"REDRAFT_SEARCH": "none"}


class Reported(NamedTuple):
    """A home in which a report was written."""

    home: Path
    run_id: str


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    home, documents = tmp_path_factory.mktemp("reported"), tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    there = Shell(home, LOCAL)
    model = Program(FAITHFUL, tmp_path_factory.mktemp("model"))
    there("library", "add", str(documents)).check_returncode()
    there("research", QUESTION, "--preset", "quick", "--sections", "2", "--llm-url", model.url).check_returncode()
    model.stop()
    return Reported(home, there.rows("SELECT id FROM run")[0][0])


@pytest.fixture
def redraft(reported: Reported, tmp_path: Path) -> Shell:
    """Runs redraft on a copy of that home."""
    return Shell(Path(shutil.copytree(reported.home, tmp_path / "copy")), LOCAL)


@pytest.fixture
def run_id(reported: Reported) -> str:
    return reported.run_id


def editor(folder: Path, commands: str) -> dict[str, str]:
    """The settings under which an editor does this to the file `$2`; `$1` is an option of its own."""
    script = folder / "my editor"
    script.write_text(f"#!/bin/sh\n{commands}\n")
    script.chmod(0o755)
    return {"EDITOR": f"'{script}' --wait", "VISUAL": ""}


def typed(redraft: Shell, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a command that is given a text on stdin."""
    environment = os.environ | {"REDRAFT_HOME": str(redraft.home)} | redraft.settings
    return subprocess.run(
        [*REDRAFT, *arguments], input=text, capture_output=True, text=True, env=environment, timeout=50, check=False
    )


def kept_in(said: str) -> Path:
    """The file that a refusal names."""
    found = re.search(r"the text is kept in (\S+)", said)
    assert found, said
    return Path(found[1])


def test_a_section_is_written_in_the_users_editor_shown_and_taken_back(
    redraft: Shell, run_id: str, tmp_path: Path
) -> None:
    before = redraft("show", run_id).stdout
    mine = redraft.with_settings(**editor(tmp_path, 'printf " Mine is best [e2]." >> "$2"'))

    edited = mine("edit", run_id, "1")
    shown, resumed = redraft("show", run_id).stdout, redraft("resume", run_id).stdout
    undone = redraft("undo", run_id, "1")

    assert (edited.returncode, edited.stdout) == (0, ""), edited.stderr
    assert edited.stderr == "section 1 is now version 2, and locked\n"
    assert re.search(r" Mine is best \[\d\]\.\n", shown)
    assert resumed == shown
    assert undone.stderr == "section 1 is now version 3, with the text of version 1 (draft)\n"
    body, _, limits = redraft("show", run_id).stdout.partition("\n> **Limits of this report.**")
    assert before.startswith(body)
    assert "no longer fit what was changed" in limits  # the summary was not written for it
    assert list((redraft.home / "data" / "edits").iterdir()) == []


def test_a_section_is_taken_from_a_file_or_from_stdin(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("From a file [e1].\n")

    from_file = redraft("edit", run_id, "0", "--from", str(tmp_path / "mine.md"))
    from_stdin = typed(redraft, "From stdin [e2].\n", "edit", run_id, "1", "--from", "-")

    assert (from_file.returncode, from_stdin.returncode) == (0, 0)
    shown = redraft("show", run_id).stdout
    assert "## Summary\n\nFrom a file [1].\n" in shown
    assert re.search(r"\n\nFrom stdin \[\d\]\.\n", shown)
    assert (tmp_path / "mine.md").read_text() == "From a file [e1].\n"


@pytest.mark.parametrize("way", ["editor", "stdin", "file"])
def test_a_text_that_cites_what_the_run_does_not_have_is_refused_and_kept(
    redraft: Shell, run_id: str, tmp_path: Path, way: str
) -> None:
    before = redraft("show", run_id).stdout
    (tmp_path / "mine.md").write_text("An hour of work [e999].")

    if way == "editor":
        settings = editor(tmp_path, 'printf "An hour of work [e999]." > "$2"')
        done = redraft.with_settings(**settings)("edit", run_id, "1")
    elif way == "stdin":
        done = typed(redraft, "An hour of work [e999].", "edit", run_id, "1", "--from", "-")
    else:
        done = redraft("edit", run_id, "1", "--from", str(tmp_path / "mine.md"))

    assert (done.returncode, done.stdout) == (2, "")
    assert "[e999]" in done.stderr.splitlines()[-1]
    assert kept_in(done.stderr).read_text() == "An hour of work [e999]."
    assert redraft("show", run_id).stdout == before


def test_an_editor_that_fails_changes_nothing_and_loses_nothing(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    crashed = redraft.with_settings(**editor(tmp_path, 'printf "Half a text" > "$2"; exit 3'))("edit", run_id, "1")
    missing = redraft.with_settings(EDITOR="/nowhere/at/all", VISUAL="")("edit", run_id, "1")
    unset = redraft.with_settings(EDITOR="", VISUAL="")("edit", run_id, "1")

    assert [done.returncode for done in (crashed, missing, unset)] == [2, 2, 2]
    assert kept_in(crashed.stderr).read_text() == "Half a text"
    assert "/nowhere/at/all" in missing.stderr
    assert "set EDITOR" in unset.stderr
    assert list((redraft.home / "data" / "edits").iterdir()) == [kept_in(crashed.stderr)]
    assert redraft.rows("SELECT text FROM version WHERE op = 'edit'") == []


def test_an_editor_that_is_left_without_a_change_makes_no_version(redraft: Shell, run_id: str) -> None:
    done = redraft.with_settings(EDITOR="true", VISUAL="")("edit", run_id, "1")

    assert (done.returncode, done.stderr) == (0, "section 1 is unchanged\n")
    assert redraft.rows("SELECT title FROM section WHERE locked") == []


def test_a_run_that_an_editor_is_open_on_is_not_edited_by_another(redraft: Shell, run_id: str, tmp_path: Path) -> None:
    settings = editor(tmp_path, f"touch {tmp_path}/open; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    first = redraft.with_settings(**settings).start("edit", run_id, "1")
    while not (tmp_path / "open").exists():
        assert first.poll() is None
        time.sleep(0.02)

    others = [redraft("undo", run_id, "1"), redraft("lock", run_id, "2"), typed(redraft, "x", "edit", run_id, "1")]
    (tmp_path / "go").touch()
    first.communicate(timeout=50)

    assert [done.returncode for done in others] == [12, 12, 12]
    assert all("another process" in done.stderr for done in others)
    assert first.returncode == 0


def test_history_lists_versions_for_readers_and_for_programs(redraft: Shell, run_id: str) -> None:
    typed(redraft, "From stdin [e2].", "edit", run_id, "1", "--from", "-")
    redraft("undo", run_id, "1")

    shown = redraft("history", run_id)
    told = [json.loads(line) for line in redraft("history", run_id, "1", "--json").stdout.splitlines()]

    assert [(row["version"], row["op"], row["stands"]) for row in told] == [
        (1, "draft", False),
        (2, "edit", False),
        (3, "undo", True),
    ]
    assert re.search(r"^1\. Capacity of each way to travel \(locked\)$", shown.stdout, re.MULTILINE)
    assert re.search(r"^ +2  edit +accepted +3 words +1 citations", shown.stdout, re.MULTILINE)
    assert len(re.findall(r"  stands  ", shown.stdout)) == 3
    assert "\x1b" not in shown.stdout


def test_diff_shows_what_an_edit_changed_and_says_when_nothing_did(redraft: Shell, run_id: str) -> None:
    alone = redraft("diff", run_id, "1")
    typed(redraft, "From stdin [e2].", "edit", run_id, "1", "--from", "-")

    changed, same = redraft("diff", run_id, "1"), redraft("diff", run_id, "1", "2", "2")

    assert (alone.returncode, alone.stdout) == (2, "")
    assert changed.stdout.startswith("--- section 1, version 1 (draft)\n+++ section 1, version 2 (edit)\n@@ ")
    assert changed.stdout.endswith("\n+From stdin [e2].\n")
    assert "\x1b" not in changed.stdout
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "both versions have the same text\n")


def test_explain_leads_from_a_section_and_from_a_sentence_to_the_passages(redraft: Shell, run_id: str) -> None:
    section = redraft("explain", run_id, "1")
    typed(redraft, "Monorails hang from beams [e2].", "edit", run_id, "1", "--from", "-")
    (number,) = re.findall(r"Monorails hang from beams \[(\d)\]", redraft("show", run_id).stdout)

    sentence = redraft("explain", run_id, f"monorails hang from beams [{number}]")
    data = json.loads(redraft("explain", run_id, "Monorails hang", "--section", "1", "--json").stdout)

    assert "searched for “euros a kilometre”" in section.stdout
    assert re.search(r"version 1 was written by faithful in step draft, attempt 1: 9 tokens in", section.stdout)
    assert f"[e2], in the report [{number}]: " in sentence.stdout
    assert re.search(r"characters \d+–\d+: \S", sentence.stdout)
    assert [evidence["evidence"] for evidence in data["evidence"]] == [2]
    assert data["evidence"][0]["trail"] is None


def test_a_page_of_the_web_is_explained_by_the_way_to_it(tmp_path: Path) -> None:
    site, model = Program(SITE, tmp_path / "site", "0"), Program(FAITHFUL, tmp_path / "model")
    there = shell(tmp_path / "web", site)
    there("research", QUESTION, "--sections", "1", "--pages", "10", "--llm-url", model.url).check_returncode()
    model.stop()
    site.stop()

    run_id = there.rows("SELECT id FROM run")[0][0]
    data = json.loads(there("explain", run_id, "1", "--json").stdout)

    asked = {text for (text,) in there.rows("SELECT text FROM search")}
    assert data["evidence"]
    for evidence in data["evidence"]:
        assert evidence["query"] in asked
        assert evidence["trail"].endswith(evidence["url"])
    shown = there("explain", run_id, "1").stdout
    assert f"found with “{data['evidence'][0]['query']}”: {data['evidence'][0]['trail']}" in shown


def test_a_lock_is_put_on_and_taken_off(redraft: Shell, run_id: str) -> None:
    done = redraft("lock", run_id, "2")
    locked = redraft.rows("SELECT title FROM section WHERE locked")
    redraft("unlock", run_id, "2")

    assert (done.returncode, done.stderr) == (0, "section 2 is locked\n")
    assert locked == [("Cost of building",)]
    assert redraft.rows("SELECT title FROM section WHERE locked") == []


BAD_INPUT = {
    "an unknown run": (["history", "ffff"], 5, "'ffff'"),
    "an unknown section": (["history", "RUN", "7"], 2, "no section 7: its sections are 0, 1, 2"),
    "an unknown section to edit": (["edit", "RUN", "7", "--from", "-"], 2, "no section 7"),
    "an unknown section to lock": (["lock", "RUN", "7"], 2, "no section 7"),
    "an unknown section to explain": (["explain", "RUN", "7"], 2, "no section 7"),
    "an unknown version": (["diff", "RUN", "1", "1", "9"], 2, "no version 9"),
    "nothing to undo": (["undo", "RUN", "1"], 2, "nothing to undo"),
    "an unknown sentence": (["explain", "RUN", "Whales sing."], 2, "no sentence of the report has these words"),
    "a file that is not there": (["edit", "RUN", "1", "--from", "/nowhere/at/all"], 3, "/nowhere/at/all"),
    "a folder as a file": (["edit", "RUN", "1", "--from", "/"], 2, "cannot read /"),
    "an empty text": (["edit", "RUN", "1", "--from", "/dev/null"], 2, "the text is empty"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_gets_one_clear_line_and_its_own_exit_code(
    redraft: Shell, run_id: str, arguments: list[str], code: int, told: str
) -> None:
    done = redraft(*[run_id if argument == "RUN" else argument for argument in arguments])

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
