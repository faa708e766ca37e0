"""The files of a benchmark: found, and read row by row. What is wrong with one is named with its file and line."""

import csv
import hashlib
import io
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from redraft.agent.errors import UserError


class DataFile(NamedTuple):
    """A file that a benchmark's data lies in, or with a `*` in its place several."""

    what: str
    places: tuple[str, ...]
    """Where it may lie, below the folder: the first place that holds something counts."""


class Found(NamedTuple):
    """A file of a benchmark that is there."""

    name: str
    size: int
    """Bytes."""
    sha256: str


class Row(BaseModel):
    """A row of JSON: the fields that are read, of their exact types. Others may stand beside them."""

    model_config = ConfigDict(frozen=True, strict=True)


class Lax(BaseModel):
    """A row of CSV, where all is text, or one where numbers may be."""

    model_config = ConfigDict(frozen=True)


RowT = TypeVar("RowT", bound=BaseModel)


def located(folder: Path, file: DataFile) -> list[Path]:
    """The file, or the files, in order of their names; nothing where it is not there."""
    return next((paths for place in file.places if (paths := sorted(folder.glob(place)))), [])


def needed(folder: Path, file: DataFile) -> Path:
    """Raises `UserError` where it is not there."""
    paths = located(folder, file)
    if not paths:
        message = f"{folder} has no {file.places[0]}, which holds {file.what}"
        raise UserError(message)
    return paths[0]


def found(folder: Path, file: DataFile) -> list[Found]:
    """The files with their sizes and digests."""
    digests = [(path, path.stat().st_size, hashlib.sha256(path.read_bytes())) for path in located(folder, file)]
    return [Found(path.relative_to(folder).as_posix(), size, digest.hexdigest()) for path, size, digest in digests]


def json_lines(path: Path, kind: type[RowT]) -> list[RowT]:
    """Raises `UserError`, as all below."""
    lines = enumerate(text_of(path).split("\n"), start=1)
    return [_row(path, number, kind.model_validate_json, line) for number, line in lines if line.strip()]


def optional_lines(folder: Path, file: DataFile, kind: type[RowT]) -> list[RowT]:
    """Nothing where the file is not there."""
    return [row for path in located(folder, file) for row in json_lines(path, kind)]


def optional_rows(folder: Path, file: DataFile, kind: type[RowT]) -> list[RowT]:
    """The same for CSV."""
    return [row for path in located(folder, file) for row in csv_rows(path, kind)]


def csv_rows(path: Path, kind: type[RowT]) -> list[RowT]:
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""), strict=True)
    try:
        return [_row(path, reader.line_num, kind.model_validate, _fitting(values)) for values in reader]
    except csv.Error as error:
        message = f"{path}, line {reader.line_num}: {error}"
        raise UserError(message) from error


def _fitting(values: dict[Any, Any]) -> dict[Any, Any]:
    if None in values:  # where the reader puts what no column is for
        raise csv.Error("more cells than columns")
    return values


def json_object(path: Path, kind: type[RowT]) -> RowT:
    """The file as one value."""
    return _row(path, None, kind.model_validate_json, text_of(path))


def text_of(path: Path) -> str:
    """Line ends stay as they are: some prompts have them, and scripts compare prompts by the character."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {path}: {error}"
        raise UserError(message) from error


def _row(path: Path, line: int | None, validate: Callable[[Any], RowT], values: Any) -> RowT:
    try:
        return validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = f"{path}, line {line}" if line else str(path)
        field = ".".join(map(str, first["loc"]))
        message = ": ".join(part for part in (place, field, first["msg"]) if part)
        raise UserError(message) from error


def distinct(path: Path, keys: Sequence[Hashable]) -> None:
    """Raises `UserError` for a file without tasks, or one that has a task twice."""
    if not keys:
        message = f"{path} has no tasks"
        raise UserError(message)
    seen: set[Hashable] = set()
    for key in keys:
        if key in seen:
            message = f"{path} has the task {key} twice"
            raise UserError(message)
        seen.add(key)
