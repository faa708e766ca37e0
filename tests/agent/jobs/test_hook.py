"""Hooks that are real programs."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from redraft.agent.jobs.channels import DeliveryFailed, Hook
from redraft.agent.jobs.hook import run_hook
from redraft.tests.agent.jobs.parcels import SECRET, parcel

USERS = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def script(folder: Path, text: str) -> Hook:
    path = folder / "hook.py"
    path.write_text(text)
    return Hook(command=(sys.executable, "-S", str(path), str(folder)))


async def failure(hook: Hook, patience: float = 20) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        await run_hook(hook, parcel(), environment=USERS, patience=patience)
    assert len(str(failed.value).splitlines()) == 1
    return failed.value


async def test_a_command_is_given_the_report_on_its_standard_input(tmp_path: Path) -> None:
    hook = script(tmp_path, "import sys; open(f'{sys.argv[1]}/told', 'wb').write(sys.stdin.buffer.read())")

    await run_hook(hook, parcel(markdown="ä" * 1_000_000), environment=USERS)

    told = json.loads((tmp_path / "told").read_bytes())
    assert told["title"] == "Was Straßenbahnen kosten"
    assert told["due_at"] == "2026-03-02T06:00:00Z"
    assert told["files"] == ["/reports/trams.html", "/reports/trams.pdf"]
    assert told["markdown"] == "ä" * 1_000_000


async def test_a_command_has_the_environment_of_its_user_and_none_of_our_settings(tmp_path: Path) -> None:
    hook = script(tmp_path, "import json, os, sys; json.dump(dict(os.environ), open(f'{sys.argv[1]}/told', 'w'))")
    ours = {"REDRAFT_SMTP_PASSWORD": SECRET, "REDRAFT_BRAVE_API_KEY": SECRET, "REDRAFT_DATABASE": SECRET}

    await run_hook(hook, parcel(title="a\r\nb\0"), environment={**USERS, **ours, "REDRAFT_KEY": SECRET})

    told = json.loads((tmp_path / "told").read_text())
    assert told.items() >= USERS.items()
    assert {name: value for name, value in told.items() if name.startswith("REDRAFT_")} == {
        "REDRAFT_JOB": "weekly-trams",
        "REDRAFT_RUN": "20260302-060000-ab12",
        "REDRAFT_TITLE": "a b",
        "REDRAFT_FILES": "/reports/trams.html\n/reports/trams.pdf",
        "REDRAFT_KEY": "trams-42-1",
    }


async def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    hook = script(tmp_path, "import sys; open(f'{sys.argv[1]}/told', 'w').write(sys.argv[2])")

    await run_hook(Hook(command=(*hook.command, "$HOME; `id` > *")), parcel(), environment=USERS)

    assert (tmp_path / "told").read_text() == "$HOME; `id` > *"


async def test_a_command_that_fails_is_quoted_with_its_last_words(tmp_path: Path) -> None:
    hook = script(tmp_path, "import sys; print('no', file=sys.stderr); sys.exit('\\033[31m' + 'x' * 9000 + '\\n')")

    failed = await failure(hook)

    assert str(failed) == f"{sys.executable} ended with 1: {'x' * 200}"
    assert not failed.for_good


async def test_a_command_that_fails_in_silence_is_quoted_so(tmp_path: Path) -> None:
    assert str(await failure(script(tmp_path, "raise SystemExit(3)"))).endswith("ended with 3: it said nothing")


async def test_a_command_that_is_killed_says_so(tmp_path: Path) -> None:
    failed = await failure(script(tmp_path, "import os; os.kill(os.getpid(), 9)"))

    assert "was ended by signal 9" in str(failed)


PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
part = f"{sys.argv[1]}/part"
open(part, "w").write(f"{os.getpid()} {child.pid}")
os.rename(part, f"{sys.argv[1]}/pids")
"""


async def test_a_command_whose_time_is_over_is_ended(tmp_path: Path) -> None:
    failed = await failure(script(tmp_path, "import time; time.sleep(60)"), patience=0.05)

    assert not failed.for_good
    assert "was not done in 0.05 seconds" in str(failed)


async def test_a_command_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    hook = script(tmp_path, f"{PARENT}time.sleep(60)")
    waiting = asyncio.create_task(run_hook(hook, parcel(), environment=USERS))
    while not (tmp_path / "pids").exists():
        await asyncio.sleep(0.01)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert await all_ended(tmp_path)


async def test_a_command_may_leave_others_at_work(tmp_path: Path) -> None:
    await run_hook(script(tmp_path, PARENT), parcel(), environment=USERS, patience=20)

    child = int((tmp_path / "pids").read_text().split()[1])
    os.kill(child, signal.SIGKILL)  # raises if it has been ended


async def all_ended(folder: Path) -> bool:
    """Whether the processes of `PARENT` have; those that it leaves behind need a moment."""
    pids = (folder / "pids").read_text().split()
    for _ in range(200):
        states = [
            stat.read_text().rpartition(")")[2].split()[0]
            for pid in pids
            if (stat := Path(f"/proc/{pid}/stat")).exists()
        ]
        if set(states) <= {"Z", "X"}:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_program_that_is_not_there_is_not_looked_for_again(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")

    for name in ("gone", "text"):
        failed = await failure(Hook(command=(str(tmp_path / name),)))
        assert failed.for_good
        assert f"{tmp_path / name} cannot be started" in str(failed)
