"""An evaluation run carried out on several machines, by Ray: its tasks go out, and what comes of them is in the store.

Each task is `redraft.evals.generating.one_of` in a process of its own, which opens the database that the settings name
and writes there what the same task would have come to here. A process or a machine that dies costs no task: Ray has it
tried again, and it goes on from the store.

The settings go to the workers as an argument of the task, keys and the database's password among them. Ray keeps an
argument in memory, neither prints nor shows it, and sends it over the network of the cluster as it is, unless
`RAY_USE_TLS` is set there.
"""

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from redraft.agent import server
from redraft.agent.errors import UserError
from redraft.agent.settings import Settings
from redraft.evals.generating import KNOWN, Listen, Standing, each, failed, one_of, unheard
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, EvalTask
from redraft.tools.errors import Misconfigured

INSTALL = "pip install 'redraft[scale]'"
LOCAL = "local"
"""The address of a Ray that is started here, for as long as it is needed."""
AUTO = "auto"
"""The address of the cluster that this machine is part of."""
RETRIES = 3
"""How often a task is tried again whose process or machine has died: Ray's own number."""
LET_GO = 75.0
"""Seconds for the database to notice that a machine is gone, and to let go of the task that it held: a minute, as
`Database.hold` says, and a quarter of one."""
LOOK = 2.0
"""Seconds between two looks whether it has. Starting point, not measured."""
GRACE = 10.0
"""Seconds that an interrupted task has to end what it has started. Starting point, not measured."""
REACHED = 5.0
"""Seconds within which a cluster is to take a connection. Ray itself would try for minutes."""
MEMORY = 75 * 2**20
"""Bytes of Ray's shared memory: the least that it takes, as nothing here goes through it."""


def check(address: str, settings: Settings) -> None:
    """Raises `Misconfigured` where Ray is missing, and `UserError` for what cannot be carried out at this address."""
    _ray()
    if address not in (LOCAL, AUTO) and not re.fullmatch(r"[^:/\s]+:\d{1,5}", address):
        message = f"--ray {address}: {LOCAL}, {AUTO}, or the host:port of a cluster is needed"
        raise UserError(message)
    if address != LOCAL and settings.database is None:
        message = (
            f"--ray {address} takes a PostgreSQL database that all machines reach; with a file, --ray {LOCAL} works"
        )
        raise UserError(message)
    _check_served(settings, "this machine")


async def carry_out_on(
    address: str,
    database: Database,
    eval_run: EvalRun,
    settings: Settings,
    *,
    parallel: int = 1,
    token_limit: int | None = None,
    listen: Listen = unheard,
) -> Standing:
    """As `redraft.evals.generating.carry_out`, on the machines of a Ray cluster; a task is begun once it is sent.

    `address`: of the cluster, as `host:port`, or `auto`, or `local`. Raises as `check`, where the cluster cannot be
    joined, and where a machine has another redraft; a task whose process dies again and again fails.
    """
    check(address, settings)
    with _joined(address, parallel) as ray:
        options = {"max_calls": 1, "max_retries": RETRIES, "num_cpus": 1, "scheduling_strategy": "SPREAD"}
        task = ray.remote(**options)(write)
        send = partial(task.remote, version("redraft"), settings, parallel)
        return await each(
            database, eval_run, _Sender(ray, database, send, listen), parallel=parallel, token_limit=token_limit
        )


def write(redraft: str, settings: Settings, parallel: int, task_id: int) -> None:
    """What a worker does: the task of this row, whatever has begun it before. `redraft`: the version that sends it.

    Raises as `redraft.evals.generating.carry_out`, and `UserError` where this machine is not fit for it.
    """
    here = socket.gethostname()
    if redraft != version("redraft"):
        message = f"{here} has redraft {version('redraft')}, not {redraft}: all machines need the same"
        raise UserError(message)
    _check_served(settings, here)
    asyncio.run(_ended(settings, parallel, task_id))


async def _ended(settings: Settings, parallel: int, task_id: int) -> None:
    """Waits for a task that another process holds: it may be one that is gone, which the store has still to notice."""
    begun = time.monotonic()
    while await one_of(settings, task_id, parallel=parallel) == "waiting" and time.monotonic() - begun < LET_GO:
        await asyncio.sleep(LOOK)


@dataclass(frozen=True)
class _Sender:
    """Sends a task out and waits for its end."""

    ray: Any
    database: Database
    send: Callable[[int], Any]
    listen: Listen

    async def __call__(self, task: EvalTask) -> None:
        self.listen(task, "begun")
        begun = time.monotonic()
        try:
            await self._done(task.id or 0)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, KNOWN):
                raise error.cause from None  # its one line, without the worker's traceback
            raise
        except self.ray.exceptions.RayError as error:
            self._lost(task, error, time.monotonic() - begun)
        ended = evals.task(self.database, task.id or 0)
        if ended.state != "waiting":
            self.listen(ended, ended.state)

    async def _done(self, task_id: int) -> None:
        sent = self.send(task_id)
        done = asyncio.wrap_future(sent.future())
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            self.ray.cancel(sent)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await asyncio.gather(done, return_exceptions=True)
            self.ray.cancel(sent, force=True)
            raise

    def _lost(self, task: EvalTask, error: Exception, seconds: float) -> None:
        """Notes a task whose process has died at each try."""
        if evals.task(self.database, task.id or 0).state == "waiting":
            why = f"its process died {RETRIES + 1} times ({type(error).__name__})"
            failed(self.database, task, why, seconds)


@contextmanager
def _joined(address: str, parallel: int) -> Iterator[Any]:
    """Ray, part of the cluster for as long as this is entered."""
    ray = _ray()
    if address not in (LOCAL, AUTO):
        _check_reached(address)
    own = {"num_cpus": parallel, "include_dashboard": False, "object_store_memory": MEMORY} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", **own)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        message = f"--ray {address}: {error}"
        raise UserError(message) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _ray() -> Any:
    """Ray, which says nothing of its use to its makers, and takes no folder of ours along."""
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_UV_RUN_RUNTIME_ENV="0")
    try:
        import ray  # noqa: PLC0415 - of an extra
    except ImportError as error:
        message = f"several machines need Ray ({error}): {INSTALL}"
        raise Misconfigured(message) from error
    return ray


def _check_served(settings: Settings, where: str) -> None:
    """A server that is started for a task alone would be one for each task."""
    if not settings.llm_url and server.status(settings).state == "stopped":
        message = f"{where} has no model server running: name one with --llm-url, or `redraft serve start` one there"
        raise UserError(message)


def _check_reached(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), REACHED).close()
    except (OSError, OverflowError) as error:
        message = f"--ray {address}: no cluster answers there ({error})"
        raise UserError(message) from error
