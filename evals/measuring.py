"""Every metric without a judge, of the reports of a system or of a run."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from redraft.agent import archive
from redraft.agent.errors import UserError
from redraft.agent.prose import CHARACTERS_PER_WORD
from redraft.agent.render import markdown
from redraft.evals.benchmarks.base import Benchmark, Output, Task
from redraft.evals.cited import Texts
from redraft.evals.direction import better
from redraft.evals.gold import gold
from redraft.evals.metrics import cost, history, measure
from redraft.evals.metrics.given import Cost, Encode, Gold
from redraft.evals.reports import name_of, of_tasks, read
from redraft.evals.scored import System
from redraft.store import drafts, pages, runs
from redraft.store.database import Database
from redraft.store.models import Source
from redraft.tools.search.hits import day_of

Row = Mapping[str, float | None]
Key = TypeVar("Key", bound=Hashable)


class Held:
    """The tasks of a benchmark, which reports are held against."""

    def __init__(self, benchmark: Benchmark, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self._benchmark = benchmark
        self._by_id = {task.id: task for task in tasks}
        self._by_prompt = {_spaced(task.prompt): task for task in tasks}

    @property
    def name(self) -> str:
        """Of the benchmark."""
        return self._benchmark.name

    def gold(self, task_id: str) -> Gold:
        """Raises `UserError` for a task that the data does not have."""
        if task_id not in self._by_id:
            message = f"{self._benchmark.name} has no task {task_id!r} in this data"
            raise UserError(message)
        return gold(self._by_id[task_id])

    def own(self, output: Output) -> Row:
        """What the benchmark itself measures without a judge, as `NAME.MEASURE`."""
        found = self._benchmark.measure(self._by_id[output.task_id], output)
        return {f"{self._benchmark.name}.{name}": value for name, value in found.items()}

    def asked(self, question: str) -> str:
        """The task with this prompt, but for white space. Raises `UserError` where there is none."""
        if _spaced(question) not in self._by_prompt:
            message = f"{self._benchmark.name} has no task with this prompt: {question[:80]}"
            raise UserError(message)
        return self._by_prompt[_spaced(question)].id


@dataclass(frozen=True, kw_only=True)
class Way:
    """How reports are measured, beside what every report tells by itself."""

    held: Held | None = None
    """What they are held against."""
    encode: Encode | None = None
    watts: float | None = None
    """Drawn on average by what the model ran on, as the user has measured it."""
    cited: Mapping[str, Texts] = field(default_factory=dict)
    """Article → the pages that it cites, where these were read anew."""

    def gold(self, task: str, words: int | None, language: str | None) -> Gold:
        """What the benchmark knows of the task, else what the writer was asked for: the length, of Chinese in
        characters, and the language."""
        if self.held is None:
            return Gold(words=words, language=language)
        known = self.held.gold(task)
        return replace(known, words=known.words or words)

    def own(self, output: Output) -> Row:
        return self.held.own(output) if self.held else {}


def _spaced(text: str) -> str:
    """Runs that were made before questions kept their lines have them as one."""
    return " ".join(text.split())


def of_file(path: Path, way: Way) -> System:
    """The reports of a file or a folder. With a benchmark those on its tasks alone.

    Raises as `redraft.evals.reports.read`, and `UserError` where no report is on a task.
    """
    reports, held = read(path), way.held
    known = of_tasks(reports, held.tasks) if held else reports
    if not known:
        message = (
            f"{path} has no report on a task of this benchmark: each needs the task's id, Markdown as its file's name"
        )
        raise UserError(message)
    ids = {report.task_id for report in known}
    written = {report.task_id: of_article(report.output, way) for report in known if report.output.article}
    return System(
        name=name_of(path),
        tasks=with_failures([report.task_id for report in known], written),
        failed=tuple(report.task_id for report in known if not report.output.article),
        unscored=tuple(task.id for task in held.tasks if task.id not in ids) if held else (),
        unknown=tuple(report.task_id for report in reports if report.task_id not in ids),
    )


def of_run(database: Database, run_id: str, way: Way) -> System:
    """The report of a run, held against all that it has read. With a benchmark its question has to be a task's prompt.

    Raises `NoSuchRun`, and `UserError` for a run that has nothing written.
    """
    run = runs.get(database, run_id)
    report = archive.report(database, run.id)
    if not report.parts:
        message = f"nothing is written yet: run {run.id} is {archive.status(database, run)}"
        raise UserError(message)
    task = way.held.asked(run.question) if way.held else run.id
    return System(name=run.id, tasks={task: of_own(database, run.id, Output(task, markdown(report)), way)})


def of_own(database: Database, run_id: str, output: Output, way: Way) -> Row:
    """A report that a run has written."""
    run = runs.get(database, run_id)
    sources = _read(database, run_id)
    found = measure(
        output.article,
        passages={url: texts for url, (_, texts) in sources.items()},
        cited=way.cited.get(output.article),
        published={url: day for url, (source, _) in sources.items() if (day := _day(source.date))},
        today=run.created_at.date(),
        gold=way.gold(output.task_id, _wanted(database, run_id), run.settings.get("language")),
        encode=way.encode,
        trace=history.trace(database, run_id),
        cost=cost.of_run(database, run_id, way.watts),
    )
    return {**found, **way.own(output)}


def of_article(output: Output, way: Way, words: int | None = None, language: str | None = None) -> Row:
    """A report of which nothing is known but what it says and what it took."""
    seconds, tokens = output.seconds, output.tokens
    found = measure(
        output.article,
        cited=way.cited.get(output.article),
        gold=way.gold(output.task_id, words, language),
        encode=way.encode,
        cost=Cost(tokens=tokens, seconds=seconds, watts=way.watts),
    )
    return {**found, **way.own(output)}


def with_failures(tasks: Iterable[Key], written: Mapping[Key, Row]) -> dict[Key, Row]:
    """A row for each of the tasks: of one without a report what a failure has."""
    nothing = _of_failure(written.values())
    return {task: written.get(task, nothing) for task in tasks}


def _wanted(database: Database, run_id: str) -> int | None:
    """The length that the user or the question has asked for, of Chinese in characters; None where neither has."""
    brief = runs.brief(database, run_id)
    if brief is None or brief.words_from not in ("user", "question"):
        return None
    return in_signs(brief.words, runs.get(database, run_id).settings.get("language"))


def in_signs(words: int, language: str | None) -> int:
    """A length as `Gold.words` has it: of Chinese, Japanese and Korean in characters."""
    return words * CHARACTERS_PER_WORD if language in ("zh", "ja", "ko") else words


def _of_failure(rows: Collection[Row]) -> Row:
    """What a task without a report has: nothing of what is good, as far as others have it."""
    told = {name: any(row.get(name) is not None for row in rows) for row in rows for name in row}
    return {name: 0.0 if is_told and better(name) == "higher" else None for name, is_told in told.items()}


def _read(database: Database, run_id: str) -> dict[str, tuple[Source, list[str]]]:
    """What a run has read of the web, and what it has found in its library: address → source and texts."""
    matches = [
        *pages.passages(database, run_id),
        *((e.passage, e.source) for e in drafts.run_exhibits(database, run_id)),
    ]
    found: dict[str, tuple[Source, list[str]]] = {}
    for passage, source in {passage.id: (passage, source) for passage, source in matches}.values():
        # A title is shown with every passage, and quoted with it.
        found.setdefault(source.url, (source, [source.title]))[1].append(passage.text)
    return found


def _day(said: str | None) -> date | None:
    """The first day of what is said, which may be a year or a month only."""
    day = day_of(said)
    try:
        return date.fromisoformat(f"{day}-01-01"[:10]) if day else None
    except ValueError:
        return None
