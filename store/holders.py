"""Who holds what: processes by names that tell whether they are still there."""

import os
import socket
from contextlib import suppress

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

SLACK = 1.0
"""Seconds by which two accounts of when a process began may differ: the system rounds when it began itself."""


def this_process() -> str:
    """A name that no other process has, on any machine: `HOST PID START`."""
    return f"{host()} {os.getpid()} {_start(psutil.Process()):.2f}"


def is_gone(holder: str) -> bool:
    """Whether a process of this machine has ended. Of one on another machine nobody here can tell: False."""
    machine, pid, start = holder.rsplit(" ", 2)
    if machine != host():
        return False
    try:
        process = psutil.Process(int(pid))
        same = abs(_start(process) - float(start)) < SLACK
        return not same or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _start(process: psutil.Process) -> float:
    """Seconds from the start of the system: the time of day would shift as the clock is set, and the living be dead."""
    return float(process.create_time() - psutil.boot_time())


def host() -> str:
    """This machine, with the namespace of its process ids where there are such: two containers may have one name."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116  # a link to no file
    return socket.gethostname()
