"""Where the data of benchmarks lies: in the folder that is named, or directly below it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redraft.agent.errors import UserError
from redraft.evals.benchmarks import BENCHMARKS
from redraft.evals.benchmarks.base import Benchmark, Description
from redraft.evals.benchmarks.reading import located
from redraft.tools.errors import PathNotFound


def benchmark(name: str) -> Benchmark:
    """Raises `UserError` where there is none of this name."""
    if name not in BENCHMARKS:
        message = f"there is no benchmark {name!r}: there are {', '.join(BENCHMARKS)}"
        raise UserError(message)
    return BENCHMARKS[name]


def home(benchmark: Benchmark, data: Path) -> Path:
    """The folder with the benchmark's tasks: `data`, or one directly below it; `data` too where there are no tasks.

    Raises `PathNotFound` where `data` is not there, and `UserError` where it is no folder.
    """
    if not existing(data).is_dir():
        message = f"{data} is no folder"
        raise UserError(message)
    folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
    return next((folder for folder in folders if located(folder, benchmark.files[0])), data)


def listed(data: Path | None) -> Iterator[dict[str, Any]]:
    """Every benchmark, and what is here of it, ready for JSON."""
    for entry in BENCHMARKS.values():
        yield _named(entry) | (_here(entry, data) if data else {})


def described(description: Description) -> dict[str, Any]:
    """Ready for JSON."""
    here = {"tasks": description.tasks, "languages": dict(description.languages)}
    files = [file._asdict() for file in description.files]
    return _named(description.benchmark) | here | {"files": files, "missing": list(description.missing)}


def _named(entry: Benchmark) -> dict[str, Any]:
    return {field: getattr(entry, field) for field in ("name", "title", "licence", "source", "total")}


def _here(entry: Benchmark, data: Path) -> dict[str, Any]:
    folder = home(entry, data)
    try:
        found = entry.describe(folder)
    except UserError as error:  # damaged, or not there: that is what is asked
        return {"folder": None, "tasks": 0, "languages": {}, "missing": [str(error)]}
    return {"folder": str(folder)} | {key: described(found)[key] for key in ("tasks", "languages", "missing")}


def existing(path: Path) -> Path:
    """The path. Raises `PathNotFound` where nothing is there."""
    if not path.exists():
        message = f"{path} is not there"
        raise PathNotFound(message)
    return path
