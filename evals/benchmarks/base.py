"""What all benchmarks share: tasks, what a writer made of them, their scores, and the form of an adapter.

A benchmark's data is read where the user has put it, as its authors publish it, and is never part of this program.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from redraft.evals.benchmarks.reading import DataFile, Found, found


@dataclass(frozen=True)
class Task:
    """One task of a benchmark."""

    id: str
    """As the benchmark has it, or the number of its row there, from 0."""
    prompt: str
    """Exactly as it is given to the writer: some scripts find the task by it."""
    language: str
    """ISO 639-1; `en` or `zh` in all published ones."""
    topic: str = ""
    meta: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What else the benchmark knows of the task: see `Benchmark.meta`."""


@dataclass(frozen=True)
class Output:
    """What a writer made of a task."""

    task_id: str
    article: str
    """Markdown with `[n]` marks and a list of references at its end; empty for a task that failed, which counts."""
    seconds: float | None = None
    tokens: int | None = None
    run_id: str | None = None
    failure: str | None = None


class CorpusDocument(NamedTuple):
    """A document of a benchmark's closed world."""

    url: str
    """What a report cites it by, and what it is known by: each comes once."""
    title: str
    text: str
    """Without its title. Never blank."""
    date: str | None = None
    """`yyyy-mm-dd`, or as much of it as is known."""


@dataclass(frozen=True)
class Scores:
    """The scores of a run, as a benchmark's own script has written them."""

    tasks: Mapping[str, Mapping[str, float]]
    """Task → measure → value. Empty where the file holds only what it comes to."""
    aggregate: Mapping[str, float]
    """Measure → what the benchmark publishes, over the tasks that are scored: by its own rule, not always the mean."""
    unscored: tuple[str, ...] = ()
    """Tasks that the script has left out: most scripts do so with one that failed."""


@dataclass(frozen=True)
class Description:
    """What a folder holds of a benchmark."""

    benchmark: "Benchmark"
    tasks: int
    """How many are here, of `benchmark.total`."""
    languages: Mapping[str, int]
    files: tuple[Found, ...]
    missing: tuple[str, ...]
    """What is known of fewer tasks than are here, a line each."""


def no_measure(task: Task, output: Output) -> Mapping[str, float]:
    """Nothing: for a benchmark whose every score takes a judge."""
    return {}


@dataclass(frozen=True)
class Benchmark:
    """An adapter. Its functions raise `UserError` for data that is missing or damaged, naming the file and the line."""

    name: str
    title: str
    licence: str
    source: str
    """The repository and the paper."""
    total: int | None
    """Tasks of the whole benchmark; a folder may hold fewer. None: as many as the folder has."""
    files: tuple[DataFile, ...]
    meta: Mapping[str, str]
    """Key of `Task.meta` → what it holds. What is not known of a task is not in its `meta`."""
    load: Callable[[Path], list[Task]]
    """The tasks of a folder, in the benchmark's order."""
    export: Callable[[Sequence[Task], Sequence[Output], Path, str], tuple[Path, ...]]
    """Writes into a folder, under the name of the run, what the benchmark's own scripts read; returns the files.

    All of them are written, or none. Every task given has its entry; one without an output, or that failed, an empty
    article. Equal outputs give equal bytes. Raises `UserError` where a run of this name is there already.
    """
    scores: Callable[[Path, Sequence[Task]], Scores]
    """Reads what the benchmark's own scripts have written, as far as it is about the tasks given.

    Without tasks, all of it, where the files name tasks as the benchmark does; where they take the tasks to be
    understood, nothing.
    """
    measure: Callable[[Task, Output], Mapping[str, float]] = no_measure
    """The scores of the benchmark that take no judge."""
    corpus: Callable[[Path], Iterator[CorpusDocument]] | None = None
    """The documents of a folder that its tasks can be written from, without the web. None: it has none."""

    def prompt(self, task: Task) -> str:
        """What the writer is asked: the task's prompt, unchanged."""
        return task.prompt

    def describe(self, folder: Path) -> Description:
        """Reads and checks all that is in the folder."""
        tasks = self.load(folder)
        languages = [task.language for task in tasks]
        return Description(
            benchmark=self,
            tasks=len(tasks),
            languages={language: languages.count(language) for language in sorted(set(languages))},
            files=tuple(entry for file in self.files for entry in found(folder, file)),
            missing=tuple(_missing(self.meta, tasks)),
        )


def _missing(meta: Mapping[str, str], tasks: Sequence[Task]) -> list[str]:
    without = {key: sum(key not in task.meta for task in tasks) for key in meta}
    return [f"{meta[key]}: not here for {number} of {len(tasks)} tasks" for key, number in without.items() if number]
