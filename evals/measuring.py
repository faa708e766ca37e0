"""Every metric without a judge, of the reports of a system or of a run."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from redraft.agent import archive
from redraft.agent.errors import UserError
from redraft.agent.render import markdown
from redraft.evals.benchmarks.base import Benchmark, Output, Task
from redraft.evals.direction import better
from redraft.evals.gold import gold
from redraft.evals.metrics import cost, history, measure
from redraft.evals.metrics.given import Encode, Gold
from redraft.evals.reports import name_of, of_tasks, read
from redraft.evals.scored import System
from redraft.store import drafts, pages, runs
from redraft.store.database import Database
from redraft.store.models import Source
from redraft.tools.search.hits import day_of

Row = Mapping[str, float | None]


class Held:
    """The tasks of a benchmark, which reports are held against."""

    def __init__(self, benchmark: Benchmark, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self._benchmark = benchmark
        self._by_id = {task.id: task for task in tasks}
        self._by_prompt = {task.prompt.strip(): task for task in tasks}

    def gold(self, task_id: str) -> Gold:
        return gold(self._by_id[task_id])

    def own(self, output: Output) -> Row:
        """What the benchmark itself measures without a judge, as `NAME.MEASURE`."""
        found = self._benchmark.measure(self._by_id[output.task_id], output)
        return {f"{self._benchmark.name}.{name}": value for name, value in found.items()}

    def asked(self, question: str) -> str:
        """The task with this prompt. Raises `UserError` where there is none."""
        if question.strip() not in self._by_prompt:
            message = f"{self._benchmark.name} has no task with this prompt: {question[:80]}"
            raise UserError(message)
        return self._by_prompt[question.strip()].id


def of_file(path: Path, held: Held | None = None, encode: Encode | None = None) -> System:
    """The reports of a file or a folder. With a benchmark those on its tasks alone.

    Raises as `redraft.evals.reports.read`, and `UserError` where no report is on a task.
    """
    reports = read(path)
    known = of_tasks(reports, held.tasks) if held else reports
    if not known:
        message = (
            f"{path} has no report on a task of this benchmark: each needs the task's id, Markdown as its file's name"
        )
        raise UserError(message)
    ids = {report.task_id for report in known}
    return System(
        name=name_of(path),
        tasks=_measured([report.output for report in known], held, encode),
        failed=tuple(report.task_id for report in known if not report.output.article),
        unscored=tuple(task.id for task in held.tasks if task.id not in ids) if held else (),
        unknown=tuple(report.task_id for report in reports if report.task_id not in ids),
    )


def of_run(database: Database, run_id: str, held: Held | None = None, encode: Encode | None = None) -> System:
    """The report of a run, held against all that it has read. With a benchmark its question has to be a task's prompt.

    Raises `NoSuchRun`, and `UserError` for a run that has nothing written.
    """
    run = runs.get(database, run_id)
    report = archive.report(database, run.id)
    if not report.parts:
        message = f"nothing is written yet: run {run.id} is {archive.status(database, run)}"
        raise UserError(message)
    task = held.asked(run.question) if held else run.id
    sources = _read(database, run.id)
    article = markdown(report)
    found = measure(
        article,
        passages={url: texts for url, (_, texts) in sources.items()},
        published={url: day for url, (source, _) in sources.items() if (day := _day(source.date))},
        today=run.created_at.date(),
        gold=held.gold(task) if held else Gold(language=run.settings.get("language")),
        encode=encode,
        trace=history.trace(database, run.id),
        cost=cost.of_run(database, run.id),
    )
    own = held.own(Output(task, article)) if held else {}
    return System(name=run.id, tasks={task: {**found, **own}})


def _measured(outputs: Sequence[Output], held: Held | None, encode: Encode | None) -> dict[str, Row]:
    written = {
        output.task_id: {
            **measure(output.article, gold=held.gold(output.task_id) if held else None, encode=encode),
            **(held.own(output) if held else {}),
        }
        for output in outputs
        if output.article
    }
    nothing = _of_failure(written.values())
    return {output.task_id: written.get(output.task_id, nothing) for output in outputs}


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
        found.setdefault(source.url, (source, []))[1].append(passage.text)
    return found


def _day(said: str | None) -> date | None:
    """The first day of what is said, which may be a year or a month only."""
    day = day_of(said)
    try:
        return date.fromisoformat(f"{day}-01-01"[:10]) if day else None
    except ValueError:
        return None
