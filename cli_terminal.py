"""What every command shares: errors as one line and an exit code, and a run drawn on the terminal as it goes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from redraft.agent import atomic, errors
from redraft.store import errors as store_errors
from redraft.tools import errors as tools_errors

INTERRUPTED = 130
Find = Callable[[str], ModuleSpec | None]
EXIT_CODES: dict[type[Exception], int] = {
    # The first that fits counts, so the particular comes before the general.
    tools_errors.PathNotFound: 3,
    store_errors.NoSuchSource: 3,
    tools_errors.Unreadable: 4,
    store_errors.NoSuchRun: 5,
    store_errors.NoSuchJob: 5,
    store_errors.NoSuchEval: 5,
    errors.ServerUnavailable: 6,
    errors.ContextTooSmall: 7,
    errors.StorageFull: 8,
    store_errors.StoreFull: 8,
    errors.EngineMissing: 9,
    errors.NoEvidence: 10,
    store_errors.StoreUnusable: 11,
    errors.RunBusy: 12,
    store_errors.JobBusy: 12,
    tools_errors.PageFailed: 13,
    tools_errors.SearchFailed: 14,
    tools_errors.Misconfigured: 2,
    store_errors.JobExists: 2,
    store_errors.EvalExists: 2,
    errors.UserError: 2,
}
"""Documented in docs/usage.md. Anything else is a fault of the program: a traceback and 1."""
STOPPED = {
    "off": "there were to be none",
    "rounds": "as many as were allowed are done",
    "tokens": "the limit on tokens was near",
    "dry": "the last ones found nothing new",
    "complete": "nothing of importance was lacking any more",
}
"""Why the rounds of a run ended, by `redraft.agent.stopping.Reason`."""


class OneLineErrors(TyperGroup):
    """A group of commands that ends on a known error with one line on stderr and that error's exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except tuple(EXIT_CODES) as error:
            say_error(str(error))
            raise typer.Exit(exit_code(error)) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error


def exit_code(error: BaseException) -> int:
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def say(text: str) -> None:
    typer.echo(text, err=True)


def say_error(text: str) -> None:
    line = " ".join(text.split())
    typer.secho(f"redraft: {line}", err=True, fg=typer.colors.RED)


@contextmanager
def resumable(run_id: str) -> Iterator[None]:
    """Whatever stops the run, the user is told how to go on with it."""
    try:
        yield
    except tuple(EXIT_CODES) as error:
        message = f"{error} (the run is kept: redraft resume {run_id})"
        say_error(message)
        raise typer.Exit(exit_code(error)) from error
    except KeyboardInterrupt as error:
        say(f"interrupted; go on with: redraft resume {run_id}")
        raise typer.Exit(INTERRUPTED) from error


def check_target(target: Path | None) -> None:
    """Raises `UserError` where no report can be written, before an hour is spent on writing one."""
    if target is None:
        return
    folder = target.parent
    if target.is_dir() or not folder.is_dir() or not os.access(target if target.exists() else folder, os.W_OK):
        message = f"cannot write a report to {target}: it needs a file name in a folder that exists and can be written"
        raise errors.UserError(message)


def write_report(report: str | bytes, target: Path | None, run_id: str) -> None:
    """To stdout without a target. A target is replaced whole or stays as it was."""
    if target is None:
        typer.echo(report, nl=False)
        return
    write(report, target, f"; the report is kept: redraft show {run_id}")


def write(text: str | bytes, target: Path, hint: str = "") -> None:
    """A target is replaced whole, which is said, or stays as it was. What `StorageFull` says ends with the hint."""
    data = text.encode() if isinstance(text, str) else text
    try:
        if target.exists() and not target.is_file():  # a pipe or a device cannot be replaced
            target.write_bytes(data)
        else:
            atomic.replace(target, data)
    except OSError as error:
        message = f"cannot write {target}: {error.strerror}{hint}"
        raise errors.StorageFull(message) from error
    say(f"report written to {target}")


def check_installed(what: str, *names: str, find: Find = find_spec) -> None:
    """Raises `Misconfigured` where one of these packages of the extra `evals` is missing."""
    for name in names:
        if find(name.lower()) is None:
            message = f"{what} needs {name}: run `pip install 'redraft[evals]'`"
            raise tools_errors.Misconfigured(message)
