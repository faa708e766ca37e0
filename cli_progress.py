"""A run, drawn on stderr as it goes: a line for what is done, and on a terminal a moving one for what is under way."""

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from redraft.agent import events
from redraft.agent.events import Event
from redraft.cli_lines import Lines, place

if TYPE_CHECKING:
    from redraft.store.models import EvalTask


class _Moving:
    """A line on stderr that moves while the context is entered; nothing off a terminal."""

    def __init__(self, text: str) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status(text)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._status.stop()


class Progress(_Moving):
    """Draws the events it is called with."""

    def __init__(self) -> None:
        super().__init__("starting…")
        self._began = time.monotonic()
        self._tokens = self._calls = 0
        self._lines = Lines()

    def __call__(self, event: Event) -> None:
        line = self._lines.of(event)
        if line:
            self._console.print(f"[dim]{_elapsed(self._began):>7}[/dim] {line}", soft_wrap=True)
        self._update(event)

    def _update(self, event: Event) -> None:
        if isinstance(event, events.ServerStep):
            self._status.update(escape(event.text))
        elif isinstance(event, events.PassagesEncoded):
            self._status.update(f"encoding passages: {event.done:,} of {event.total:,}")
        elif isinstance(event, events.CallAnswered):
            self._calls += 1
            self._tokens += event.output_tokens
            self._status.update(f"{place(event)} · {self._calls} replies, {self._tokens:,} tokens written")


class Count:
    """A bar for things that are done one after the other; called with each. Nothing off a terminal."""

    def __init__(self, noun: str) -> None:
        console = Console(stderr=True, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(f"reading {noun}", total=None, rate="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def __call__(self, _path: Path, _outcome: str, done: int, total: int) -> None:
        self.at(done, total)

    def at(self, done: int, total: int) -> None:
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")


class Tasks(_Moving):
    """The tasks of an evaluation run: called with each that is begun, and that has ended."""

    def __init__(self, ended: int, total: int) -> None:
        super().__init__("starting…")
        self._began = time.monotonic()
        self._ended, self._total = ended, total
        self._under_way = 0

    def __call__(self, task: "EvalTask", what: str) -> None:
        begins = what == "begun"
        self._under_way += 1 if begins else -1
        self._ended += not begins
        self._console.print(f"[dim]{_elapsed(self._began):>7}[/dim] {escape(_task_line(task, what))}", soft_wrap=True)
        self._status.update(f"{self._ended} of {self._total} tasks have ended, {self._under_way} under way")


def _elapsed(began: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    return f"{minutes}:{seconds:02}"


def _task_line(task: "EvalTask", what: str) -> str:
    again = f", repeat {task.repeat}" if task.repeat else ""
    took = [f"{task.seconds:,.0f} s"] if task.seconds is not None else []
    took += [f"{task.tokens:,} tokens"] if task.tokens is not None else []
    said = {"begun": "", "done": f": {', '.join(took)}", "failed": f": {task.failure}"}[what]
    return f"task {task.task_id}{again} {what}{said}"
