"""The model server: started, found again and stopped.

One that `redraft serve start` starts stays until it is stopped and is registered in `server.json`, so that every
command finds it. One that is started for the runs of one command belongs to its process and ends with it, however that
ends.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from filelock import FileLock
from pydantic import ValidationError

from redraft.agent.errors import UserError
from redraft.agent.launch import Launch, Launcher, vllm
from redraft.agent.models import served_name
from redraft.agent.process import OnStep, Server, await_health, end, free_port, is_alive, is_healthy, spawn
from redraft.agent.settings import Settings

State = Literal["running", "starting", "silent", "stopped"]


class Status(NamedTuple):
    state: State
    """`silent` has been up for longer than starting takes, and does not answer."""
    server: Server | None


def status(settings: Settings) -> Status:
    """Of the registered server."""
    server = _registered(settings)
    if server is None or not is_alive(server):
        return Status("stopped", None)
    if is_healthy(server):
        return Status("running", server)
    age = (datetime.now(UTC) - server.started).total_seconds()
    return Status("starting" if age < server.limit else "silent", server)


def start_detached(settings: Settings, on_step: OnStep, launcher: Launcher = vllm) -> Server:
    """A healthy server that outlives this process: the registered one if it serves the same model, else a new one.

    Raises `UserError` while one with another model runs, and `ServerUnavailable` when it ends or is not ready in time.
    """
    port = free_port()
    launch = launcher(settings, port)
    with _registering(settings):
        server = _attachable(settings, launch.model)
        ours = server is None
        if server is None:
            server = spawn(launch, port, logs(settings))
            _register(settings, server)
        else:
            on_step("a server is there already")
    with _ended_on_failure(server, wanted=ours):
        asyncio.run(await_health(server, on_step))
    return _compared(server, launch)


def _compared(server: Server, launch: Launch) -> Server:
    """With a warning in place of its own where it is another than `launch` would have made."""
    drafter = server.drafter or "unknown"
    if (server.context, drafter) == (launch.context, launch.drafter):
        return server
    warning = (
        f"the server that is there has {server.context} tokens of context and the drafter {drafter}, "
        f"not {launch.context} and {launch.drafter}: `redraft serve stop` makes way for another"
    )
    return server.model_copy(update={"warnings": (warning,)})


def stop(settings: Settings) -> bool:
    """End the registered server and all it started; False when nothing was left to end."""
    server = _registered(settings)
    if server is None:
        return False
    ended = end(server)
    with _registering(settings):
        if _registered(settings) == server:
            _state_file(settings).unlink(missing_ok=True)
    return ended


@asynccontextmanager
async def started(settings: Settings, on_step: OnStep, launcher: Launcher = vllm) -> AsyncIterator[Server]:
    """A healthy server of this process's own, which is gone afterwards, even if this process is killed meanwhile."""
    port = free_port()
    launch = launcher(settings, port)
    with lifeline() as owner:
        server = spawn(launch, port, logs(settings), owner=owner)
        try:
            for warning in launch.warnings:
                on_step(warning)
            await await_health(server, on_step)
            yield server
        finally:
            end(server)


@contextmanager
def lifeline() -> Iterator[int]:
    """The reading end of a pipe whose other end closes with this process, however that ends."""
    reader, writer = os.pipe()
    try:
        os.set_inheritable(reader, True)
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def attachable(settings: Settings) -> Server | None:
    """The registered server, healthy yet or not. Raises `UserError` when it serves another model than is asked for."""
    return _attachable(settings, served_name(settings.llm_model) if settings.llm_model else None)


def _attachable(settings: Settings, model: str | None) -> Server | None:
    """The registered server, healthy yet or not. Raises `UserError` when it serves something else than `model`."""
    server = _registered(settings)
    if server is None or not is_alive(server):
        return None
    if model not in (None, server.model):
        message = (
            f"the server at {server.url} serves {server.model}, not {model}: end it first with `redraft serve stop`"
        )
        raise UserError(message)
    return server


@contextmanager
def _ended_on_failure(server: Server, *, wanted: bool) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if wanted:
            end(server)
        raise


def logs(settings: Settings) -> Path:
    return settings.folders.data / "logs"


def _state_file(settings: Settings) -> Path:
    return settings.folders.data / "server.json"


def _registered(settings: Settings) -> Server | None:
    try:
        return Server.model_validate_json(_state_file(settings).read_bytes())
    except (FileNotFoundError, ValidationError):  # the latter of another release, or cut short by a full disk
        return None


def _register(settings: Settings, server: Server) -> None:
    unfinished = _state_file(settings).with_suffix(".part")
    unfinished.write_text(server.model_dump_json(indent=2) + "\n")
    unfinished.replace(_state_file(settings))


@contextmanager
def _registering(settings: Settings) -> Iterator[None]:
    settings.folders.data.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.folders.data / "server.lock"):
        yield
