"""One model server as processes of this machine: spawned, watched, ended.

It is run by a supervisor (`redraft.agent.supervisor`), whose process id stands for the whole of it: the server and all
its children are in the supervisor's session and write to one log, which no other start writes to.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from pydantic import BaseModel, ConfigDict

from redraft.agent.errors import ServerUnavailable
from redraft.agent.launch import Launch, reason

POLL = 0.1
HEALTH_SECONDS = 2.0
"""For one answer of a server on this machine; a busy one still answers this at once."""
MARGIN = 3.0
"""Seconds on top of the grace that the server's processes get, for the supervisor to end as well."""
CLOCK_SLACK = 2.0
"""Seconds by which the system's account of when a process began may shift as the clock is set."""
LOGS_KEPT = 10

OnStep = Callable[[str], None]


class Server(BaseModel):
    """A model server on this machine."""

    model_config = ConfigDict(frozen=True)

    url: str
    model: str
    """The name it answers to."""
    context: int
    pid: int
    """Of the supervisor."""
    created: float
    """When the system says that it began: a process of the same number that began at another time is a stranger."""
    log: Path
    started: datetime
    limit: float
    """Seconds within which it must be healthy."""
    grace: float
    """Seconds that its processes get to end when asked."""
    # Without what follows are those that an earlier release has started.
    asked: int | None = None
    """Tokens of context that were wished for."""
    drafter: str | None = None
    """The name of the speculation that it is served with."""
    warnings: tuple[str, ...] = ()
    """What is otherwise than was asked for, a line for each."""


def spawn(launch: Launch, port: int, logs: Path, owner: int | None = None) -> Server:
    """The server, on its way. It ends when it is told to, or when the other end of the pipe `owner` closes."""
    log = _new_log(logs)
    command = [
        *(sys.executable, "-P", "-m", "redraft.agent.supervisor", "--log", str(log)),
        *("--exit-file", str(_exit_file(log)), "--grace", str(launch.grace)),
        *(() if owner is None else ("--owner-fd", str(owner))),
        *("--", *launch.command),
    ]
    # Not `subprocess`, which wants every child waited for. The child inherits what this process was given, and no more
    # files than those marked so: the reading end of the owner's pipe.
    pid = os.posix_spawn(sys.executable, command, {**os.environ, **launch.environment})
    return Server(
        url=f"http://127.0.0.1:{port}",
        model=launch.model,
        context=launch.context,
        pid=pid,
        created=psutil.Process(pid).create_time(),
        log=log,
        started=datetime.now(UTC),
        limit=launch.limit,
        grace=launch.grace,
        asked=launch.asked,
        drafter=launch.drafter,
        warnings=launch.warnings,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_log(folder: Path) -> Path:
    """A name no other start uses. Of the logs of servers that have ended, the newest are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    ended = sorted(folder.glob("*.exit"))
    for exit_file in ended[: max(0, len(ended) - LOGS_KEPT)]:
        exit_file.with_suffix(".log").unlink(missing_ok=True)
        exit_file.unlink(missing_ok=True)
    return folder / f"server-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"


def _exit_file(log: Path) -> Path:
    return log.with_suffix(".exit")


def is_healthy(server: Server) -> bool:
    """It answers, and its engine lives."""
    try:
        return httpx.get(f"{server.url}/health", timeout=HEALTH_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


async def await_health(server: Server, on_step: OnStep) -> None:
    """Return once the server is healthy. `ServerUnavailable` says why it ended instead, or that its time is up."""
    began, told = time.monotonic(), -1
    while not await asyncio.to_thread(is_healthy, server):
        if has_ended(server):
            raise ServerUnavailable(why_ended(server, "while starting"))
        seconds = int(time.monotonic() - began)
        if seconds >= server.limit:
            message = f"vLLM was not ready after {server.limit:.0f} s and has been given up; log: {server.log}"
            raise ServerUnavailable(message)
        if seconds > told:
            on_step(f"starting vLLM… {seconds} s")
            told = seconds
        await asyncio.sleep(POLL)


def has_ended(server: Server) -> bool:
    """All of it, or at least what saw to it."""
    return _exit_file(server.log).exists() or not is_alive(server)


def why_ended(server: Server, when: str) -> str:
    """In one line, of a server that has."""
    exit_file = _exit_file(server.log)
    code = int(exit_file.read_text()) if exit_file.exists() else -signal.SIGKILL
    how = _SIGNALLED.get(code, f"exited with code {code}")
    log = server.log.read_text(errors="replace") if server.log.exists() else ""
    return f"vLLM {how} {when}: {reason(log)}; log: {server.log}"


_SIGNALLED = {-signal.SIGKILL: "was killed, perhaps for lack of memory,", -signal.SIGTERM: "was told to end"}


def is_alive(server: Server) -> bool:
    """Its supervisor is there, whatever the server itself does."""
    try:
        process = psutil.Process(server.pid)
        same = abs(process.create_time() - server.created) < CLOCK_SLACK
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end(server: Server) -> bool:
    """End the supervisor, which ends its group, and kill what is left when both have had their time.

    False when nothing was there to end.
    """
    existed = is_alive(server)
    if existed:
        os.kill(server.pid, signal.SIGTERM)
    began = time.monotonic()
    while left := _members(server):
        existed = True
        if time.monotonic() - began > server.grace + MARGIN:
            _kill(left)
        time.sleep(POLL)
    with suppress(ChildProcessError):  # another process's child
        os.waitpid(server.pid, os.WNOHANG)
    return existed


def _members(server: Server) -> Sequence[int]:
    """The processes of the server, its supervisor among them or killed.

    The number of the session alone would not do: once all of them have ended, the system may give it to others.
    """
    found = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(pid) == server.pid and _writes_to(psutil.Process(pid), server.log):
                found.append(pid)
    return found


def _writes_to(process: psutil.Process, log: Path) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return any(file.path == str(log) for file in process.open_files())


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
