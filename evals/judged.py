"""Systems judged by a model: their reports, what the judge makes of each, and what that comes to.

Needs NumPy, which the extra `evals` brings.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Task
from redraft.evals.comparison import averaged
from redraft.evals.judging.scoring import Opinion
from redraft.evals.judging.scoring import Score as Judging
from redraft.evals.reports import name_of, of_tasks, read
from redraft.evals.scored import System
from redraft.evals.statistics import Interval, deviation, interval
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, Score
from redraft.tools.errors import PathNotFound

MAIN = {"fact": "citation_accuracy"}
"""What the score of a protocol is called, where it is not `overall`."""
Told = Callable[[str, "Entry", Opinion], None]
"""Told of each opinion: the system's name, the report and what the judge makes of it."""


class Entry(NamedTuple):
    """A report that is to be judged."""

    task: str
    article: str
    """Empty for a task that failed: it has the least score."""
    repeat: int = 0
    """Of the writer."""
    run_id: str | None = None
    """The run of redraft that wrote it."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A system with its reports."""

    name: str
    entries: Sequence[Entry]
    unscored: tuple[str, ...] = ()
    """Tasks without a report that can be judged."""
    unknown: tuple[str, ...] = ()
    """Reports on no task of this data, or on one that the protocol cannot be used for."""
    eval_run: EvalRun | None = None
    """None for files."""


def of_file(path: Path, tasks: Sequence[Task]) -> Subject:
    """Raises as `redraft.evals.reports.read`, and `UserError` where no report is on one of the tasks."""
    reports = read(path)
    entries = [Entry(report.task_id, report.output.article) for report in of_tasks(reports, tasks)]
    return _on(tasks, name_of(path), entries, [report.task_id for report in reports])


def of_evaluation(database: Database, eval_run: EvalRun, tasks: Sequence[Task]) -> Subject:
    """The reports that are done, and the tasks that failed. Raises `UserError` where none is one of the tasks."""
    rows = evals.tasks(database, eval_run)
    known = {task.id for task in tasks}
    ended = [row for row in rows if row.task_id in known and row.state in ("done", "failed")]
    entries = [Entry(row.task_id, row.article, row.repeat, row.run_id) for row in ended]
    return _on(tasks, eval_run.name, entries, [row.task_id for row in rows], eval_run)


def _on(
    tasks: Sequence[Task], name: str, entries: Sequence[Entry], asked: Sequence[str], eval_run: EvalRun | None = None
) -> Subject:
    there, known = {entry.task for entry in entries}, {task.id for task in tasks}
    if not entries:
        message = f"{name} has no report on a task that can be judged: each needs the task's id"
        raise UserError(message)
    return Subject(
        name=name,
        entries=entries,
        unscored=tuple(task.id for task in tasks if task.id not in there),
        unknown=tuple(dict.fromkeys(task for task in asked if task not in known)),
        eval_run=eval_run,
    )


def subject(what: str, tasks: Sequence[Task], database: Callable[[], Database]) -> Subject:
    """A file or a folder of reports, or else the evaluation run of this name."""
    if Path(what).exists():
        return of_file(Path(what), tasks)
    found = evals.find(database(), what)
    if found is None:
        message = f"{what} is neither a file of reports nor an evaluation run: `redraft eval runs` names these"
        raise PathNotFound(message)
    return of_evaluation(database(), found, tasks)


class Figure(NamedTuple):
    """What a measure comes to."""

    value: float
    interval: Interval | None
    """95 %, by bootstrap over tasks; None for fewer than two, and for what is no mean."""
    tasks: int
    """Those it is told of."""


@dataclass(frozen=True)
class Judged:
    """What a judge makes of a system."""

    subject: Subject
    protocol: str
    opinions: Sequence[tuple[Entry, Sequence[Opinion]]]
    """Of each report, one for each time the judge was asked."""

    @property
    def main(self) -> str:
        """The measure that is the protocol's score."""
        return MAIN.get(self.protocol, "overall")

    @property
    def system(self) -> System:
        """By task: means over the judge's repeats and the writer's."""
        rows: dict[str, list[Mapping[str, float | None]]] = {}
        for entry, said in self.opinions:
            rows.setdefault(entry.task, []).extend(self._row(opinion) for opinion in said)
        whole = self.subject
        failed = dict.fromkeys(entry.task for entry in whole.entries if not entry.article)
        return System(
            name=whole.name,
            tasks={task: averaged(found) for task, found in rows.items()},
            failed=tuple(failed),
            unscored=whole.unscored,
            unknown=whole.unknown,
        )

    def _row(self, opinion: Opinion) -> dict[str, float | None]:
        return {self.main: opinion.score, **opinion.dimensions}

    @property
    def figures(self) -> dict[str, Figure]:
        """By measure, the protocol's score first."""
        system = self.system
        names = sorted(system.measures, key=[self.main, *self._named].index)
        told = {measure: list(system.values(measure).values()) for measure in names}
        figures = {
            measure: Figure(fmean(values), interval(values) if len(values) > 1 else None, len(values))
            for measure, values in told.items()
        }
        if self.protocol == "fact" and (pooled := _pooled(system)) is not None:
            figures[self.main] = Figure(pooled, None, figures[self.main].tasks)
        return figures

    @property
    def _named(self) -> list[str]:
        """What opinions call their numbers, as they come up."""
        return list(dict.fromkeys(name for _, said in self.opinions for one in said for name in one.dimensions))

    @property
    def failed(self) -> int:
        """Reports that the judge gave no score, not even once, and why is known."""
        return sum(all(one.score is None and one.problem for one in said) for _, said in self.opinions)

    @property
    def problems(self) -> dict[str, list[str]]:
        """What the judge failed on → the tasks."""
        found: dict[str, list[str]] = {}
        for entry, said in self.opinions:
            for problem in dict.fromkeys(one.problem for one in said if one.problem):
                found.setdefault(problem, []).append(entry.task)
        return found

    @property
    def flip_rate(self) -> float | None:
        rates = [one.flip_rate for _, said in self.opinions for one in said if one.flip_rate is not None]
        return fmean(rates) if rates else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of the mean score from one asking to the next; None where all was asked once."""
        repeats = zip(*(said for _, said in self.opinions), strict=True)
        means = [fmean(scores) for said in repeats if (scores := [one.score for one in said if one.score is not None])]
        return deviation(means) if len(means) > 1 else None

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        figures = {
            name: {"value": f.value, "interval": f.interval, "tasks": f.tasks} for name, f in self.figures.items()
        }
        counts = {"reports": len(self.opinions), "judge_failed": self.failed, "flip_rate": self.flip_rate}
        return self.system.data() | {"figures": figures, "spread": self.spread, "problems": self.problems} | counts

    def rows(self) -> Iterator[Score]:
        """For the store: of each report, then of the whole."""
        for entry, said in self.opinions:
            problem = "; ".join(dict.fromkeys(one.problem for one in said if one.problem))
            for measure, value in averaged([self._row(one) for one in said]).items():
                why = problem if value is None else ""
                yield Score(
                    scoring_id=0, task_id=entry.task, repeat=entry.repeat, measure=measure, value=value, problem=why
                )
        whole = {name: figure.value for name, figure in self.figures.items()}
        counts = {"flip_rate": self.flip_rate, "judge_spread": self.spread, "judge_failed": self.failed}
        for measure, value in (whole | counts).items():
            yield Score(scoring_id=0, measure=measure, value=value)


def _pooled(system: System) -> float | None:
    """Of all citations that were judged, those that are supported: as the benchmark counts, and no mean of shares."""
    supported, judged = (sum(system.values(f"{kind}_citations").values()) for kind in ("effective", "judged"))
    return 100 * supported / judged if judged else None


async def judged(
    score: Judging, subject: Subject, protocol: str, *, repeats: int = 1, told: Told = lambda *_: None
) -> Judged:
    """Every report, `repeats` times. The order in which the judge answers changes nothing."""

    async def one(entry: Entry, repeat: int) -> Opinion:
        opinion = await score(entry.task, entry.article, repeat)
        told(subject.name, entry, opinion)
        return opinion

    async def all_of(entry: Entry) -> tuple[Entry, Sequence[Opinion]]:
        return entry, await asyncio.gather(*(one(entry, repeat) for repeat in range(repeats)))

    return Judged(subject, protocol, await asyncio.gather(*map(all_of, subject.entries)))


def common(subjects: Collection[Subject]) -> set[str]:
    """Tasks that every system has a report on."""
    return set.intersection(*({entry.task for entry in one.entries} for one in subjects))
