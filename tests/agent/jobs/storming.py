"""A storm: processes that do what is due, each of which may be killed in the middle of it, and is replaced then.

    python -m redraft.tests.agent.jobs.storming DATABASE EFFECTS PROCESSES KILLS

`DATABASE` is a file or a URL. Once `KILLS` processes were killed those that take their place live. Each turn leaves a
line in the file `EFFECTS` as its last act. Says at its end how many were killed.

The processes are forked: to import the agent in each of them would take longer than all they do.
"""

import asyncio
import os
import random
import signal
import sys
from itertools import count
from pathlib import Path

from redraft.agent import run
from redraft.agent.jobs import worker
from redraft.agent.jobs.tools import Tools
from redraft.agent.settings import Settings
from redraft.store import following, jobs
from redraft.store.database import Database
from redraft.store.models import JobRun

DEADLY = 0.08
"""The chance to be killed at each of the places where a process may be."""


async def work_off(place: Path | str, effects: Path, seed: int) -> None:
    """Does what is due; without a seed nothing kills it."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret

    def perhaps_die() -> None:
        if seed and dice.random() < DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work(tools: Tools, turn: JobRun) -> None:
        perhaps_die()
        following.begin(tools.database, turn, run.prepared("What do trams cost?", tools.settings))
        perhaps_die()
        if jobs.let_go(tools.database, turn, tools.holder, {"state": "done", "finished_at": tools.clock()}):
            with effects.open("a") as file:
                file.write(f"{turn.job_id}\n")
        perhaps_die()

    settings = Settings(job_limit=100)
    await worker.run_due(Tools(database=Database(place, effects.parent), settings=settings), do=work)


def forked(place: Path | str, effects: Path, seed: int) -> int:
    pid = os.fork()
    if pid == 0:
        asyncio.run(work_off(place, effects, seed))
        os._exit(0)
    return pid


def storm(place: Path | str, effects: Path, processes: int, kills: int) -> int:
    """How many were killed, when all others have found nothing more to do."""
    seeds, killed, left = count(1), 0, processes
    for _ in range(processes):
        forked(place, effects, next(seeds))
    while left:
        _, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        left -= 1
        if code == -signal.SIGKILL:
            killed, left = killed + 1, left + 1
            forked(place, effects, next(seeds) if killed < kills else 0)
        elif code:
            sys.exit(f"a process of the storm ended with {code}")
    return killed


if __name__ == "__main__":
    given, noted, *numbers = sys.argv[1:]
    print(storm(given if "://" in given else Path(given), Path(noted), *map(int, numbers)))  # noqa: T201 - its result
