"""The documents a user points at: files, folders and patterns found, told apart and read."""

import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from redraft.tools.errors import PathNotFound, Unreadable
from redraft.tools.extract.local import METADATA_NAMES, extract
from redraft.tools.labels import first_heading, first_short_line
from redraft.tools.passages import cut
from redraft.tools.types import Document, Span

PLAIN_SUFFIXES = frozenset({".txt", ".md", ".markdown", ".rst"})
"""Kinds that are read without anybody else's parser."""
SUFFIXES = PLAIN_SUFFIXES | {".html", ".htm", ".pdf", ".docx", ".epub"}
"""What a folder is searched for, beside the metadata of Python packages."""

_INSTALLED = (".dist-info", ".egg-info")


def find(paths: Sequence[str]) -> list[Path]:
    """The files that `paths` name, resolved, sorted, each once.

    A path is a file, a folder or a pattern with `*`, `?`, `[...]` or `**`. A file named outright is taken whatever it
    is, and so is what matches a pattern that spells out part of the name (`*.log`). A folder is searched to the
    bottom for supported kinds; hidden files and folders in it are passed over, links to folders not followed.

    Raises `PathNotFound` for a path that leads to no file.
    """
    return sorted({file.resolve() for path in paths for file in _found(path)})


def _found(path: str) -> list[Path]:
    named = Path(path).expanduser()
    if named.is_file():
        return [named]
    files = list(_below(named) if named.is_dir() else _matching(str(named)))
    if files:
        return files
    message = (
        f"no readable document in the folder {path}" if named.is_dir() else f"no such file, folder or match: {path}"
    )
    raise PathNotFound(message)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if _is_supported(Path(parent, name)))


def _is_supported(file: Path) -> bool:
    """Whether a file that nobody named is worth reading."""
    if file.name in METADATA_NAMES:
        return True
    # Beside its metadata an installed package keeps lists for installers, and its licence.
    machine = any(parent.endswith(_INSTALLED) for parent in file.parts[:-1])
    return file.suffix.lower() in SUFFIXES and not machine and not file.name.startswith(".")


def _matching(pattern: str) -> Iterator[Path]:
    spelled_out = any(character.isalpha() for character in Path(pattern).name)
    # pathlib takes no absolute patterns and does not pass over hidden files.
    for match in map(Path, glob.glob(pattern, recursive=True)):  # noqa: PTH207
        if match.is_dir():
            yield from _below(match)
        elif match.is_file() and (spelled_out or _is_supported(match)):
            yield match


class Reading(NamedTuple):
    """What reading a file brought. Can be pickled."""

    digest: str
    """SHA-256 of the file's bytes, in hex."""
    document: Document | None
    """None where the bytes are what they were."""
    spans: Sequence[Span]
    """The document's passages."""


def reading(path: Path, known: str | None) -> Reading | str:
    """The document in a file, cut into passages, unless the digest of its bytes is the known one.

    For a file that cannot be read, the reason.
    """
    try:
        data = _bytes(path)
        digest = hashlib.sha256(data).hexdigest()
        if digest == known:
            return Reading(digest, None, ())
        document = _document(data, path)
    except PathNotFound:
        return "no such file: it went while others were read"
    except Unreadable as error:  # as a value: it could not be pickled
        return error.reason
    return Reading(digest, document, cut(document.text))


def read(path: Path) -> Document:
    """The document in a file. Raises `PathNotFound` if there is none, `Unreadable` if it is no text."""
    return _document(_bytes(path), path)


def _document(data: bytes, path: Path) -> Document:
    content = extract(data, path)
    resolved = path.resolve()
    return Document(
        url=resolved.as_uri(),
        title=content.title or first_heading(content.text) or first_short_line(content.text) or resolved.stem,
        site=content.site or resolved.parent.name,
        date=content.date,
        author=content.author,
        text=content.text,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        message = f"no such file: {path}"
        raise PathNotFound(message) from error
    except PermissionError as error:
        raise Unreadable(path, "permission denied: make it readable for you") from error
    except OSError as error:
        raise Unreadable(path, (error.strerror or str(error)).lower()) from error


def folder_of(path: str) -> Path:
    """The folder that `find` searches for this path, resolved; of a file, the file itself."""
    named = Path(path).expanduser()
    while not named.exists():
        named = named.parent
    return named.resolve()


def path_of(url: str) -> Path:
    """Where the document with this `file:` URI lies."""
    return Path(url2pathname(urlsplit(url).path))
