"""`redraft eval generate`: reports on the tasks of a benchmark, from where they stand."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.agent.errors import UserError
from redraft.cli_eval_scores import OptionalData
from redraft.cli_eval_tasks import TaskFlags
from redraft.cli_research import Flags, chosen, option, with_flags
from redraft.cli_terminal import EXIT_CODES, INTERRUPTED, exit_code, say, say_error

if TYPE_CHECKING:
    from redraft.agent.settings import Settings
    from redraft.evals.beginning import Peer, Plan
    from redraft.evals.choosing import Choice
    from redraft.evals.generating import Listen, Standing
    from redraft.evals.writers import Writer
    from redraft.store.database import Database
    from redraft.store.models import EvalRun, EvalTask

    Work = AbstractAsyncContextManager[tuple[EvalRun, Writer]]

TASKS_LEFT = 17
"""The exit code where tasks are left to be written on. Documented in docs/usage.md."""
OTHERS = "Another program"


@dataclass(frozen=True, kw_only=True)
class HowFlags:
    """How it is carried out: nothing of this changes what is written."""

    parallel: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Tasks at once.")] = 1
    token_limit: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="Tokens in all, after which no further task is begun.")
    ] = None
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what has failed.")] = False
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="On a Ray cluster: host:port, auto, or local to start one.")
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print what happens, one JSON object a line.")] = False


@dataclass(frozen=True, kw_only=True)
class PeerFlags:
    """Another program that writes the reports."""

    peer: Annotated[str | None, option(OTHERS, metavar="COMMAND", help="It is run for each task, by no shell.")] = None
    peer_name: Annotated[str | None, option(OTHERS, metavar="NAME", help="What it is called.")] = None
    peer_variable: Annotated[
        list[str] | None, option(OTHERS, metavar="NAME", help="Of the environment, for it; may be given again.")
    ] = None

    @property
    def chosen(self) -> "Peer | None":
        from redraft.evals.beginning import Peer

        if (self.peer is None) != (self.peer_name is None):
            raise UserError("--peer and --peer-name go together: a command, and what the program is called")
        if self.peer is None or self.peer_name is None:
            return None
        return Peer(self.peer_name, self.peer, self.peer_variable or ())


@with_flags
def generate(
    name: Annotated[str, typer.Option(help="What the evaluation run is called.", show_default=False)],
    flags: Flags,
    tasks: TaskFlags,
    peer: PeerFlags,
    how: HowFlags,
    bench: Annotated[str | None, typer.Argument(metavar="BENCH", help="Not needed to go on with one.")] = None,
    data: OptionalData = None,
    closed: Annotated[bool, typer.Option("--closed", help="Draw on the benchmark's own documents alone.")] = False,
) -> None:
    """Write reports on a benchmark's tasks, and keep them; the same command, or --name alone, goes on with them."""
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.evals.beginning import begun
    from redraft.evals.scale import check

    given = chosen(flags)
    settings = load_settings(**given)
    if how.ray is not None:
        check(how.ray, settings)
    database = open_database(settings)
    other = peer.chosen
    work: Work
    if other and closed:
        raise UserError("--closed is for redraft: another program goes its own ways into the web")
    if bench is not None:
        plan = _plan(name, bench, data, tasks.choice, settings)
        asked = replace(plan, closed=closed, peer=other, token_limit=how.token_limit)
        work = begun(database, asked, say, parallel=how.parallel)
    elif data or closed or other or tasks.are_given:
        raise UserError("what an evaluation run is made of is said once, with BENCH, when it is begun")
    else:
        work = _again(database, name, settings, given, how)
    with _resumable(name):
        asyncio.run(_carried_out(database, settings, work, how))


def _again(database: "Database", name: str, settings: "Settings", given: Mapping[str, Any], how: HowFlags) -> "Work":
    from redraft.evals.beginning import again
    from redraft.store import evals

    snapshot = settings.snapshot()
    same = {key: snapshot[key] for key in given if key in snapshot}
    return again(database, evals.get(database, name), settings, say, given=same, parallel=how.parallel)


def _plan(name: str, bench: str, data: Path | None, choice: "Choice", settings: "Settings") -> "Plan":
    from redraft.evals.beginning import Plan
    from redraft.evals.data import benchmark, home

    if data is None:
        raise UserError("the tasks of a benchmark are read from its data: name its folder with --data")
    found = benchmark(bench)
    return Plan(name=name, benchmark=found, folder=home(found, data), choice=choice, settings=settings)


async def _carried_out(database: "Database", settings: "Settings", work: "Work", how: HowFlags) -> None:
    from redraft.cli_progress import Tasks
    from redraft.evals.generating import carry_out, standing
    from redraft.evals.scale import carry_out_on
    from redraft.store import evals

    async with work as (eval_run, writer):
        if how.retry_failed:
            evals.reopen(database, eval_run)
        limit = how.token_limit or eval_run.token_limit
        before = standing(database, evals.tasks(database, eval_run))
        with Tasks(before.done + before.failed, before.tasks) as progress:
            listen = _listener(progress, as_json=how.as_json)
            asked: Any = {"parallel": how.parallel, "token_limit": limit, "listen": listen}
            if how.ray is None:
                after = await carry_out(database, eval_run, writer, **asked)
            else:
                after = await carry_out_on(how.ray, database, eval_run, settings, **asked)
    _tell(eval_run.name, after, limit, as_json=how.as_json)


def _tell(name: str, standing: "Standing", limit: int | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"kind": "Standing", "name": name, **standing._asdict()}))
    done, failed, waiting, tokens = standing
    say(f"{name}: {done} of {standing.tasks} tasks done, {failed} failed, {tokens:,} tokens")
    if not waiting:
        return
    if limit is not None and tokens >= limit:
        say(f"{waiting} tasks are left, as the limit of {limit:,} tokens is reached; a higher --token-limit goes on")
    else:
        say(f"{waiting} tasks are left, which another process works on")
    raise typer.Exit(TASKS_LEFT)


def _listener(progress: "Listen", *, as_json: bool) -> "Listen":
    def listen(task: "EvalTask", what: str) -> None:
        if as_json:
            told = task.model_dump(include={"task_id", "repeat", "run_id", "seconds", "tokens", "failure"})
            typer.echo(json.dumps({"kind": f"Task{what.capitalize()}", **told}))
        progress(task, what)

    return listen


@contextmanager
def _resumable(name: str) -> Iterator[None]:
    """Whatever stops it, the user is told how to go on."""
    command = f"redraft eval generate --name {name}"
    try:
        yield
    except UserError:  # nothing is begun, or it is asked for otherwise than it was
        raise
    except tuple(EXIT_CODES) as error:
        say_error(f"{error} (what is written is kept; go on with: {command})")
        raise typer.Exit(exit_code(error)) from error
    except KeyboardInterrupt as error:
        say(f"interrupted; go on with: {command}")
        raise typer.Exit(INTERRUPTED) from error
