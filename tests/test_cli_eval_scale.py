"""`redraft eval generate --ray`: what a cluster writes is what this process would have written."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from redraft.agent import library
from redraft.agent.errors import UserError
from redraft.agent.settings import load_settings
from redraft.evals.scale import write
from redraft.store import evals
from redraft.store.database import Database
from redraft.tests.evals.benchmarks.given import write_lines
from redraft.tests.postgres import Server
from redraft.tests.programs import FAITHFUL, Program, Shell

TASKS = (
    {"id": 1, "prompt": "How many passengers do trams and buses carry in cities?", "language": "en"},
    {"id": 2, "prompt": "What does building a cycle path or a tram line cost?", "language": "en"},
    {"id": 3, "prompt": "What became of the dodo?", "language": "en"},
)
SIZE = {"REDRAFT_PRESET": "quick", "REDRAFT_SECTIONS": "3", "REDRAFT_WORDS": "240"}
SMALL = SIZE | {"REDRAFT_LIBRARY": "cities", "REDRAFT_SEARCH": "none"}
KEY, PASSWORD = "sk-9b1e0c77d2", "pw-41c8a6e05f"
WITHOUT_RAY = "import sys; sys.modules['ray'] = None; from redraft.cli import main; main()"
LIMIT = 150
"""Seconds for a command: Ray takes 3 to 10 to begin, more on a busy machine."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "data" / "query.jsonl", *TASKS).parent


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Program]:
    """A server whose replies take a moment, so that there is a middle of a task."""
    program = Program(FAITHFUL, tmp_path / "model", "0.05")
    yield program
    program.stop()


@pytest.fixture
def ray_files() -> Iterator[Path]:
    """All that Ray writes. Its sockets are there too, for which the path of a test would be too long."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def redraft(home: Path, model: Program, ray_files: Path) -> Shell:
    own = {"RAY_TMPDIR": str(ray_files), "RAY_AUTH_TOKEN": "0" * 64, "REDRAFT_LLM_API_KEY": KEY}
    return Shell(home, SMALL | own | {"REDRAFT_LLM_URL": model.url})


def articles(database: Database, name: str) -> list[tuple[str, str, str]]:
    return [(task.state, task.article, task.failure) for task in evals.tasks(database, evals.get(database, name))]


def ended(started: "subprocess.Popen[str]") -> tuple[int, str]:
    _, told = started.communicate(timeout=LIMIT)
    return started.returncode, told


def workers(started: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The processes in which tasks are under way: Ray names them after the function."""
    found = []
    with suppress(psutil.NoSuchProcess):  # it may be gone by the time it is looked at
        for process in psutil.Process(started.pid).children(recursive=True):
            found += [process] if any("ray::write" in word for word in process.cmdline()) else []
    return found


def awaited(what: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_cluster_writes_the_same_even_where_a_worker_is_killed(
    redraft: Shell, model: Program, data: Path, database: Database, ray_files: Path
) -> None:
    whole = ("eval", "generate", "drb", "--data", str(data))
    assert ended(redraft.start(*whole, "--name", "here"))[0] == 0
    asked = len(model.asked)

    started = redraft.start(*whole, "--name", "there", "--ray", "local", "--parallel", "2")
    awaited(lambda: len(model.asked) > asked + 12)
    workers(started)[0].kill()
    code, told = ended(started)

    assert code == 0, told
    assert told.splitlines()[-1].startswith("there: 2 of 3 tasks done, 1 failed, ")
    assert told.count("task 1 begun") == told.count("task 1 done: ") == told.count("task 3 failed: ") == 1
    assert articles(database, "there") == articles(database, "here")
    written = [file.read_bytes() for file in ray_files.rglob("*") if file.is_file()]
    assert len(written) > 5
    assert not any(KEY.encode() in text for text in written)


def test_a_task_whose_process_dies_each_time_has_failed_and_can_be_tried_again(
    redraft: Shell, data: Path, database: Database
) -> None:
    one = ("eval", "generate", "drb", "--data", str(data), "--tasks", "1", "--name", "there")
    started = redraft.start(*one, "--ray", "local")
    while started.poll() is None:
        for worker in workers(started):
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        time.sleep(0.05)

    code, told = ended(started)
    again, _ = ended(redraft.start("eval", "generate", "--name", "there", "--retry-failed"))

    assert code == 0, told
    assert "task 1 failed: its process died 4 times (WorkerCrashedError)" in told
    assert (again, articles(database, "there")[0][0]) == (0, "done")


@pytest.mark.enable_socket
def test_a_worker_writes_one_task_with_the_redraft_that_has_sent_it(
    redraft: Shell, model: Program, data: Path, database: Database
) -> None:
    bounded = ("eval", "generate", "drb", "--data", str(data), "--tasks", "1,2", "--name", "there")
    assert ended(redraft.start(*bounded, "--token-limit", "1"))[0] == 17
    waiting = evals.tasks(database, evals.get(database, "there"))[1].id or 0
    settings = load_settings(llm_url=model.url)

    with pytest.raises(UserError, match=r"has redraft .*, not 0\.0\.0: all machines need the same"):
        write("0.0.0", settings, 1, waiting)
    with pytest.raises(UserError, match="has no model server running"):
        write(version("redraft"), load_settings(), 1, waiting)
    assert evals.task(database, waiting).state == "waiting"
    write(version("redraft"), settings, 1, waiting)

    assert [state for state, *_ in articles(database, "there")] == ["done", "done"]


def test_an_interrupted_cluster_leaves_nothing_running_and_is_gone_on_with(
    redraft: Shell, model: Program, data: Path, documents: Path, server: Server, ray_files: Path
) -> None:
    with server.database() as url:
        secret = url.replace("postgres@", f"postgres:{PASSWORD}@")
        redraft = redraft.with_settings(REDRAFT_DATABASE=secret)
        whole = ("eval", "generate", "drb", "--data", str(data), "--tasks", "1,2")
        with closing(Database(url)) as database:
            library.add(database, "cities", [str(documents)], lambda *_: None)
            assert ended(redraft.start(*whole, "--name", "here"))[0] == 0
            asked = len(model.asked)

            started = redraft.start(*whole, "--name", "there", "--ray", "local", "--parallel", "2")
            awaited(lambda: len(model.asked) > asked + 12)
            below = psutil.Process(started.pid).children(recursive=True)
            started.send_signal(signal.SIGINT)
            code, told = ended(started)
            psutil.wait_procs(below, timeout=10)

            assert (code, told.splitlines()[-1]) == (130, "interrupted; go on with: redraft eval generate --name there")
            assert not any(process.is_running() for process in below)
            assert "waiting" in [state for state, *_ in articles(database, "there")]
            assert ended(redraft.start("eval", "generate", "--name", "there"))[0] == 0
            assert articles(database, "there") == articles(database, "here")
    assert not any(PASSWORD.encode() in file.read_bytes() for file in ray_files.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("address", "changed", "told"),
    [
        ("10.0.0.1:6379", {}, "--ray 10.0.0.1:6379 takes a PostgreSQL database that all machines reach"),
        ("auto", {}, "--ray auto takes a PostgreSQL database"),
        ("ray://10.0.0.1:10001", {}, "local, auto, or the host:port of a cluster is needed"),
        ("local", {"REDRAFT_LLM_URL": ""}, "this machine has no model server running: name one with --llm-url"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_anything_is_begun(
    redraft: Shell, data: Path, model: Program, address: str, changed: dict[str, str], told: str
) -> None:
    shell = redraft.with_settings(**changed)
    refused = shell("eval", "generate", "drb", "--data", str(data), "--name", "there", "--ray", address)

    assert refused.returncode == 2
    assert told in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not model.asked


def test_without_ray_one_line_says_how_to_get_it(data: Path, home: Path) -> None:
    command = (
        sys.executable,
        "-c",
        WITHOUT_RAY,
        *("eval", "generate", "drb", "--name", "there", "--ray", "local", "--data"),
        str(data),
    )
    refused = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)

    assert refused.returncode == 2
    assert refused.stderr.rstrip().endswith("pip install 'redraft[scale]'")
    assert len(refused.stderr.splitlines()) == 1
