"""The program as its users meet it: a process with arguments, two streams and an exit code."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.enable_socket  # loopback only
REDRAFT = [sys.executable, "-m", "redraft.cli"]
FAITHFUL = Path(__file__).with_name("faithful.py")
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"

Start = Callable[..., subprocess.CompletedProcess[str]]


class Model:
    """A faithful writer behind a port of its own, and what it was asked."""

    def __init__(self, folder: Path, delay: float = 0, context: int = 8192) -> None:
        port, self._log = folder / "port", folder / "asked"
        self._log.touch()
        command = [sys.executable, str(FAITHFUL), str(port), str(self._log), str(delay), str(context)]
        self._process = subprocess.Popen(command)
        while not (port.exists() and port.read_text()):
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{port.read_text()}"

    @property
    def asked(self) -> list[str]:
        return self._noted("asked")

    @property
    def answered(self) -> list[str]:
        return self._noted("answered")

    def _noted(self, what: str) -> list[str]:
        notes = (line.split() for line in self._log.read_text().splitlines())
        return [key for kind, key in notes if kind == what]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    model = Model(tmp_path)
    yield model
    model.stop()


@pytest.fixture
def slow_model(tmp_path: Path) -> Iterator[Model]:
    """Slow enough to be killed in the middle."""
    model = Model(tmp_path, 0.25)
    yield model
    model.stop()


def redraft(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*REDRAFT, *arguments], capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture
def library(documents: Path) -> str:
    redraft("library", "add", "--library", "cities", str(documents)).check_returncode()
    return "cities"


def runs() -> list[dict[str, str]]:
    return [json.loads(line) for line in redraft("runs", "--json").stdout.splitlines()]


def test_research_prints_the_report_alone_on_stdout_and_its_progress_on_stderr(model: Model, library: str) -> None:
    done = redraft("research", QUESTION, "--library", library, "--preset", "quick", "--llm-url", model.url)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# How many passengers")
    first, *sections, last, references = re.findall(r"^## (.+)", done.stdout, re.MULTILINE)
    assert (first, len(sections), last, references) == ("Summary", 4, "Conclusion", "References")
    assert "evidence: 6 passages of 3 sources" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_several_servers_share_a_run(model: Model, library: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Model(tmp_path / "other")
    urls = ("--llm-url", model.url, "--llm-url", other.url)

    done = redraft("research", QUESTION, "--library", library, "--preset", "quick", *urls)
    other.stop()

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# How many passengers")
    assert model.answered
    assert other.answered


def test_a_report_can_be_written_to_a_file_and_shown_again(model: Model, library: str, tmp_path: Path) -> None:
    target = tmp_path / "report.md"

    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url, "-o", str(target))
    run = runs()[0]
    shown = redraft("show", run["id"])

    assert (done.returncode, done.stdout) == (0, "")
    assert shown.stdout == target.read_text()
    assert (run["status"], run["question"]) == ("done", QUESTION)
    assert list(tmp_path.glob(".report*")) == []


def test_events_can_be_read_by_programs(model: Model, library: str) -> None:
    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url, "--json")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [events[0]["kind"], events[-1]["kind"]] == ["RunStarted", "Report"]
    assert events[-1]["markdown"] == redraft("show", events[0]["run"]).stdout
    log = [json.loads(line) for line in redraft("show", events[0]["run"], "--log").stdout.splitlines()]
    assert [event["kind"] for event in log] == [event["kind"] for event in events[:-1]]


def test_a_seed_goes_along_with_every_call(model: Model, library: str) -> None:
    def asked(*seed: str) -> set[str]:
        before = len(model.asked)
        shape = ("--preset", "quick", "--library", library, "--llm-url", model.url)
        redraft("research", QUESTION, *shape, *seed).check_returncode()
        return set(model.asked[before:])

    without, one, other = asked(), asked("--seed", "1"), asked("--seed", "2")

    assert len(without) == len(one) == len(other) > 10
    assert without.isdisjoint(one | other)
    assert one.isdisjoint(other)
    assert asked("--seed", "1") == one


def test_a_run_killed_five_times_finishes_with_the_same_sections_and_no_answered_call_repeated(
    slow_model: Model, library: str
) -> None:
    begin = ["research", QUESTION, "--library", library, "--preset", "quick", "--llm-url", slow_model.url]
    whole = redraft(*begin)
    once = slow_model.asked
    states = []

    kill_after_answers(begin, slow_model, len(once) + 1)
    run_id = runs()[0]["id"]
    for answers in (2, 5, 8, 10):
        states.append(runs()[0]["status"])
        kill_after_answers(["resume", run_id, "--llm-url", slow_model.url], slow_model, len(once) + answers)
    last = redraft("resume", run_id, "--llm-url", slow_model.url)

    assert states == ["interrupted"] * 4
    assert last.stdout == whole.stdout
    calls = json.loads(redraft("show", run_id, "--json").stdout)["calls"]
    assert len({call["key"] for call in calls}) == len(calls) == len(once)
    # Only what was under way at a kill is asked again: four calls at once, and one whose answer had just been sent.
    assert set(slow_model.asked) == set(once)
    assert len(slow_model.asked) - 2 * len(once) <= 5 * 4


def kill_after_answers(arguments: list[str], model: Model, answers: int) -> None:
    process = subprocess.Popen([*REDRAFT, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(model.answered) < answers and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_ctrl_c_leaves_a_run_that_can_be_resumed_and_says_how(slow_model: Model, library: str) -> None:
    begin = [*REDRAFT, "research", QUESTION, "--library", library, "--llm-url", slow_model.url]
    process = subprocess.Popen(begin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(slow_model.asked) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    run = runs()[0]
    assert process.returncode == 130
    assert f"redraft resume {run['id']}" in errors
    assert "Traceback" not in errors
    assert run["status"] == "interrupted"
    assert redraft("resume", run["id"], "--llm-url", slow_model.url).returncode == 0


def test_an_unfinished_report_is_shown_as_far_as_it_goes(slow_model: Model, library: str) -> None:
    begin = ["research", QUESTION, "--library", library, "--preset", "quick", "--llm-url", slow_model.url]
    kill_after_answers(begin, slow_model, 2)

    shown = redraft("show", runs()[0]["id"])

    assert shown.returncode == 2
    assert "nothing is written yet" in shown.stderr


BAD_INPUT = {
    "an empty question": (["research", "  "], 2, "the question is empty"),
    "an unknown preset": (["research", "What?", "--preset", "huge"], 2, "preset"),
    "sections of five words": (["research", "What?", "--sections", "20", "--words", "100"], 2, "100 words are too few"),
    "no sections": (["research", "What?", "--sections", "0"], 2, "sections"),
    "a report where no folder is": (["research", "What?", "-o", "/nowhere/at/all.md"], 2, "/nowhere/at/all.md"),
    "a path that is not there": (["library", "add", "/nowhere/at/all"], 3, "/nowhere/at/all"),
    "a document that is not there": (["library", "remove", "/nowhere/at/all"], 3, "/nowhere/at/all"),
    "nothing to remove": (["library", "remove"], 2, "--missing"),
    "a name that is not the user's": (["library", "add", "/", "--library", "@web"], 2, "'@web'"),
    "an unknown run": (["show", "ffff"], 5, "'ffff'"),
    "an unknown run to resume": (["resume", "ffff"], 5, "'ffff'"),
    "an empty library": (["research", "What is a tram?", "--library", "empty"], 10, "'empty'"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_gets_one_clear_line_and_its_own_exit_code(arguments: list[str], code: int, told: str) -> None:
    done = redraft(*arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unreadable_pdf_is_reported_and_the_rest_is_added(documents: Path) -> None:
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nthis is no PDF")

    done = redraft("library", "add", str(documents))

    assert done.returncode == 4
    assert "3 added, 0 changed, 0 unchanged, 1 unreadable" in done.stderr
    assert "broken.pdf" in done.stderr.splitlines()[-1]


def test_a_server_that_is_down_is_told_in_one_line_and_the_run_is_kept(library: str, model: Model) -> None:
    model.stop()

    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url)

    assert (done.returncode, done.stdout) == (6, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"redraft resume {runs()[0]['id']}" in done.stderr
    assert runs()[0]["status"] == "failed"


def test_a_run_that_found_no_server_is_resumed_when_there_is_one(library: str, tmp_path: Path) -> None:
    redraft("research", QUESTION, "--library", library, "--llm-url", "http://127.0.0.1:9")
    model = Model(tmp_path)

    done = redraft("resume", runs()[0]["id"], "--llm-url", model.url)
    model.stop()

    assert done.returncode == 0
    assert runs()[0]["status"] == "done"


def test_a_model_that_is_not_served_is_told_in_one_line_and_the_run_goes_on_with_the_one_that_is(
    model: Model, library: str
) -> None:
    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url, "--llm-model", "qwen")

    assert (done.returncode, done.stdout) == (6, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "does not serve 'qwen', but faithful" in done.stderr
    assert model.asked == []
    assert redraft("resume", runs()[0]["id"], "--llm-url", model.url).returncode == 0


def test_a_context_that_is_too_small_is_told_before_anything_is_asked(library: str, tmp_path: Path) -> None:
    model = Model(tmp_path, context=1024)

    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url)
    model.stop()

    assert (done.returncode, done.stdout) == (7, "")
    assert "holds 1024 tokens" in done.stderr
    assert "--context" in done.stderr
    assert model.asked == []


def test_a_full_disk_under_the_report_loses_nothing(model: Model, library: str) -> None:
    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url, "-o", "/dev/full")

    run = runs()[0]
    assert done.returncode == 8
    assert f"redraft show {run['id']}" in done.stderr.splitlines()[-1]
    assert redraft("show", run["id"]).stdout.startswith("# ")


def test_the_key_reaches_the_server_and_nothing_else(
    model: Model, library: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRAFT_LLM_API_KEY", "sk-very-secret")

    done = redraft("research", QUESTION, "--library", library, "--llm-url", model.url)

    kept = [file for file in home.rglob("*") if file.is_file() and b"sk-very-secret" in file.read_bytes()]
    assert done.returncode == 0
    assert "sk-very-secret" not in done.stdout + done.stderr
    assert kept == []


def test_a_library_is_added_to_listed_searched_and_removed_from(documents: Path) -> None:
    first = redraft("library", "add", str(documents / "*.md"))
    again = redraft("library", "add", str(documents))
    listed = redraft("library", "list", "--json")
    found = redraft("library", "search", "overhead wire", "--json", "--limit", "1")
    removed = redraft("library", "remove", str(documents / "trams.md"))
    gone = redraft("library", "search", "overhead wire")

    assert "3 added" in first.stderr
    assert "0 added, 0 changed, 3 unchanged" in again.stderr
    titles = [json.loads(line)["title"] for line in listed.stdout.splitlines()]
    assert titles == ["Buses in cities", "Cycling in cities", "Trams in cities"]
    hit = json.loads(found.stdout)
    assert (documents / "trams.md").read_text()[hit["start"] : hit["end"]] == hit["text"]
    assert "1 removed" in removed.stderr
    assert (gone.stdout, gone.returncode) == ("", 0)


def test_a_document_whose_file_is_gone_is_listed_as_missing_until_it_is_taken_out(documents: Path) -> None:
    redraft("library", "add", str(documents))
    (documents / "trams.md").unlink()

    again = redraft("library", "add", str(documents))
    listed = [json.loads(line) for line in redraft("library", "list", "--json").stdout.splitlines()]
    shown = redraft("library", "list")
    removed = redraft("library", "remove", "--missing")

    assert "2 unchanged, 0 unreadable, 1 missing" in again.stderr
    assert [bool(entry["missing_since"]) for entry in listed] == [False, False, True]
    assert all(entry["added_at"] and entry["author"] is None for entry in listed)
    assert [line.endswith("(missing)") for line in shown.stdout.splitlines()] == [False, False, True]
    assert "1 removed" in removed.stderr
    assert len(redraft("library", "list").stdout.splitlines()) == 2


def test_an_addition_is_drawn_as_a_bar_on_a_terminal_and_nowhere_else(documents: Path) -> None:
    ours, theirs = os.openpty()
    command = [*REDRAFT, "library", "add", str(documents)]

    subprocess.run(command, stderr=theirs, env=os.environ | {"TERM": "xterm"}, timeout=50, check=True)
    drawn = os.read(ours, 65536).decode()
    plain = redraft("library", "add", str(documents)).stderr
    os.close(ours)
    os.close(theirs)

    assert "reading documents" in drawn
    assert "3/3" in drawn
    assert plain.splitlines() == ["library 'default': 0 added, 0 changed, 3 unchanged, 0 unreadable, 0 missing"]


def kept(home: Path) -> bool:
    """Whether a first document has come into the store."""
    if not (home / "data" / "redraft.db").exists():
        return False
    with closing(sqlite3.connect(f"file:{home}/data/redraft.db?mode=ro", uri=True)) as rows:
        tables = rows.execute("SELECT count(*) FROM sqlite_master WHERE name = 'ux_source_active'").fetchone()[0]
        return bool(tables and rows.execute("SELECT count(*) FROM source").fetchone()[0])


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_addition_that_was_ended_goes_on_where_it_was(
    tmp_path: Path, home: Path, ending: signal.Signals, code: int
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03}.html").write_text(f"<p>Tram {number} runs on rails on every day of the year.</p>" * 40)
    addition = subprocess.Popen([*REDRAFT, "library", "add", str(folder)], stderr=subprocess.PIPE, text=True)
    while not kept(home):
        assert addition.poll() is None
        time.sleep(0.02)

    addition.send_signal(ending)
    said = addition.communicate(timeout=20)[1]
    again = redraft("library", "add", str(folder))

    unchanged = int(re.search(r"(\d+) unchanged", again.stderr)[1])  # type: ignore[index]
    assert addition.returncode == code
    assert ("go on with the same command" in said) == (ending == signal.SIGINT)
    assert 0 < unchanged < 400
    assert f"{400 - unchanged} added" in again.stderr


def test_help_starts_without_the_heavy_libraries() -> None:
    heavy = ["langgraph", "sqlmodel", "sqlalchemy", "trafilatura", "pydantic_settings", "httpx", "torch", "vllm"]
    script = (
        "import sys; from typer.testing import CliRunner; from redraft.cli import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ, check=True)

    assert done.stdout.strip() == "[]"
