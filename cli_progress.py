"""A run, drawn on stderr as it goes: a line for what is done, and on a terminal a moving one for what is under way."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from redraft.agent import events
from redraft.agent.events import Event

LONGEST_REASON = 160


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

    def __call__(self, event: Event) -> None:
        line = _line(event)
        if line:
            self._console.print(f"[dim]{self._elapsed:>7}[/dim] {line}", soft_wrap=True)
        self._update(event)

    @property
    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes}:{seconds:02}"

    def _update(self, event: Event) -> None:
        if isinstance(event, events.ServerStep):
            self._status.update(escape(event.text))
        elif isinstance(event, events.PassagesEncoded):
            self._status.update(f"encoding passages: {event.done:,} of {event.total:,}")
        elif isinstance(event, events.CallAnswered):
            self._calls += 1
            self._tokens += event.output_tokens
            self._status.update(f"{_place(event)} · {self._calls} replies, {self._tokens:,} tokens written")


def _place(event: events.CallAnswered | events.ReplyRefused) -> str:
    return event.node if event.section is None else f"{event.node} {event.section}"


def _line(event: Event) -> str | None:
    match event:
        case events.RunStarted():
            begun = "resumed" if event.resumed else "begun"
            return f"run [bold]{event.run}[/bold] {begun}: {escape(event.question)}"
        case events.BriefWritten():
            return f"brief: {escape(event.title)}"
        case events.OutlinePlanned():
            return "outline: " + escape("; ".join(event.titles))
        case events.EvidenceGathered():
            return f"evidence: {event.passages} passages of {event.sources} sources"
        case events.SectionWritten():
            how = "written" if event.op == "draft" else "[yellow]quoted from its evidence[/yellow]"
            return f"section {event.section} {how}: {escape(event.title)} ({event.words} words)"
        case events.ReplyRefused():
            why = escape(_short(" ".join(event.problems)))
            return f"[dim]{_place(event)}, try {event.attempt + 1} sent back: {why}[/dim]"
        case _:
            return _rare_line(event)


def _short(text: str) -> str:
    """What fits on a line or two; the run's log has the whole."""
    return text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + "…"


def _rare_line(event: Event) -> str | None:
    match event:
        case events.CallRetried():
            return f"[yellow]the server failed, trying again: {escape(event.reason)}[/yellow]"
        case events.ProviderSilent():
            return f"[yellow]{event.provider} gave nothing: {escape(_short(event.detail or event.reason))}[/yellow]"
        case events.SuspiciousText():
            return f"[yellow]{event.sentences} sentences addressed to software left out: {escape(event.url)}[/yellow]"
        case events.PagesGathered():
            return _gathered(event)
        case events.PassagesEncoded(done=done, total=total) if done == total:
            return f"encoded: {total:,} passages, to be found by their meaning"
        case events.RunFinished():
            quoted = f", [yellow]{event.quoted} of them quoted[/yellow]" if event.quoted else ""
            return f"done: {event.sections} sections{quoted}, {event.words} words, {event.references} references"
        case _:
            return None


def _gathered(event: events.PagesGathered) -> str:
    linked = f", {event.followed} of them by links" if event.followed else ""
    failed = ", ".join(f"{count} {reason}" for reason, count in event.failed.items())
    return f"pages: {event.read} read{linked}" + (f"; [yellow]not had: {failed}[/yellow]" if failed else "")


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
