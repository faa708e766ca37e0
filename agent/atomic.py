"""Files that are there whole or not at all, whatever stops the program or the machine."""

import errno
import os
import secrets
from datetime import datetime
from pathlib import Path


def replace(target: Path, data: bytes, *, at: datetime | None = None) -> None:
    """Puts `data` in the place of a file, or of none, with the time stamp `at` if given.

    Who reads the file meanwhile finds the old bytes or the new ones, and never some of both. Raises `OSError`.
    """
    half = spare(target)
    try:
        with half.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if at:
            os.utime(half, (at.timestamp(), at.timestamp()))
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    _keep_names(target.parent)


def spare(target: Path) -> Path:
    """A name beside `target` that nobody has: hidden, and short enough wherever that of `target` is."""
    return target.with_name(f".redraft-{secrets.token_hex(4)}.part")


def _keep_names(folder: Path) -> None:
    """A name that was given to a file outlasts a power cut only when its folder is written as well (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems of other machines have nothing to write
            raise
    finally:
        os.close(handle)
