"""Real processes throughout: a supervisor, a small server in vLLM's place, and its child."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from redraft.agent import server
from redraft.agent.errors import ServerUnavailable, UserError
from redraft.agent.launch import Launch, Launcher
from redraft.agent.process import Server, is_alive
from redraft.agent.settings import Settings

pytestmark = pytest.mark.enable_socket  # loopback only
FAKE = Path(__file__).with_name("fake_model_server.py")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(home=tmp_path)
    yield settings
    server.stop(settings)


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    """Where the fake tells its process ids: its child's and its own."""
    return tmp_path / "pids"


def fake(behaviour: str, pids: Path, *, model: str = "small", limit: float = 20, grace: float = 5) -> Launcher:
    def launch(settings: Settings, port: int) -> Launch:
        command = [sys.executable, str(FAKE), behaviour, str(port), str(pids)]
        return Launch(model, settings.context or 1024, command, {}, limit, grace)

    return launch


def quiet(step: str) -> None:
    pass


def running(settings: Settings) -> Server | None:
    """The registered server, if it answers."""
    found = server.status(settings)
    return found.server if found.state == "running" else None


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def living(pids: Path) -> list[int]:
    if not pids.exists():  # ended before it had begun
        return []
    return [pid for pid in map(int, pids.read_text().split()) if is_running(pid)]


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_a_server_of_a_run_answers_while_it_is_entered_and_leaves_nothing(settings: Settings, pids: Path) -> None:
    steps: list[str] = []

    async with server.started(settings, steps.append, fake("healthy", pids)) as own:
        during = living(pids)

    assert own.model == "small"
    assert len(during) == 2
    assert living(pids) == []
    assert not is_alive(own)
    assert steps[0] == "starting vLLM… 0 s"


async def test_a_server_of_a_run_is_not_registered(settings: Settings, pids: Path) -> None:
    async with server.started(settings, quiet, fake("healthy", pids)):
        assert running(settings) is None


async def test_a_server_that_ends_while_starting_is_reported_with_its_reason(settings: Settings, pids: Path) -> None:
    with pytest.raises(
        ServerUnavailable, match=r"exited with code 1 .*: ValueError: this model needs more memory; log: "
    ):
        async with server.started(settings, quiet, fake("failing", pids)):
            pass


def test_a_program_that_cannot_be_run_is_reported(settings: Settings) -> None:
    def missing(settings: Settings, port: int) -> Launch:
        return Launch("small", 1024, ["/nowhere/python"], {}, 20, 5)

    with pytest.raises(ServerUnavailable, match="cannot start /nowhere/python"):
        server.start_detached(settings, quiet, missing)


def test_a_server_that_does_not_get_ready_is_given_up_and_ended(settings: Settings, pids: Path) -> None:
    with pytest.raises(ServerUnavailable, match="not ready after 1 s"):
        server.start_detached(settings, quiet, fake("hanging", pids, limit=1))

    assert living(pids) == []
    assert server.status(settings).state == "stopped"


async def test_a_server_that_will_not_end_is_killed(settings: Settings, pids: Path) -> None:
    async with server.started(settings, quiet, fake("stubborn", pids, grace=0.3)):
        during = living(pids)

    assert len(during) == 2
    assert living(pids) == []


def test_a_killed_owner_takes_its_server_along(settings: Settings, pids: Path) -> None:
    program = f"""
from pathlib import Path
from redraft.agent import server
from redraft.agent.launch import Launch
from redraft.agent.settings import Settings
import asyncio, sys, time
fake = [sys.executable, {str(FAKE)!r}, "healthy"]
launch = lambda settings, port: Launch("m", 1024, [*fake, str(port), {str(pids)!r}], {{}}, 20)
async def own():
    async with server.started(Settings(home=Path({str(settings.home)!r})), lambda step: None, launch):
        print("up", flush=True)
        time.sleep(60)
asyncio.run(own())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        owner.kill()

    assert eventually(lambda: living(pids) == [])


def test_a_killed_supervisor_takes_the_server_along(settings: Settings, pids: Path) -> None:
    found = server.start_detached(settings, quiet, fake("healthy", pids))

    os.kill(found.pid, signal.SIGKILL)

    assert eventually(lambda: living(pids) == [])
    assert server.status(settings).state == "stopped"


def test_stopping_ends_what_a_killed_supervisor_left(settings: Settings, pids: Path) -> None:
    found = server.start_detached(settings, quiet, fake("stubborn", pids, grace=0.3))
    os.kill(found.pid, signal.SIGKILL)

    assert server.stop(settings)

    assert living(pids) == []


def test_a_server_that_is_killed_leaves_no_child_behind(settings: Settings, pids: Path) -> None:
    server.start_detached(settings, quiet, fake("healthy", pids))
    own = int(pids.read_text().split()[1])

    os.kill(own, signal.SIGKILL)

    assert eventually(lambda: living(pids) == [])
    assert eventually(lambda: server.status(settings).state == "stopped")


def test_a_detached_server_is_found_again_and_stopped_once(settings: Settings, pids: Path) -> None:
    found = server.start_detached(settings, quiet, fake("healthy", pids))

    assert running(settings) == found
    assert server.start_detached(settings, quiet, fake("healthy", pids)) == found
    assert server.stop(settings)
    assert not server.stop(settings)
    assert running(settings) is None
    assert living(pids) == []


def test_a_server_that_is_there_and_is_another_than_was_asked_for_says_so(settings: Settings, pids: Path) -> None:
    found = server.start_detached(settings, quiet, fake("healthy", pids))
    longer = settings.model_copy(update={"context": 2048})

    again = server.start_detached(longer, quiet, fake("healthy", pids))

    assert again.pid == found.pid
    (warning,) = again.warnings
    assert warning.startswith("the server that is there has 1024 tokens of context and the drafter off, not 2048 and")
    assert running(settings) == found


async def test_what_is_otherwise_than_asked_for_is_said_and_kept(settings: Settings, pids: Path) -> None:
    said: list[str] = []

    def launch(settings: Settings, port: int) -> Launch:
        return fake("healthy", pids)(settings, port)._replace(warnings=("no drafter",), drafter="off", asked=4096)

    async with server.started(settings, said.append, launch) as own:
        assert (own.warnings, own.drafter, own.asked) == (("no drafter",), "off", 4096)

    assert said[0] == "no drafter"


def test_two_starts_at_once_make_one_server(settings: Settings, pids: Path) -> None:
    def start(_: int) -> Server:
        return server.start_detached(settings, quiet, fake("healthy", pids))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(start, range(2))

    assert first == second


def test_a_second_model_is_refused_while_another_is_served(settings: Settings, pids: Path) -> None:
    found = server.start_detached(settings, quiet, fake("healthy", pids))

    with pytest.raises(UserError, match=r"serves small, not large: .*redraft serve stop"):
        server.start_detached(settings, quiet, fake("healthy", pids, model="large"))

    assert running(settings) == found


def test_a_server_that_is_still_starting_says_so(settings: Settings, pids: Path) -> None:
    seen: list[server.State] = []

    def look(step: str) -> None:
        seen.append(server.status(settings).state)

    with pytest.raises(ServerUnavailable):
        server.start_detached(settings, look, fake("hanging", pids, limit=1))

    assert seen == ["starting"]


def test_a_registered_server_that_has_gone_is_replaced(settings: Settings, pids: Path) -> None:
    gone = server.start_detached(settings, quiet, fake("healthy", pids))
    os.kill(gone.pid, signal.SIGKILL)
    assert eventually(lambda: not is_alive(gone))

    found = server.start_detached(settings, quiet, fake("healthy", pids))

    assert found.pid != gone.pid
    assert running(settings) == found


def test_a_stranger_with_the_number_of_an_old_server_is_left_alone(settings: Settings, pids: Path) -> None:
    old = server.start_detached(settings, quiet, fake("healthy", pids))
    server.stop(settings)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        found = old.model_copy(update={"pid": stranger.pid, "created": old.created - 60})
        (settings.folders.data / "server.json").write_text(found.model_dump_json())

        assert server.status(settings) == server.Status("stopped", None)
        assert not server.stop(settings)
        assert stranger.poll() is None


def test_an_unreadable_registration_counts_as_none(settings: Settings) -> None:
    settings.folders.data.mkdir()
    (settings.folders.data / "server.json").write_text('{"url": ')

    assert server.status(settings) == server.Status("stopped", None)
    assert not server.stop(settings)


async def test_logs_of_servers_that_have_ended_do_not_pile_up(settings: Settings, pids: Path) -> None:
    logs = settings.folders.data / "logs"
    logs.mkdir(parents=True)
    for number in range(30):
        (logs / f"server-2001-{number:02}.log").touch()
        (logs / f"server-2001-{number:02}.exit").touch()

    async with server.started(settings, quiet, fake("healthy", pids)) as own:
        kept = sorted(logs.glob("*.log"))

    assert kept == [*(logs / f"server-2001-{number:02}.log" for number in range(20, 30)), own.log]
