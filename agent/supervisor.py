"""Runs one program, and sees to it that nothing of it outlives its owner, however that ends.

    python -m redraft.agent.supervisor --log FILE --exit-file FILE [--owner-fd N] [--grace SECONDS] -- COMMAND…

    owner ──pipe──▸ supervisor ──pipe──▸ guard
                        └── program, leader of a process group ── its own children

The program is ended on SIGTERM or SIGINT, and when the owner's end of the pipe N closes, which the kernel does even
for an owner that was killed. The guard does the same for a supervisor that was killed. What ends is the whole group,
since a model server's engine lives on in processes of its own when only the server is killed, with all of its memory.

For Linux. Nothing but the standard library: this process lives as long as the server and should weigh nothing.
"""

import argparse
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

GRACE = 15.0
"""Seconds between asking and killing. vLLM took under one on a CPU; a GPU's memory may take longer to give back."""
POLL = 0.05
NOT_STARTED = 127
"""The exit code shells give a command that cannot be run."""


def main(arguments: Sequence[str]) -> int:
    """The program's exit code, negative for the signal that ended it, as written to the exit file."""
    options = _options(arguments)
    _redirect(options.log)
    # Leading a session of its own, the supervisor is out of reach of the terminal's Ctrl-C, and whoever looks for what
    # is left of a server finds it by the session's id. A process that leads already cannot ask again.
    with suppress(PermissionError):
        os.setsid()
    code = _supervise(options.command, options.owner_fd, options.grace)
    unfinished = options.exit_file.with_suffix(".part")
    unfinished.write_text(f"{code}\n")
    unfinished.replace(options.exit_file)
    return code


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="redraft.agent.supervisor")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--exit-file", type=Path, required=True)
    parser.add_argument("--owner-fd", type=int)
    parser.add_argument("--grace", type=float, default=GRACE)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def _redirect(log: Path) -> None:
    """From here on the supervisor speaks to the log too, so that a fault of its own can be read there."""
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (writer, 1), (writer, 2)):
        os.dup2(source, target)
    os.close(writer)
    os.close(nothing)


def _supervise(command: Sequence[str], owner: int | None, grace: float) -> int:
    wake = _wake_on_signals()
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 - it is what this is for
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
        return NOT_STARTED
    guard = _start_guard(program.pid, grace)
    _wait(program, wake, owner)
    _end_group(program.pid, grace)
    os.kill(guard, signal.SIGKILL)  # it must not outlive the group, whose number may be given to strangers
    os.waitpid(guard, 0)
    return program.wait()


def _wake_on_signals() -> int:
    """A file that can be read once a signal has arrived, one byte for each, so that waiting needs no polling."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda number, frame: None)
    return reader


def _wait(program: "subprocess.Popen[bytes]", wake: int, owner: int | None) -> None:
    """Return when the program has ended, or should."""
    watched = [wake] if owner is None else [wake, owner]
    while program.poll() is None:
        ready, _, _ = select.select(watched, [], [])
        if owner in ready:  # the owner never writes: there is something to read when it has closed its end
            return
        if {signal.SIGTERM, signal.SIGINT} & set(os.read(wake, 64)):
            return


def _start_guard(group: int, grace: float) -> int:
    """A process that ends `group` when this one disappears without having done so."""
    reader, writer = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(writer)
        _guard(group, reader, grace)
    os.close(reader)  # `writer` is left open for as long as this process lives: that is the message
    return guard


def _guard(group: int, lifeline: int, grace: float) -> NoReturn:
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.read(lifeline, 1)
    _end_group(group, grace)
    os._exit(0)


def _end_group(group: int, grace: float) -> None:
    """Ask every process of the group to end; after `grace` seconds stop asking.

    Children get their time even when their leader has gone: among vLLM's is the one that gives back shared memory
    (400 MB stayed behind each time that it was killed with the others).
    """
    deadline = time.monotonic() + grace
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        while _is_running(group) and time.monotonic() < deadline:
            time.sleep(POLL)
        os.killpg(group, signal.SIGKILL)


def _is_running(group: int) -> bool:
    """Signalling the group would not tell: exited processes belong to it until they are waited for, which the first
    process of a container may never do."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # Number, (name), state, parent, group: the name may hold anything, brackets too.
            state, _, of_group = path.read_bytes().rpartition(b")")[2].split()[:3]
            if int(of_group) == group and state not in (b"Z", b"X"):
                return True
    return False


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.exit(code if code >= 0 else 128 - code)
