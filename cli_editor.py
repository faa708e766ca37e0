"""What a user writes: in an editor of theirs, a file, or stdin, and kept until it is taken."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redraft.agent.files import read_text
from redraft.cli_terminal import say


@contextmanager
def written(source: str | None, standing: str, folder: Path, name: str) -> Iterator[str]:
    """What the user made of the text that stands. Until it is taken it lies in a file, which is named if that fails.

    `source`: a file to take it from, `-` for stdin; None opens `$VISUAL` or `$EDITOR`.
    """
    path = Path(source) if source not in (None, "-") else _new_file(folder, name)
    try:
        if source == "-":
            path.write_bytes(sys.stdin.buffer.read())
        elif source is None:
            path.write_text(standing, encoding="utf-8")
            _edit_file(path)
        yield read_text(path)
    except BaseException:
        if path.is_file() and path.read_bytes() != standing.encode():
            say(f"nothing is changed; the text is kept in {path}")
        elif source in (None, "-"):
            path.unlink()
        raise
    if source in (None, "-"):
        path.unlink()


def _new_file(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    handle, path = tempfile.mkstemp(".md", name, folder)
    os.close(handle)
    return Path(path)


def _edit_file(path: Path) -> None:
    from redraft.agent.errors import UserError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UserError("there is no editor: set EDITOR to one, or give the text with --from")
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)  # noqa: S603 - the user's own choice
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        message = f"the editor {editor!r} failed: {error}"
        raise UserError(message) from error
