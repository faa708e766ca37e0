"""An evaluation run carried out: a report on each of its tasks, several at a time, from where it stands."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from redraft.agent import archive
from redraft.agent.errors import EngineMissing, RedraftError, RunBusy, ServerRefused, ServerUnavailable, StorageFull
from redraft.agent.settings import Settings
from redraft.evals.beginning import again
from redraft.evals.metrics import cost
from redraft.evals.metrics.given import Cost
from redraft.evals.writers import Writer
from redraft.store import calls, evals
from redraft.store.database import Database
from redraft.store.errors import StoreError, StoreFull, StoreUnusable
from redraft.store.models import EvalRun, EvalTask
from redraft.tools.errors import ToolError

KNOWN = (RedraftError, StoreError, ToolError)
"""What a task can fail by. Anything else is a fault of the program."""
OF_ALL = (ServerUnavailable, StorageFull, StoreFull, StoreUnusable, EngineMissing)
"""Failures that the next task would meet as well. A server that refuses is not among them: whether it takes the key and
has the model is known before the first task is begun, and what it refuses then is the prompt of one."""
Listen = Callable[[EvalTask, str], None]
"""Is told of each task that is `begun`, and with the row as it is then, that it is `done` or `failed`."""
Do = Callable[[EvalTask], Awaitable[None]]
"""What is done with a task: `one`, here or elsewhere."""


class Standing(NamedTuple):
    """How far an evaluation run is."""

    done: int
    failed: int
    waiting: int
    tokens: int
    """Of all its tasks, those under way among them."""

    @property
    def tasks(self) -> int:
        return self.done + self.failed + self.waiting


def unheard(task: EvalTask, what: str) -> None:
    pass


def standing(database: Database, tasks: Sequence[EvalTask]) -> Standing:
    states = [task.state for task in tasks]
    return Standing(
        done=states.count("done"),
        failed=states.count("failed"),
        waiting=states.count("waiting"),
        tokens=sum(_tokens(database, task) for task in tasks),
    )


async def carry_out(
    database: Database,
    eval_run: EvalRun,
    writer: Writer,
    *,
    parallel: int = 1,
    token_limit: int | None = None,
    listen: Listen = unheard,
) -> Standing:
    """Writes on the tasks that wait, in their order, `parallel` at a time, and tells how the run stands then.

    Once all of its tasks together have taken `token_limit` tokens, no further one is begun. A task that fails is noted.
    A failure that the next task would meet too, one of `OF_ALL`, is raised, as a fault of the program is. Whatever it
    raises, and when it is cancelled, what is under way is stopped: carried out again, the run goes on from there.
    """

    async def do(task: EvalTask) -> None:
        await one(database, task, writer, listen)

    return await each(database, eval_run, do, parallel=parallel, token_limit=token_limit)


async def each(
    database: Database, eval_run: EvalRun, do: Do, *, parallel: int = 1, token_limit: int | None = None
) -> Standing:
    """As `carry_out`, with whatever is done with a task."""
    left = (task for task in evals.tasks(database, eval_run) if task.state == "waiting")
    room = _room(database, eval_run, token_limit)
    workers = [asyncio.create_task(_work(left, do, room)) for _ in range(parallel)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
    return standing(database, evals.tasks(database, eval_run))


async def one(database: Database, task: EvalTask, writer: Writer, listen: Listen = unheard) -> None:
    """Writes on a task, unless it is done or another process does, and notes what became of it.

    Raises as `carry_out`; the task then waits as before.
    """
    with database.hold(f"eval-task-{task.id}") as mine:
        task = evals.task(database, task.id or 0)
        if not mine or task.state != "waiting":
            return
        listen(task, "begun")
        if await _written(database, task, writer):
            ended = evals.task(database, task.id or 0)
            listen(ended, ended.state)


async def one_of(settings: Settings, task_id: int, *, parallel: int = 1) -> str:
    """`one`, by the number of the task's row, in a process that has nothing open. Returns the state of the task then.

    `settings` say where the store and the model server are; the rest is as the run was begun. `parallel`: how many
    tasks are under way at once, here and elsewhere.
    """
    with closing(archive.open_database(settings)) as database:
        task = evals.task(database, task_id)
        eval_run = next(run for run in evals.everyone(database) if run.id == task.eval_run_id)
        async with again(database, eval_run, settings, lambda text: None, parallel=parallel) as (_, writer):
            await one(database, task, writer)
        return evals.task(database, task_id).state


def failed(database: Database, task: EvalTask, why: str, seconds: float) -> None:
    """Notes why a task failed, and what it took: of a run all that it took, else since this try began."""
    run_id = evals.task(database, task.id or 0).run_id
    took = cost.of_run(database, run_id) if run_id else Cost(seconds=seconds)
    evals.finish(database, task, state="failed", failure=why, seconds=took.seconds, tokens=took.tokens)


async def _work(left: Iterator[EvalTask], do: Do, room: Callable[[], bool]) -> None:
    while room() and (task := next(left, None)) is not None:
        await do(task)


def _room(database: Database, eval_run: EvalRun, token_limit: int | None) -> Callable[[], bool]:
    def is_left() -> bool:
        return token_limit is None or standing(database, evals.tasks(database, eval_run)).tokens < token_limit

    return is_left


async def _written(database: Database, task: EvalTask, writer: Writer) -> bool:
    """Whether the task has ended. It has not where another process works on its run."""
    began = time.monotonic()
    try:
        written = await writer.write(task)
    except RunBusy:
        return False
    except KNOWN as error:
        if isinstance(error, OF_ALL) and not isinstance(error, ServerRefused):
            raise
        failed(database, task, str(error), time.monotonic() - began)
        return True
    if not written.article.strip():
        failed(database, task, f"{writer.name} wrote nothing", time.monotonic() - began)
        return True
    article, seconds, tokens, _ = written
    evals.finish(database, task, state="done", article=article, seconds=seconds, tokens=tokens)
    return True


def _tokens(database: Database, task: EvalTask) -> int:
    """What a task has taken so far. Of one that waits, what its run, if it is begun, has taken."""
    if task.state == "waiting" and task.run_id:
        return calls.spent(database, task.run_id)
    return task.tokens or 0
