"""Tasks in processes of their own: one that hangs, crashes or wants all memory costs itself and nothing else.

Each thread of the pool speaks to one process, which does one task at a time. So when a process dies it is known which
task killed it, and no other task is lost. `concurrent.futures.ProcessPoolExecutor` shares its queues among processes:
one that dies takes all tasks with it, and in Python 3.11 it hangs when `max_tasks_per_child` is set (measured: one
worker, two tasks a child, 12 of 40 tasks never done).
"""

import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import FrameType, TracebackType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE = 20.0
"""Seconds a task may take. Measured: a page takes 0.03 s on average and 2 at most of 2,439; on cores that four times as
many processes wanted, 9 at most. Pages made to be as slow as possible take 4 s on an idle core."""
GRACE = 2.0
"""Seconds after the deadline until a process that does not stop by itself is killed. A starting point, not measured."""
TASKS = 200
"""After so many a process makes room for a new one, as parsers lose memory (trafilatura about 1 MB a page, by its own
issue tracker). A new one is ready in 0.3 s."""
MEMORY = 2 << 30
"""Bytes of data a process may hold. The worst page tried, a table of 6 MB, needs a fifth of it."""

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class TaskTimedOut(Exception):
    """The task was stopped at its deadline."""


class TaskCrashed(Exception):
    """The process died of the task, or ran out of memory over it."""


class Pool:
    """Processes that start when there is work for them, and end with the pool or with the program, however that ends.

    On leaving the `with` block, tasks that wait are cancelled and tasks that run are stopped.
    """

    def __init__(self, workers: int | None = None, *, deadline: float = DEADLINE, grace: float = GRACE) -> None:
        count = workers or min(os.cpu_count() or 1, 4)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="pool", initializer=_leave_interrupts)
        self._start = partial(_Worker, deadline, grace)
        self._lock = threading.Lock()
        self._closed = False
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            self._closed = True
            # Before the threads end: a process is killed with the thread that started it.
            for worker in (*self._busy, *self._idle):  # an idle one has nothing to lose either, and takes 0.2 s to end
                worker.kill()
            for worker in self._idle:
                worker.end()
        self._threads.shutdown(cancel_futures=True)

    def submit(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The result of `task(*args, **kwargs)`, which runs once in one of the processes.

        `task` is a function of a module; it, its arguments, its result and its exceptions can be pickled. The future
        raises what the task raised, `TaskTimedOut` or `TaskCrashed`.
        """
        return self._threads.submit(self._run, partial(task, *args, **kwargs))

    def _run(self, call: Callable[[], T]) -> T:
        worker = self._take()
        try:
            return worker.run(call)
        except TaskCrashed:
            if self._closed:  # by us
                raise CancelledError from None
            raise
        finally:
            self._give_back(worker)

    def _take(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise CancelledError
            while self._idle and not self._idle[-1].is_usable():
                self._idle.pop().end()
            worker = self._idle.pop() if self._idle else self._start()
            self._busy.add(worker)
        return worker

    def _give_back(self, worker: "_Worker") -> None:
        with self._lock:
            self._busy.remove(worker)
            usable = worker.is_usable() and not self._closed
            if usable:
                self._idle.append(worker)
        if not usable:
            worker.end()


def _leave_interrupts() -> None:
    """Ctrl-C belongs to the parent: a process inherits from the thread that starts it that SIGINT is blocked."""
    resource_tracker.ensure_running()  # starting it later would unblock SIGINT again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


class _Worker:
    """A process, seen from the thread that speaks to it."""

    def __init__(self, deadline: float, grace: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._limit = deadline + grace
        self._tasks = 0
        self._connection, theirs = context.Pipe()
        with theirs:
            self._process = context.Process(target=_serve, args=(theirs, deadline), daemon=True)
            self._process.start()

    def run(self, call: Callable[[], T]) -> T:
        self._tasks += 1
        message = pickle.dumps(call)
        try:
            self._connection.send_bytes(message)
            self._connection.recv_bytes()  # the task has begun, and its clock runs
            if not self._connection.poll(self._limit):
                self.kill()
                late = f"killed after {self._limit:g} s: it did not stop at its deadline"
                raise TaskTimedOut(late)
            outcome = self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise TaskCrashed(self._end_of_process()) from error
        value, failure = pickle.loads(outcome)  # noqa: S301 - from our own process
        if failure:
            raise failure
        return value  # type: ignore[no-any-return]  # what `call` returned

    def _end_of_process(self) -> str:
        self._process.join(1)
        return f"its process ended with exit code {self._process.exitcode}"

    def is_usable(self) -> bool:
        dead = self._connection.poll()  # an idle process has nothing to say: this is the end of the stream
        return not dead and self._tasks < TASKS

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def end(self) -> None:
        self._connection.close()  # an idle process takes this for the end
        self._process.join(1)
        self.kill()


class _PastDeadline(BaseException):
    """Not an `Exception`, which the code of a task might handle."""


def _serve(connection: Connection, deadline: float) -> None:
    """The life of a process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _stop)
    with suppress(EOFError, BrokenPipeError):  # the parent closed its end, or is gone
        while True:
            call = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own parent
            connection.send_bytes(b"begun")
            connection.send_bytes(_outcome(call, deadline))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _PastDeadline


def _outcome(call: Callable[[], object], deadline: float) -> bytes:
    """The pickled pair of the call's result and its exception."""
    try:
        signal.setitimer(signal.ITIMER_REAL, deadline)
        try:
            value = call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return pickle.dumps((value, None))
    except _PastDeadline:
        return pickle.dumps((None, TaskTimedOut(f"stopped after {deadline:g} s")))
    except MemoryError:
        sys.exit("out of memory")  # and the memory goes with the process
    except Exception as error:  # noqa: BLE001 - raised in the parent
        error.add_note(f"In the process of the pool:\n{traceback.format_exc()}")
        return pickle.dumps((None, error))
