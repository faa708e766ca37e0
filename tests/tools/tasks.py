"""Tasks for the processes of a pool, in a module that they can import."""

import ctypes
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def process_id() -> int:
    return os.getpid()


def logged(file: Path, line: str) -> None:
    with file.open("a") as log:
        log.write(f"{line}\n")


def die(file: Path) -> None:
    logged(file, "dying")
    os._exit(7)


def segfault() -> None:
    ctypes.string_at(0)


def refuse(reason: str) -> None:
    raise ValueError(reason)


def leave() -> None:
    sys.exit("leaving")


def spin() -> None:
    while True:
        with suppress(Exception):  # which the deadline must get through
            sum(range(100_000))


def backtrack() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def hoard() -> int:
    return len(bytearray(3 << 30))


def unpicklable() -> object:
    return lambda: None
