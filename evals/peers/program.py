"""Runs a peer: a command that takes a question and writes a report.

It starts in an empty folder, which is also its home and its place for temporary files, and is gone afterwards: what it
keeps for later, as replies of the model, would make its next report cheaper than its first. The question comes on its
standard input, in UTF-8. Its environment is as `environment` says. It prints the report, in Markdown, or writes it
into the file that `PEER_REPORT` names; where it does both, the file counts.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from redraft.agent.errors import UserError
from redraft.tools.labels import one_line

LONGEST_REASON = 300
"""Characters of what a peer says at its end that are told: three lines."""
_TAIL = 16_384  # bytes of what it says that are looked at for its last lines
_KEPT = frozenset({"PATH", "USER", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"})


class PeerFailed(UserError):
    """It is the user's command. The message names the program and what it said last."""


class Means(NamedTuple):
    """What every peer is given, so that all are given the same."""

    llm_url: str
    """Base URL of the model server, with `/v1`."""
    llm_model: str
    searxng_url: str
    words: int | None = None
    """The wanted length; None leaves it to the peer."""


class Made(NamedTuple):
    """A report, and what it took."""

    report: str
    seconds: float
    peak_memory: int
    """Bytes that the largest of its processes had in memory at once."""


def environment(means: Means, folder: Path, given: Mapping[str, str], named: Sequence[str] = ()) -> dict[str, str]:
    """Of what is `given`, what a program needs to run at all and what is `named`; and `PEER_…`, what it is to use.

    Everything else stays behind, since keys of services are among it. The folder is the peer's home.
    """
    kept = {name: value for name, value in given.items() if name in _KEPT | set(named) or name.startswith("LC_")}
    own = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONUTF8": "1",
        "PEER_LLM_URL": means.llm_url,
        "PEER_LLM_MODEL": means.llm_model,
        "PEER_SEARXNG_URL": means.searxng_url,
        "PEER_REPORT": str(folder / "report.md"),
    }
    words = {} if means.words is None else {"PEER_WORDS": str(means.words)}
    return own | kept | words


async def run(
    command: Sequence[str],
    question: str,
    means: Means,
    *,
    patience: float,
    given: Mapping[str, str] = os.environ,
    named: Sequence[str] = (),
) -> Made:
    """The report of a peer on a question.

    Whatever comes, at the end nothing of its process group runs any more: also when it is not done after `patience`
    seconds, and when the caller is cancelled. Raises `PeerFailed` then, when it ends with another code than 0, and when
    there is no report, or one that is not UTF-8.
    """
    with TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as name:
        files = _Files(Path(name))
        surroundings = environment(means, files.home, given, named)
        began = time.monotonic()
        process = _started(command, question, files, surroundings)
        ended = await _ended(process, command[0], patience)
        seconds = time.monotonic() - began
        if ended.code:
            ending = f"was ended by signal {-ended.code}" if ended.code < 0 else f"ended with {ended.code}"
            message = f"{command[0]} {ending}: {_last_lines(files.said) or 'it said nothing'}"
            raise PeerFailed(message)
        return Made(_report(command[0], files), seconds, ended.peak_memory)


class _Files:
    """Where a peer works, and beside it what passes between it and us."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.asked, self.printed, self.said = folder / "asked", folder / "printed", folder / "said"


class _Ended(NamedTuple):
    code: int
    """Negative for the signal that ended it."""
    peak_memory: int


def _started(
    command: Sequence[str], question: str, files: _Files, surroundings: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    files.asked.write_bytes(question.encode())
    # Files instead of pipes: a peer need not read, and may say as much as it likes.
    with files.asked.open("rb") as asked, files.printed.open("wb") as printed, files.said.open("wb") as said:
        try:
            return subprocess.Popen(  # noqa: S603 - the user's own choice
                command,
                stdin=asked,
                stdout=printed,
                stderr=said,
                cwd=files.home,
                env=surroundings,
                start_new_session=True,
            )
        except OSError as error:
            message = f"{command[0]} cannot be started: {error.strerror}"
            raise PeerFailed(message) from error


async def _ended(process: "subprocess.Popen[bytes]", program: str, patience: float) -> _Ended:
    try:
        async with asyncio.timeout(patience):
            await _exit(process.pid)
    except TimeoutError as error:
        message = f"{program} was not done in {patience:g} seconds"
        raise PeerFailed(message) from error
    finally:
        ended = _end_group(process)
    return ended


async def _exit(pid: int) -> None:
    """Returns once the process has ended. It is not waited for, so that its number stays its own."""
    watch, ended = os.pidfd_open(pid), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(watch, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(watch)
        os.close(watch)


def _end_group(process: "subprocess.Popen[bytes]") -> _Ended:
    """Kills what is left of the process and of its group, and waits for the process."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return _Ended(process.returncode, usage.ru_maxrss * 1024)  # Linux counts in KiB


def _report(program: str, files: _Files) -> str:
    written = files.home / "report.md"
    data = (written if written.is_file() and written.stat().st_size else files.printed).read_bytes()
    try:
        report = data.decode()
    except UnicodeDecodeError as error:
        message = f"{program} has written a report that is not UTF-8: {error}"
        raise PeerFailed(message) from error
    if not report.strip():
        message = f"{program} has written nothing: {_last_lines(files.said) or 'nor has it said anything'}"
        raise PeerFailed(message)
    return report


def _last_lines(said: Path) -> str:
    """The end of what was said to standard error, in one line: a traceback's last line alone often says little."""
    with said.open("rb") as file:
        file.seek(max(0, said.stat().st_size - _TAIL))
        lines = [one_line(line) for line in file.read().decode(errors="replace").splitlines()]
    return " / ".join([line for line in lines if line][-2:])[-LONGEST_REASON:]
