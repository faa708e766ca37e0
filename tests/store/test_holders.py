import subprocess
import sys
import time
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]
import pytest

from redraft.store.holders import host, is_gone, this_process

ANOTHER = "from redraft.store.holders import this_process; print(this_process(), flush=True); input()"


@pytest.fixture
def another() -> Iterator["subprocess.Popen[str]"]:
    """Another process, which ends when its input does."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", ANOTHER], text=True, **pipes) as process:  # type: ignore[call-overload]
        yield process


def test_this_process_is_there_under_one_name() -> None:
    assert this_process() == this_process()
    assert not is_gone(this_process())


def test_a_process_is_there_until_it_has_ended(another: "subprocess.Popen[str]") -> None:
    assert another.stdin is not None
    assert another.stdout is not None
    name = another.stdout.readline().strip()
    assert name != this_process()
    assert not is_gone(name)

    another.stdin.write("\n")
    another.stdin.close()
    while psutil.Process(another.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)

    assert is_gone(name), "though nobody has waited for it yet"
    another.wait()
    assert is_gone(name)


def test_a_number_that_was_given_to_another_process_is_not_the_one_that_had_it() -> None:
    machine, pid, start = this_process().rsplit(" ", 2)

    assert is_gone(f"{machine} {pid} {float(start) - 60:.2f}")


def test_of_another_machine_nothing_is_known() -> None:
    assert not is_gone("elsewhere 1 0")
    assert not is_gone(f"{host()}x 1 0")


def test_a_name_has_no_time_of_day_in_it() -> None:
    """Else, once the clock is set, the living would be taken for dead."""
    start = float(this_process().rsplit(" ", 1)[1])

    assert 0 <= start <= time.clock_gettime(time.CLOCK_BOOTTIME) + 1
