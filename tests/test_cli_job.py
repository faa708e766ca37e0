"""Reports by the clock, as users meet them: commands, streams, exit codes, files, and processes that are ended."""

import json
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it has no stubs
import pytest
from typer.testing import CliRunner, Result

from redraft.agent.archive import open_database
from redraft.agent.settings import load_settings
from redraft.cli import app
from redraft.store import jobs
from redraft.store.database import Database
from redraft.store.models import JobRun, now
from redraft.tests.agent.jobs.receiver import is_signed, receiving
from redraft.tests.programs import FAITHFUL, Program, Shell

pytestmark = pytest.mark.enable_socket  # loopback only
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
WEEKLY = ("--cron", "0 7 * * MON", "--tz", "Europe/Berlin", "--library", "cities", "--preset", "quick")
FERRIES = """# Ferries in cities

The capacity of a river ferry is up to 600 passengers an hour in each direction, a slow way to travel. Ferries, trams,
buses and cycle paths carry people in cities.
"""
SECRETS = {"HOOK_SECRET": "hunter2-Xyz", "REDRAFT_LLM_API_KEY": "sk-1234-Xyz", "REDRAFT_BRAVE_API_KEY": "BSA-Xyz"}


def redraft(*arguments: str, code: int = 0) -> Result:
    """In this process: a start of another takes a second."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    model = Program(FAITHFUL, tmp_path_factory.mktemp("model"))
    yield model
    model.stop()


@pytest.fixture
def served(model: Program, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and a library of these documents."""
    monkeypatch.setenv("REDRAFT_LLM_URL", model.url)
    redraft("library", "add", "--library", "cities", str(documents))
    return documents


def told(job: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in redraft("job", "history", job, "--json").stdout.splitlines()]


def test_a_job_from_its_first_report_over_its_news_to_its_end(served: Path, tmp_path: Path) -> None:
    folder, feed = tmp_path / "reports", tmp_path / "feed.xml"
    places = ("--to", str(folder), "--export", "html,md", "--feed", str(feed))

    made = redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY, *places)
    coming = redraft("job", "next", "trams", "--after", "2026-03-28", "-n", "2", "--json").stdout
    first = redraft("job", "run", "trams")

    assert made.stderr.startswith("trams: At 07:00 on Monday, Europe/Berlin; next: Mon ")
    assert [json.loads(line) for line in coming.splitlines()] == [
        {"name": "trams", "next": f"{day}T05:00:00+00:00", "local": f"{day}T07:00:00+02:00", "zone": "Europe/Berlin"}
        for day in ("2026-03-30", "2026-04-06")
    ]
    assert redraft("job", "explain", "trams").stdout.startswith("At 07:00 on Monday, Europe/Berlin\nnext: Mon ")
    written = [Path(line) for line in first.stdout.splitlines()]
    assert [path.suffix for path in written] == [".html", ".md"]
    assert (folder / "trams-latest.md").read_text() == written[1].read_text()
    assert "done: 6 sections" in first.stderr

    again = redraft("job", "run", "trams")
    assert (again.stdout, again.stderr) == ("", "trams: nothing new in the library and the cited pages\n")

    (served / "ferries.md").write_text(FERRIES)
    redraft("library", "add", "--library", "cities", str(served))
    update = redraft("job", "run", "trams").stderr

    newest, unchanged, oldest = told("trams")
    assert [turn["state"] for turn in (newest, unchanged, oldest)] == ["done", "unchanged", "done"]
    assert (folder / "trams-latest.md").read_text().split("\n\n")[1] == "## What is new"
    assert '<section id="news">' in (folder / "trams-latest.html").read_text()
    assert len(feedparser.parse(feed.read_text()).entries) == 2
    assert "by hand  done" in redraft("job", "logs", "trams").stdout.splitlines()[0]
    assert "nothing new" in redraft("job", "logs", "trams", "--back", "1").stdout
    assert f"begun, for 1 source that run {oldest['run_id']} did not have: {QUESTION}" in update
    followed(str(newest["run_id"]), str(oldest["run_id"]))
    assert redraft("job", "metrics").stdout.startswith("trams: 2 done, 1 unchanged; last success ")
    assert json.loads(redraft("job", "list", "--json").stdout)["last"] == "done"

    redraft("job", "rm", "trams")
    assert redraft("job", "show", "trams", code=5).stderr.count("\n") == 1
    assert written[1].exists()
    assert "## What is new" in redraft("show", str(newest["run_id"])).stdout


def followed(new: str, old: str) -> None:
    """The commands that tell of a run tell what it has of the one that it follows."""
    shown, sections = (
        json.loads(redraft("show", new, "--json").stdout),
        json.loads(redraft("runs", "--json").stdout.splitlines()[0]),
    )
    assert shown["follows"] == sections["follows"] == old
    assert "600 passengers" in shown["news"]["added"]["shown"][0]["new"]
    carried = [s["number"] for s in shown["sections"] if [v["op"] for v in s["versions"] if v["accepted"]] == ["carry"]]
    explained = redraft("explain", new, carried[0]).stdout
    assert f"carried over from run {old}" in explained
    assert json.loads(redraft("explain", old, carried[0], "--json").stdout)["carried_from"] is None
    assert "carry" in redraft("history", new).stdout


def test_a_job_is_changed_paused_and_resumed(tmp_path: Path) -> None:
    redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY, "--feed", str(tmp_path / "feed.xml"), "--jitter", "60")

    edited = redraft("job", "edit", "trams", "--every", "6h", "--tz", "Asia/Kathmandu", "--feed", "", "--keep", "5")
    shown = json.loads(redraft("job", "show", "trams", "--json").stdout)
    assert edited.stderr.startswith("trams: Every 6 hours, from ")
    assert edited.stderr.endswith("+0545\n")
    assert (shown["every"], shown["cron"], shown["jitter"]) == (6 * 3600, None, 60)
    assert [(each["kind"], each["keep"]) for each in shown["channels"]] == [("folder", 5)]

    redraft("job", "pause", "trams")
    assert redraft("job", "explain", "trams").stdout.endswith("\npaused: by hand\n")
    assert redraft("job", "edit", "trams", "--keep", "6").stderr.endswith("; paused\n")
    assert redraft("job", "list").stdout.split()[:2] == ["trams", "paused"]
    assert len(redraft("job", "next", "trams", "-n", "3").stdout.splitlines()) == 3
    assert "; next: " in redraft("job", "resume", "trams").stderr


BAD_INPUT = {
    "a name that is taken": (
        ["add", QUESTION, "--name", "trams", "--every", "6h"],
        2,
        "there is a job 'trams' already",
    ),
    "a name that is none": (["add", QUESTION, "--name", "a b", "--every", "6h"], 2, "is no name for a job"),
    "a bad cron": (["add", QUESTION, "--name", "x", "--cron", "0 7 * *"], 2, "has 4 fields"),
    "a bad zone": (["add", QUESTION, "--name", "x", "--every", "6h", "--tz", "Mars/Olympus"], 2, "no time zone"),
    "a secret": (
        ["add", QUESTION, "--name", "x", "--every", "6h", "--webhook", "https://a.org", "--webhook-secret", "hunter2"],
        2,
        "env:NAME or keyring:SERVICE/USER",
    ),
    "no packages": (["add", QUESTION, "--name", "x", "--every", "6h", "--dense"], 9, "redraft model pull minilm"),
    "an unknown job": (["run", "buses"], 5, "no job 'buses'"),
    "an unknown job to change": (["edit", "buses", "--keep", "3"], 5, "no job 'buses'"),
    "an empty question": (["edit", "trams", "--question", ""], 2, "the question is empty"),
    "a time that is none": (["next", "trams", "--after", "soon"], 2, "'soon' is no time"),
    "a run that was not": (["logs", "trams"], 2, "trams has had 0"),
    "a folder for numbers": (["metrics", "--prometheus", "/"], 8, "cannot write the numbers"),
}


def test_bad_input_gets_one_clear_line_and_its_own_exit_code() -> None:
    redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY)

    for arguments, code, said in BAD_INPUT.values():
        done = redraft("job", *arguments, code=code)
        assert said in done.stderr
        assert "hunter2" not in done.stderr
        assert len(done.stderr.splitlines()) == 1

    assert len(redraft("job", "list").stdout.splitlines()) == 1


def test_a_run_that_fails_is_told_as_such(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_LLM_URL", "http://127.0.0.1:9")
    redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY)

    failed = redraft("job", "run", "trams", code=15)

    assert failed.stdout == ""
    assert "no use of the model server at http://127.0.0.1:9" in failed.stderr
    assert [turn["state"] for turn in told("trams")] == ["ready"]
    # It waits to be tried again, and then counts.
    assert redraft("job", "run-due").stderr == ""


def test_a_secret_that_a_job_refers_to_is_used_and_kept_nowhere(
    served: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    with receiving() as receiver:
        hook = ("--webhook", receiver.url, "--webhook-secret", "env:HOOK_SECRET")
        said = [redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY, *hook), redraft("job", "run", "trams")]
    ((_, headers, body),) = receiver.heard

    assert is_signed(headers, body, SECRETS["HOOK_SECRET"].encode())
    said += [redraft("job", command, "trams") for command in ("show", "logs", "history", "metrics", "explain")]
    said += [redraft("job", "show", "trams", "--json"), redraft("job", "install-systemd")]
    assert "env:HOOK_SECRET" in said[2].stdout
    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert b"env:HOOK_SECRET" in b"".join(kept)
    for secret in SECRETS.values():
        assert not any(secret.encode() in data for data in (*kept, body, str(headers).encode()))
        assert not any(secret in done.output for done in said)


def test_units_are_printed_first_and_installed_where_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REDRAFT_LLM_API_KEY", "sk-1234-Xyz")
    folder = tmp_path / "config" / "systemd" / "user"

    left = redraft("job", "install-systemd")
    declined = CliRunner().invoke(app, ["job", "install-systemd"], input="n\n")
    assert not folder.exists()
    asked = CliRunner().invoke(app, ["job", "install-systemd"], input="y\n")

    for done in (left, declined, asked):
        assert done.exit_code == 0
        assert f"# {folder}/redraft-jobs.timer\n" in done.stdout
        assert "Persistent=true" in done.stdout
        assert f"REDRAFT_LLM_API_KEY into {tmp_path}/config/redraft/jobs.env" in done.stderr
    assert left.stderr.endswith("nothing is installed\n")
    assert "systemctl --user enable --now redraft-jobs.timer" in asked.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["redraft-jobs.service", "redraft-jobs.timer"]
    assert "written: nothing" in redraft("job", "install-systemd", "--yes").stderr


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Program]:
    """A model slow enough for a process to be ended in the middle."""
    model = Program(FAITHFUL, tmp_path / "model", "0.2")
    yield model
    model.stop()


@pytest.fixture
def shell(slow: Program, home: Path, documents: Path) -> Shell:
    """Processes of redraft, for which a job is due."""
    redraft("library", "add", "--library", "cities", str(documents))
    redraft("job", "add", QUESTION, "--name", "trams", *WEEKLY, "--to", str(home.parent / "reports"))
    database = open_database(load_settings())
    jobs.change(database, jobs.get(database, "trams"), next_at=now() - timedelta(seconds=1))
    return Shell(home, {"REDRAFT_LLM_URL": slow.url, "REDRAFT_SEARCH": "none", "REDRAFT_SECTIONS": "2"})


@pytest.mark.parametrize(
    ("command", "number", "code", "state", "tries"),
    [
        (["job", "daemon"], signal.SIGTERM, 0, "interrupted", 1),
        (["job", "run-due"], signal.SIGKILL, -signal.SIGKILL, "running", 2),
    ],
)
def test_a_run_whose_process_is_ended_is_gone_on_with_at_once(
    shell: Shell, slow: Program, command: list[str], number: int, code: int, state: str, tries: int
) -> None:
    database = open_database(load_settings())
    started = shell.start(*command)
    while sum(line.startswith("answered") for line in slow.asked) < 3:
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(number)
    _, said = started.communicate(timeout=20)

    assert started.returncode == code
    assert "Traceback" not in said
    assert ("interrupted; the next run-due goes on with it" in said) == (state == "interrupted")
    (ended,) = turns(database)
    assert ended.state == state

    done = shell("job", "run-due")

    assert (done.returncode, done.stdout) == (0, "")
    (turn,) = turns(database)
    assert (turn.state, turn.tries, turn.run_id) == ("done", tries, ended.run_id)
    asked = [line for line in slow.asked if line.startswith("asked")]
    assert len(asked) - len(set(asked)) <= 4  # only what was under way is asked again
    (report,) = (path for path in (shell.home.parent / "reports").iterdir() if not path.is_symlink())
    assert report.name.endswith(f"-{turn.run_id}.md")


def turns(database: Database) -> list[JobRun]:
    return list(jobs.of_job(database, jobs.get(database, "trams")))
