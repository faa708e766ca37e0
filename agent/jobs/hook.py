"""Hooks: a command of the user's gets a parcel as JSON on its standard input."""

import asyncio
import errno
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from redraft.agent.jobs.channels import DeliveryFailed, Hook
from redraft.agent.jobs.parcel import Parcel
from redraft.tools.labels import one_line

PATIENCE = 60.0
"""Seconds until a command is ended: it should hand on a report, not work on it. A starting point, not measured."""
LONGEST_ERROR = 200
"""Characters of what it says that are told: two lines."""
_TAIL = 4096  # bytes of what it says that are looked at for the last line
_PREFIX = "REDRAFT_"
_NO_PROGRAM = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENOEXEC})


async def run_hook(
    channel: Hook, parcel: Parcel, *, environment: Mapping[str, str] = os.environ, patience: float = PATIENCE
) -> None:
    """Returns when the command has ended with 0. What it prints goes nowhere, its errors into ours.

    It is ended with all that it has started when its time is over, or when the caller is cancelled. Raises
    `DeliveryFailed` with the last line that it wrote to standard error; for good where there is no such program.
    """
    # Files instead of pipes: a command need not read, may say as much as it likes, and may leave others running.
    with TemporaryFile() as told, TemporaryFile() as said:
        told.write(parcel.model_dump_json().encode())
        told.seek(0)
        process = await _started(channel, told, said, _environment(parcel, environment))
        code = await _ended(process, channel.command[0], patience)
        if code:
            ending = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
            message = f"{channel.command[0]} {ending}: {_last_line(said) or 'it said nothing'}"
            raise DeliveryFailed(message)


def _environment(parcel: Parcel, given: Mapping[str, str]) -> dict[str, str]:
    """The user's, with what the parcel is about in the place of all settings of ours: some of them are secret."""
    about = {
        "JOB": parcel.job,
        "RUN": parcel.run_id or "",
        "TITLE": one_line(parcel.title),
        "FILES": "\n".join(map(str, parcel.files)),
        "KEY": parcel.key,
    }
    users = {name: value for name, value in given.items() if not name.startswith(_PREFIX)}
    return users | {_PREFIX + name: value for name, value in about.items()}


async def _started(channel: Hook, told: IO[bytes], said: IO[bytes], environment: dict[str, str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *channel.command, stdin=told, stdout=DEVNULL, stderr=said, env=environment, start_new_session=True
        )
    except OSError as error:
        message = f"{channel.command[0]} cannot be started: {error.strerror}"
        raise DeliveryFailed(message, for_good=error.errno in _NO_PROGRAM) from error


async def _ended(process: Process, program: str, patience: float) -> int:
    try:
        async with asyncio.timeout(patience):
            return await process.wait()
    except TimeoutError as error:
        message = f"{program} was not done in {patience:g} seconds"
        raise DeliveryFailed(message) from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _last_line(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _TAIL))
    lines = map(one_line, said.read().decode(errors="replace").splitlines())
    return next(filter(None, reversed(list(lines))), "")[:LONGEST_ERROR]
