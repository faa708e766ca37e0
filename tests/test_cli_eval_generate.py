"""`redraft eval generate`, `runs`, `show`, `rm`: an evaluation run from its tasks to its scores, through the door."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent.settings import load_settings
from redraft.evals.generating import one_of
from redraft.store import evals, runs
from redraft.store.database import Database
from redraft.tests.evals.benchmarks.given import ARTICLE, write, write_lines
from redraft.tests.evaluated import Answer, benchmarks, races
from redraft.tests.programs import BARE, FAITHFUL, Program, Shell

pytestmark = pytest.mark.enable_socket
TASKS = (
    {"id": 1, "prompt": "How many passengers do trams and buses carry in cities?", "language": "en", "topic": "use"},
    {"id": 2, "prompt": "What does building a cycle path\n\nor a tram line cost?", "language": "en", "topic": "cost"},
    {"id": 3, "prompt": "What became of the dodo?", "language": "en", "topic": "birds"},
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "data" / "query.jsonl", *TASKS).parent


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[Program]:
    """A model server, which is what the environment names, beside the library of three documents."""
    program = Program(FAITHFUL, tmp_path / "server")
    short = {"REDRAFT_LIBRARY": "cities", "REDRAFT_PRESET": "quick", "REDRAFT_SECTIONS": "3", "REDRAFT_WORDS": "240"}
    for name, value in (BARE | short | {"REDRAFT_LLM_URL": program.url}).items():
        monkeypatch.setenv(name, value)
    yield program
    program.stop()


@pytest.fixture
def base(server: Program, data: Path) -> Path:
    """The data, once an evaluation run `base` on two tasks is done."""
    assert Answer("generate", "drb", "--data", data, "--name", "base", "--tasks", "1,2").code == 0
    return data


def test_reports_are_written_kept_and_shown_with_all_that_repeats_them(server: Program, data: Path) -> None:
    made = Answer(
        "generate", "drb", "--data", data, "--name", "base", "--tasks", "2,1", "--repeats", "2", "--seed", "5"
    )
    shown, kept = Answer("show", "base"), Answer("show", "base", "--json").data
    listed, told = Answer("runs"), Answer("runs", "--json").data["runs"]

    assert (made.code, made.out) == (0, "")
    assert "task 1 begun" in made.err
    assert "task 2, repeat 1 done: " in made.err
    assert made.err.splitlines()[-1].startswith("base: 4 of 4 tasks done, 0 failed, ")
    assert [(task["task"], task["repeat"], task["state"]) for task in kept["tasks"]] == [
        *(("1", 0, "done"), ("2", 0, "done"), ("1", 1, "done"), ("2", 1, "done"))
    ]
    assert all(task["words"] > 20 and task["tokens"] and task["seconds"] for task in kept["tasks"])
    made_with = kept["made_with"]
    assert (made_with["model"], made_with["seeds"], made_with["sample"]) == ("faithful", [5, 6], None)
    assert made_with["redraft"]
    assert made_with["python"] == sys.version.split()[0]
    assert len(made_with["prompts"]["draft"]) == 12
    assert len(made_with["data"]["query.jsonl"]) == 64
    assert (kept["settings"]["words"], kept["settings"]["seed"], kept["settings"]["approve"]) == (240, 5, False)
    assert "settings: words: 240" in shown.out
    assert "made with: seeds: [5, 6]" in shown.out
    assert listed.rows["base"][:5] == ["drb", "redraft", "4", "0", "0"]
    assert [(run["name"], run["done"], run["scorings"]) for run in told] == [("base", 4, [])]


def test_a_failure_is_told_stays_in_the_denominator_and_can_be_tried_again(server: Program, data: Path) -> None:
    made = Answer("generate", "drb", "--data", data, "--name", "base", "--tasks", "1,3", "--json")
    events = [json.loads(line) for line in made.out.splitlines()]
    measured = Answer("metrics", "base", "--json").data["systems"][0]
    again = Answer("generate", "--name", "base", "--retry-failed")

    assert made.code == 0
    assert [event["kind"] for event in events] == ["TaskBegun", "TaskDone", "TaskBegun", "TaskFailed", "Standing"]
    assert events[3]["failure"]
    assert events[4] | {"tokens": 0} == {
        "kind": "Standing",
        "name": "base",
        "tokens": 0,
        "done": 1,
        "failed": 1,
        "waiting": 0,
    }
    assert measured["failed"] == ["3"]
    assert measured["means"]["citation_coverage"]["n"] == 2
    assert measured["tasks"]["3"]["citation_coverage"] == 0
    assert "task 3 failed: " in again.err
    assert "task 1 begun" not in again.err


def test_a_bound_on_tokens_leaves_tasks_and_a_higher_one_goes_on(server: Program, data: Path) -> None:
    bounded = Answer("generate", "drb", "--data", data, "--name", "base", "--tasks", "1,2", "--token-limit", "1")
    asked = len(server.asked)
    stopped = Answer("generate", "--name", "base")
    assert len(server.asked) == asked
    rest = Answer("generate", "--name", "base", "--token-limit", "9999999")

    assert (bounded.code, stopped.code, rest.code) == (17, 17, 0)
    assert "1 tasks are left, as the limit of 1 tokens is reached; a higher --token-limit goes on" in bounded.err
    assert rest.err.splitlines()[-1].startswith("base: 2 of 2 tasks done")


def test_done_again_it_asks_nothing_and_refuses_what_differs(base: Path, server: Program, tmp_path: Path) -> None:
    asked = len(server.asked)
    whole = ("generate", "drb", "--data", base, "--name", "base", "--tasks", "1,2")
    changed = write_lines(tmp_path / "other" / "query.jsonl", {**TASKS[0], "prompt": "Why?"}, TASKS[1]).parent

    assert Answer(*whole).code == 0
    refused = {
        (*whole, "--words", "300"): "was begun with setting words 240, not 300",
        ("generate", "--name", "base", "--words", "300"): "was begun with setting words 240, not 300",
        (*whole[:-1], "1"): "task 2, repeat 0: evaluation run base was begun with it",
        (*whole, "--repeats", "2"): "task 1, repeat 1: evaluation run base was begun without it",
        (
            *whole[:2],
            "--data",
            changed,
            *whole[4:],
        ): "task 1, repeat 0: evaluation run base was begun with another prompt",
        (*whole[:-1], "9"): "there is no task '9' here",
        ("generate", "--name", "base", "--sample", "1"): "is said once, with BENCH",
        ("generate", "--name", "base", "--peer", "cat"): "--peer and --peer-name go together",
        ("generate", "drb", "--name", "base"): "name its folder with --data",
    }
    for arguments, said in refused.items():
        failed = Answer(*arguments)
        assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1), failed.err
        assert said in failed.err
    assert len(server.asked) == asked


def test_a_server_that_is_down_leaves_the_tasks_waiting_and_says_how_to_go_on(
    server: Program, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ("generate", "drb", "--data", data, "--name", "base", "--tasks", "1,2", "--token-limit", "1")
    assert Answer(*whole).code == 17
    server.stop()
    monkeypatch.setenv("REDRAFT_LLM_TRIES", "1")

    failed = Answer("generate", "--name", "base")

    assert failed.code == 6
    assert "go on with: redraft eval generate --name base" in failed.err


def test_a_name_that_nobody_has_is_told(database: Database) -> None:
    for arguments in (("generate", "--name", "none"), ("show", "none"), ("rm", "none")):
        failed = Answer(*arguments)
        assert (failed.code, failed.err.count("\n")) == (5, 1)
        assert "there is no evaluation run 'none'" in failed.err


def test_scores_are_kept_with_the_run_and_compared_by_names(base: Path, tmp_path: Path) -> None:
    bare = Answer("metrics", "base", "--json").data["systems"][0]
    rich = Answer("metrics", "base", "--data", base, "--watts", "3600", "--json").data["systems"][0]
    official = races(tmp_path, "raw_results.jsonl", {1: 0.4, 2: 0.6})
    imported = Answer("import-scores", "drb", official, "--run", "base")
    assert Answer("generate", "drb", "--data", base, "--name", "other", "--tasks", "2,1", "--repeats", "2").code == 0
    unscored = Answer("compare", "base", "other")
    Answer("metrics", "other")
    against = Answer("compare", "base", "other", "--json").data
    grouped = Answer("compare", "base", "other", "--by", "topic", "--measure", "words").out.splitlines()

    assert bare["tasks"]["1"]["length_score"] > 0
    assert bare["tasks"]["1"]["fabricated_citations"] == 0
    assert rich["tasks"]["1"]["energy"] == pytest.approx(rich["tasks"]["1"]["seconds"])
    assert imported.rows["overall"] == ["0.5", "2"]
    scored = Answer("runs", "--json").data["runs"][0]["scorings"]
    assert [entry["protocol"] for entry in scored] == ["metrics", "official"]
    assert (unscored.code, "other has no scores by metrics: nothing has scored it yet" in unscored.err) == (2, True)
    assert against["measures"]["words"]["difference"] == 0
    assert against["repeats"]["words"]["a"] is None
    assert against["repeats"]["words"]["b"]["repeats"] == 0
    assert [line.split()[:2] for line in grouped[1:]] == [["words", "all"], ["words", "cost"], ["words", "use"]]
    assert Answer("compare", "base", "base", "--protocol", "official").rows["overall"][:2] == ["0.5", "0.5"]


def test_what_is_not_of_the_run_is_no_score_and_no_report_of_it(base: Path, tmp_path: Path) -> None:
    strange = races(tmp_path, "strange.jsonl", {1: 0.4, 3: 0.6})
    fewer = write_lines(tmp_path / "fewer" / "query.jsonl", TASKS[0]).parent
    to = ("--to", tmp_path / "out")

    wrong = {
        ("import-scores", "drb", strange, "--run", "base"): "scores a task '3', which repeat 0",
        ("import-scores", "drb", strange, "--run", "base", "--repeat", "1"): "which repeat 1 of evaluation run base",
        ("metrics", "base", "--data", fewer): "drb has no task '2' in this data",
        ("export", "drb", "base", "--data", fewer, *to): "base: 1 reports are on no task of this data, the first on 2",
        ("export", "drb", "base", "--data", base, "--repeat", "1", *to): "has no repeat 1",
        ("export", "drb", "--data", base, *to): "name an evaluation run, or else",
        ("compare", "base", "base", "--protocol", "race"): "no scores by race: nothing has scored it yet",
    }
    for arguments, said in wrong.items():
        failed = Answer(*arguments)
        assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1), failed.err
        assert said in failed.err


def test_reports_are_exported_by_name(base: Path, tmp_path: Path) -> None:
    found = Answer("export", "drb", "base", "--data", base, "--to", tmp_path / "out", "--json").data

    rows = [json.loads(line) for line in Path(found["files"][0]).read_text().splitlines()]
    assert (found["name"], found["tasks"], found["reports"], found["empty"]) == ("base", 3, 2, 1)
    assert [bool(row["article"]) for row in rows] == [True, True, False]


def test_another_program_writes_and_is_measured_by_its_articles(server: Program, data: Path, tmp_path: Path) -> None:
    script = write(tmp_path / "peer.py", f"import sys\nsys.stdin.read()\nprint({ARTICLE!r})\n")
    command = ("--peer", f"{sys.executable} {script}", "--peer-name", "echo")
    made = Answer("generate", "drb", "--data", data, "--name", "theirs", "--tasks", "1", *command)
    again = Answer("generate", "--name", "theirs")
    measured = Answer("metrics", "theirs", "--json").data["systems"][0]

    assert (made.code, again.code) == (0, 0), made.err
    kept = Answer("show", "theirs", "--json").data
    assert (kept["writer"], kept["settings"]["command"][1], kept["tasks"][0]["run"]) == ("echo", str(script), None)
    assert measured["tasks"]["1"]["citation_coverage"] == 1
    assert measured["tasks"]["1"]["length_score"] is not None
    for wrong in ((*command[:3], "redraft"), (*command, "--closed")):
        assert Answer("generate", "drb", "--data", data, "--name", "new", *wrong).code == 2


def test_a_closed_world_is_filled_and_nothing_else_is_drawn_on(server: Program, tmp_path: Path) -> None:
    data = benchmarks(tmp_path / "closed") / "scholar"

    made = Answer("generate", "deepscholar", "--data", data, "--name", "base", "--closed")

    assert made.code == 0
    settings = Answer("show", "base", "--json").data["settings"]
    assert (settings["library"], settings["search"], settings["offline"]) == ("eval-deepscholar", ["none"], True)


def test_interrupted_it_says_how_to_go_on_and_goes_on(
    data: Path, home: Path, tmp_path: Path, database: Database
) -> None:
    slow = Program(FAITHFUL, tmp_path / "slow", "0.1")
    redraft = Shell(home, {"REDRAFT_LIBRARY": "cities", "REDRAFT_SEARCH": "none", "REDRAFT_LLM_URL": slow.url})
    started = redraft.start("eval", "generate", "drb", "--data", str(data), "--name", "base", "--tasks", "1,2")
    while len(slow.asked) < 2:  # the first of its calls, which goes alone, is answered
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=50)
    rest = redraft("eval", "generate", "--name", "base")
    slow.stop()

    assert (started.returncode, out) == (130, "")
    assert err.endswith("interrupted; go on with: redraft eval generate --name base\n")
    assert rest.returncode == 0, rest.stderr
    answered = [line for line in slow.asked if line.startswith("answered")]
    assert len(answered) - len(set(answered)) <= 4  # the calls that were under way: their answers reached nobody


async def test_one_task_is_written_in_a_process_that_has_nothing_open(
    server: Program, data: Path, database: Database
) -> None:
    limit = ("--token-limit", "1")
    made = await asyncio.to_thread(
        Answer, "generate", "drb", "--data", data, "--name", "base", "--tasks", "1,2", "--words", "260", *limit
    )
    _, waiting = evals.tasks(database, evals.get(database, "base"))

    await one_of(load_settings(), waiting.id or 0)

    done = evals.task(database, waiting.id or 0)
    assert (made.code, waiting.state, done.state) == (17, "waiting", "done")
    assert runs.get(database, done.run_id or "").settings["words"] == 260


def test_what_is_forgotten_leaves_its_reports(base: Path) -> None:
    run_id = Answer("show", "base", "--json").data["tasks"][0]["run"]

    assert Answer("rm", "base").code == 0
    assert Answer("runs", "--json").data == {"runs": []}
    assert Answer("metrics", "--run", run_id, "--json").data["systems"][0]["name"] == run_id
