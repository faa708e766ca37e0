"""A run, drawn on stderr as it goes: a line for what is done, and on a terminal a moving one for what is under way."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape

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
        case events.RunFinished():
            quoted = f", [yellow]{event.quoted} of them quoted[/yellow]" if event.quoted else ""
            return f"done: {event.sections} sections{quoted}, {event.words} words, {event.references} references"
        case _:
            return None


class Count(_Moving):
    """Counts things that are done one after the other; called with each."""

    def __init__(self, noun: str) -> None:
        super().__init__(f"reading {noun}…")
        self._noun = noun

    def __call__(self, path: Path, outcome: str, done: int, total: int) -> None:
        self._status.update(f"{done} of {total} {self._noun}: {escape(path.name)} {outcome}")
