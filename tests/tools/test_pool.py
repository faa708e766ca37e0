import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from redraft.tests.tools import tasks
from redraft.tools.pool import TASKS, Pool, TaskCrashed, TaskTimedOut

DEADLINE = 0.3


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, deadline=DEADLINE, grace=0.2) as pool:
        yield pool


def doubles(pool: Pool) -> list[Future[int]]:
    return [pool.submit(tasks.double, number) for number in range(10)]


def results(futures: list[Future[int]]) -> list[int]:
    return [future.result() for future in futures]


EXPECTED = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


def test_a_crash_costs_its_own_task_alone_and_nothing_runs_twice(pool: Pool, tmp_path: Path) -> None:
    log = tmp_path / "log"

    before = doubles(pool)
    guilty = pool.submit(tasks.die, log)
    after = doubles(pool)

    with pytest.raises(TaskCrashed, match="exit code 7"):
        guilty.result()
    assert (results(before), results(after)) == (EXPECTED, EXPECTED)
    assert log.read_text() == "dying\n"


def test_a_segmentation_fault_is_a_crash(pool: Pool) -> None:
    with pytest.raises(TaskCrashed, match=f"exit code -{signal.SIGSEGV}"):
        pool.submit(tasks.segfault).result()


def test_a_task_that_wants_all_memory_crashes(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TaskCrashed):
        pool.submit(tasks.hoard).result()
    assert pool.submit(tasks.double, 4).result() == 8
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("task", [tasks.spin, tasks.backtrack])
def test_a_task_is_stopped_at_its_deadline_whatever_it_does(pool: Pool, task: object) -> None:
    assert callable(task)
    after = [pool.submit(task), *doubles(pool)]

    with pytest.raises(TaskTimedOut):
        after[0].result()
    assert results(after[1:]) == EXPECTED


def test_a_task_stopped_in_python_leaves_its_process_to_the_next() -> None:
    with Pool(1, deadline=DEADLINE) as pool:
        before = pool.submit(tasks.process_id).result()
        with pytest.raises(TaskTimedOut, match=r"stopped after 0\.3 s"):
            pool.submit(tasks.sleep, 30).result()
        assert pool.submit(tasks.process_id).result() == before


def test_exceptions_come_back_as_they_are(pool: Pool) -> None:
    with pytest.raises(ValueError, match="no trams") as caught:
        pool.submit(tasks.refuse, "no trams").result()
    assert str(caught.value) == "no trams"
    assert "in refuse" in caught.value.__notes__[0]  # where it was raised
    with pytest.raises(Exception, match="pickle"):
        pool.submit(tasks.unpicklable).result()
    with pytest.raises(Exception, match="pickle"):
        pool.submit(lambda: 1).result()
    with pytest.raises(TaskCrashed, match="exit code 1"):
        pool.submit(tasks.leave).result()
    assert pool.submit(tasks.double, 4).result() == 8


def test_a_process_that_died_while_idle_is_replaced() -> None:
    with Pool(1) as pool:
        first = pool.submit(tasks.process_id).result()
        idle = psutil.Process(first)
        idle.kill()
        while idle.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert pool.submit(tasks.process_id).result() != first


def test_a_process_makes_room_for_a_new_one_after_many_tasks() -> None:
    with Pool(1) as pool:
        processes = [future.result() for future in [pool.submit(tasks.process_id) for _ in range(TASKS + 1)]]

    assert len(set(processes[:-1])) == 1
    assert processes[-1] != processes[0]


def test_processes_start_when_there_is_work_and_end_with_the_pool() -> None:
    before = workers_of(psutil.Process())
    with Pool(2) as pool:
        assert workers_of(psutil.Process()) == before
        started = psutil.Process(pool.submit(tasks.process_id).result())
        assert workers_of(psutil.Process()) == [*before, started]
    assert not started.is_running()


def test_leaving_the_pool_stops_and_cancels_at_once() -> None:
    began = time.monotonic()
    with Pool(1, deadline=30) as pool:
        pool.submit(tasks.double, 1).result()
        running, waiting = pool.submit(tasks.sleep, 20), pool.submit(tasks.double, 1)
        while not running.running():
            time.sleep(0.01)

    assert time.monotonic() - began < 5
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result()


async def test_results_can_be_awaited(pool: Pool) -> None:
    assert await asyncio.gather(*map(asyncio.wrap_future, doubles(pool))) == EXPECTED


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):  # of an earlier pool, ended a moment ago
        return "spawn_main" in " ".join(process.cmdline())
    return False


PROGRAM = """
import sys
from redraft.tests.tools import tasks
from redraft.tools.pool import Pool

def begun(task, *args):
    print("begun", flush=True)
    task(*args)

if __name__ == "__main__":
    with Pool(2, deadline=60) as pool:
        stuck = [pool.submit(begun, tasks.backtrack), pool.submit(begun, tasks.sleep, 60)]
        stuck[0].result()
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program both of whose processes are at work, one of them in C."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdout
        assert [program.stdout.readline() for _ in range(2)] == ["begun\n", "begun\n"]
        yield program
        program.kill()


def test_processes_die_with_a_parent_that_is_killed(program: subprocess.Popen[str]) -> None:
    workers = workers_of(psutil.Process(program.pid))

    program.kill()

    _, alive = psutil.wait_procs(workers, timeout=5)
    assert len(workers) == 2
    assert alive == []


def test_ctrl_c_reaches_the_parent_alone_and_ends_it_at_once(program: subprocess.Popen[str]) -> None:
    workers = workers_of(psutil.Process(program.pid))

    os.killpg(program.pid, signal.SIGINT)  # as a terminal does

    _, errors = program.communicate(timeout=5)
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")
    assert not any(worker.is_running() for worker in workers)
