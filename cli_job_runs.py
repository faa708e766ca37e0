"""`redraft job run`, `run-due`, `daemon`, `install-systemd`: who does what is due."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_job_shown import JobName
from redraft.cli_terminal import say

if TYPE_CHECKING:
    from redraft.agent.jobs.tools import Tools
    from redraft.store.models import Job

FAILED = 15
"""The exit code where a run of a job failed. Documented in docs/usage.md."""


def run(name: JobName) -> None:
    """Run a job now, or go on with a run of it that was interrupted, and print where the report lies."""
    import asyncio

    from redraft.agent.jobs import outbox, parcels
    from redraft.agent.jobs.ticking import by_hand
    from redraft.agent.jobs.worker import claim
    from redraft.agent.jobs.working import work
    from redraft.cli_progress import Progress
    from redraft.store import jobs

    with Progress() as progress:
        tools = _tools(lambda job: progress)
        job = jobs.get(tools.database, name)
        asked = jobs.begin_by_hand(tools.database, by_hand(job, tools.clock()))
        turn = claim(tools, only=asked.id)
        if turn is None:
            say(f"{name} waits: another job is run on this model server; `redraft job run-due` takes it up")
            return
        asyncio.run(work(tools, turn))
        asyncio.run(outbox.deliver(tools))
    over = jobs.turn(tools.database, turn.id or 0)
    for path in parcels.filed(job, over) if over.state == "done" else ():
        typer.echo(path)
    if over.state not in ("done", "unchanged"):
        raise typer.Exit(FAILED)


def run_due(
    most: Annotated[
        int | None, typer.Option("--max", metavar="NUMBER", min=1, help="Runs, at most.", show_default=False)
    ] = None,
) -> None:
    """Do what is due, and what was interrupted, and send what is to be sent; for cron and timers."""
    import asyncio

    from redraft.agent.jobs import worker
    from redraft.store import jobs

    tools = _tools()
    turns = [jobs.turn(tools.database, turn) for turn in asyncio.run(worker.run_due(tools, most=most))]
    if any(turn.state == "failed" for turn in turns):
        raise typer.Exit(FAILED)


def daemon() -> None:
    """Stay, and do what is due when it is due, until told to end; what is under way then is gone on with later."""
    import asyncio
    import signal
    import traceback

    from redraft.agent.jobs.worker import serve
    from redraft.agent.jobs.working import KNOWN

    def told(error: BaseException) -> None:
        if isinstance(error, KNOWN):
            say(str(error))
        else:
            traceback.print_exception(error, file=sys.stderr)

    async def served() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(tools, stop, told)

    tools = _tools()
    say("waiting for what is due; end with Ctrl-C")
    asyncio.run(served())


def install_systemd(*, yes: Annotated[bool, typer.Option("--yes", help="Install without asking.")] = False) -> None:
    """Print user units for systemd that run what is due every five minutes, and install them."""
    from redraft.agent.jobs import units

    home = os.environ.get("REDRAFT_HOME")
    told, secret = units.divided(os.environ)
    texts = units.units(_program(), Path(home).resolve() if home else None, told)
    for name, text in texts.items():
        typer.echo(f"# {units.folder() / name}\n{text}")
    if secret:
        say(f"not in the units, as anybody may read these: put {', '.join(secret)} into {units.secrets_file()}")
    if not yes and not _confirmed("Install these?"):
        say("nothing is installed")
        return
    written = units.install(texts, units.folder())
    say(f"written: {', '.join(map(str, written)) or 'nothing, as all is there already'}")
    say(f"now run: {' && '.join(units.NEXT_STEPS)}")


def _program() -> list[str]:
    """What starts this program again, from wherever."""
    started = Path(sys.argv[0]).resolve()
    return [sys.executable, "-m", "redraft.cli"] if started.suffix == ".py" else [str(started)]


def _confirmed(question: str) -> bool:
    """No, where there is nobody to ask."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


def _tools(listen: Any = None) -> "Tools":
    from redraft.agent import archive
    from redraft.agent.jobs.tools import Tools
    from redraft.agent.settings import load_settings

    settings = load_settings()
    heard: dict[str, Any] = {"listen": listen} if listen else {}
    return Tools(database=archive.open_database(settings), settings=settings, say=_said, **heard)


def _said(job: "Job", text: str) -> None:
    say(f"{job.name}: {text}")
