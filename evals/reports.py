"""Reports of any system, as files: Markdown, a folder of it, or JSON lines."""

from collections.abc import Sequence
from pathlib import Path

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Output, Task
from redraft.evals.benchmarks.reading import Row, distinct, json_lines, text_of
from redraft.evals.data import existing


class Report(Row):
    """A line of a file of reports. DeepResearch Bench has them in this form."""

    id: int | str
    """Of its task."""
    article: str | None
    """Markdown. Nothing, or nothing but space, stands for a task that failed."""
    prompt: str | None = None

    @property
    def task_id(self) -> str:
        return str(self.id)

    @property
    def output(self) -> Output:
        return Output(self.task_id, self.article if self.article and self.article.strip() else "")


def read(path: Path) -> list[Report]:
    """The reports of a file or a folder. A Markdown file is one, whose task is named as the file is.

    Raises `PathNotFound`, and `UserError` for what is damaged, empty or has a task twice.
    """
    reports = [_of_file(file) for file in _markdown(path)] if _is_markdown(existing(path)) else json_lines(path, Report)
    distinct(path, [report.task_id for report in reports])
    return reports


def _is_markdown(path: Path) -> bool:
    """Whether it is a file or a folder of Markdown; else it is one of JSON lines."""
    return path.is_dir() or path.suffix.lower() in (".md", ".markdown")


def name_of(path: Path) -> str:
    """What the system is called whose reports these are: the file's name without its ending."""
    return path.name.removesuffix(".jsonl").removesuffix(".raw") if path.suffix == ".jsonl" else path.stem


def of_tasks(reports: Sequence[Report], tasks: Sequence[Task]) -> list[Report]:
    """Those on these tasks. Raises `UserError` for one that says that it was asked something else."""
    prompts = {task.id: task.prompt for task in tasks}
    known = [report for report in reports if report.task_id in prompts]
    for report in known:
        if report.prompt is not None and report.prompt.strip() != prompts[report.task_id].strip():
            message = f"the report on task {report.task_id} has another prompt than this task: is it of this benchmark?"
            raise UserError(message)
    return known


def _markdown(path: Path) -> list[Path]:
    return sorted(path.glob("*.md")) if path.is_dir() else [path]


def _of_file(path: Path) -> Report:
    return Report(id=path.stem, article=text_of(path))
