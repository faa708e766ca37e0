"""Files for the scripts of others: written whole or not at all, in the order given, with the same bytes every time."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task


def articles(tasks: Sequence[Task], outputs: Sequence[Output]) -> list[tuple[Task, str]]:
    """Each task with its article, empty where there is none. Raises `ValueError` for two outputs of one task."""
    by_task = {output.task_id: output.article for output in outputs}
    if len(by_task) != len(outputs):
        raise ValueError("a task has two outputs")
    return [(task, by_task.get(task.id, "")) for task in tasks]


def run_file_name(name: str) -> str:
    """The name, if it can be that of a file anywhere. Raises `UserError`."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        message = f"{name!r} cannot name a run's files: letters, digits, '.', '_' and '-' can, up to 100 of them"
        raise UserError(message)
    return name


def publish_file(target: Path, text: str) -> tuple[Path, ...]:
    """Raises `UserError` where something is there already, or where it cannot be written."""
    with _whole(target) as place:
        _write(place, text)
    return (target,)


def publish_folder(target: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """`files`: place below the folder → text. Raises as above."""
    if any(".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() for name in files):
        raise UserError("a task of the data has a name that leads out of the folder")
    with _whole(target) as place:
        place.mkdir()
        for name, text in files.items():
            _write(place / name, text)
    return tuple(target / name for name in files)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A place to write to, which becomes `target` at the end."""
    if target.exists():
        message = f"{target} is there already: take it away, or give the run another name"
        raise UserError(message)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as temporary:
            place = Path(temporary) / target.name
            yield place
            place.rename(target)
    except OSError as error:
        message = f"cannot write {target}: {error}"
        raise UserError(message) from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def json_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
