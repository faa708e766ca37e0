"""A server that fails in the middle of a run. Real processes: a supervisor, and a small server in vLLM's place."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent import server
from redraft.agent.client import connect
from redraft.agent.errors import ServerUnavailable, UserError
from redraft.agent.keeping import RESTARTS, SILENCES, kept
from redraft.agent.process import is_alive
from redraft.agent.retrying import Failed, Patience
from redraft.agent.settings import Settings
from redraft.tests.agent.test_server import eventually, fake, living
from redraft.tests.wire import ASKED

pytestmark = pytest.mark.enable_socket  # loopback only


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(home=tmp_path)
    yield settings
    server.stop(settings)


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


def quiet(step: str) -> None:
    pass


def failed(silences: int = 0) -> Failed:
    return Failed("connection refused", time.monotonic(), silences)


def kill(pids: Path) -> int:
    """Of the server itself; its supervisor then ends what is left of it."""
    own = int(pids.read_text().split()[1])
    os.kill(own, signal.SIGKILL)
    return own


async def test_a_server_of_a_run_that_is_killed_is_started_again_and_the_call_goes_on(
    settings: Settings, pids: Path
) -> None:
    steps: list[str] = []
    async with kept(settings, steps.append, fake("healthy", pids)) as own:
        patience = Patience(tries=2)
        async with connect(own.url, patience=patience, mend=own.mend) as llm:
            before = await llm.sample(ASKED)
            killed = kill(pids)
            after = await llm.sample(ASKED)
        during = living(pids)

    assert [reply.text for reply in (*before, *after)] == ["Trams run."] * 2
    assert len(during) == 2
    assert killed not in during
    assert any(step.endswith("; it is started again") for step in steps)
    assert living(pids) == []


async def test_a_server_that_dies_again_and_again_is_given_up_with_one_line(settings: Settings, pids: Path) -> None:
    async with kept(settings, quiet, fake("healthy", pids)) as own:
        for _ in range(RESTARTS):
            kill(pids)
            await own.mend(failed())
            assert len(living(pids)) == 2
        kill(pids)
        with pytest.raises(ServerUnavailable, match=f"it was started again {RESTARTS} times and is given up") as error:
            await own.mend(failed())

    assert "\n" not in str(error.value)


async def test_calls_that_fail_together_start_it_once(settings: Settings, pids: Path) -> None:
    steps: list[str] = []
    async with kept(settings, steps.append, fake("healthy", pids)) as own:
        kill(pids)
        together = failed()
        await asyncio.gather(*(own.mend(together) for _ in range(4)))

    assert sum(step.endswith("it is started again") for step in steps) == 1


async def test_a_server_that_answers_is_left_as_it_is(settings: Settings, pids: Path) -> None:
    async with kept(settings, quiet, fake("healthy", pids)) as own:
        before = living(pids)
        await own.mend(failed(silences=SILENCES - 1))

        assert living(pids) == before


async def test_a_server_that_lets_calls_wait_for_nothing_is_started_again(settings: Settings, pids: Path) -> None:
    async with kept(settings, quiet, fake("healthy", pids)) as own:
        before = living(pids)
        await own.mend(failed(silences=SILENCES))

        assert not set(before) & set(living(pids))


async def test_a_server_that_does_not_start_again_ends_the_run_with_its_reason(settings: Settings, pids: Path) -> None:
    async with kept(settings, quiet, fake("mortal", pids)) as own:
        kill(pids)
        with pytest.raises(ServerUnavailable, match="while starting: ValueError: this model needs more memory"):
            await own.mend(failed())


async def test_the_registered_server_is_used_and_left_running(settings: Settings, pids: Path) -> None:
    found = await asyncio.to_thread(server.start_detached, settings, quiet, fake("healthy", pids))

    async with kept(settings, quiet, fake("failing", pids)) as registered:
        await registered.mend(failed(silences=SILENCES))
        assert registered.url == found.url

    assert is_alive(found)


@pytest.mark.parametrize(("asked", "warned"), [(None, []), (1024, []), (2048, ["1024", "2048"])])
async def test_a_registered_server_with_less_context_than_is_asked_for_is_used_with_a_warning(
    settings: Settings, pids: Path, asked: int | None, warned: list[str]
) -> None:
    found = await asyncio.to_thread(server.start_detached, settings, quiet, fake("healthy", pids))
    said: list[str] = []

    async with kept(settings.model_copy(update={"context": asked}), quiet, warn=said.append) as registered:
        assert registered.url == found.url

    assert [number for line in said for number in re.findall(r"\d+", line)] == warned


async def test_a_registered_server_that_has_gone_ends_the_run_with_one_line(settings: Settings, pids: Path) -> None:
    found = await asyncio.to_thread(server.start_detached, settings, quiet, fake("healthy", pids))

    async with kept(settings, quiet) as registered:
        kill(pids)
        assert eventually(lambda: not is_alive(found))
        with pytest.raises(
            ServerUnavailable, match=r"in the middle of the run: .*`redraft serve start` starts another"
        ):
            await registered.mend(failed())


async def test_a_registered_server_with_another_model_is_refused(settings: Settings, pids: Path) -> None:
    await asyncio.to_thread(server.start_detached, settings, quiet, fake("healthy", pids))
    wanted = settings.model_copy(update={"llm_model": "org/large"})

    with pytest.raises(UserError, match="serves small, not org/large"):
        async with kept(wanted, quiet):
            pass


async def test_to_wait_for_a_server_blocks_nobody_and_ends_it_when_it_is_cancelled(
    settings: Settings, pids: Path
) -> None:
    async def run() -> None:
        async with kept(settings, quiet, fake("hanging", pids)):
            pass

    waiting = asyncio.create_task(run())
    while not pids.exists():
        await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert living(pids) == []
