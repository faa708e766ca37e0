"""Peers that are real programs, a few lines long."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from redraft.evals.peers.program import Made, Means, PeerFailed, run

MEANS = Means("http://127.0.0.1:8000/v1", "small", "http://127.0.0.1:8080")
GIVEN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TAVILY_API_KEY": "secret", "REDRAFT_DATABASE": "secret"}
SURROUNDINGS = "import json, os; print(json.dumps([dict(os.environ), os.getcwd(), os.listdir()]))"
LINGERS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
with open({told!r}, "w") as told:
    told.write(str(child.pid))
"""


async def peer(script: str, question: str = "Who?", *, patience: float = 20, means: Means = MEANS) -> Made:
    return await run([sys.executable, "-S", "-c", script], question, means, patience=patience, given=GIVEN)


async def failure(script: str, patience: float = 20) -> str:
    with pytest.raises(PeerFailed) as failed:
        await peer(script, patience=patience)
    assert len(str(failed.value).splitlines()) == 1
    return str(failed.value)


async def gone(told: Path) -> bool:
    """Whether the process whose number was told ends within a second."""
    for _ in range(100):
        number = int(told.read_text())
        if not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
            return True
        await asyncio.sleep(0.01)
    return False


async def told(path: Path) -> None:
    while not path.exists() or not path.read_text():
        await asyncio.sleep(0.01)


async def test_a_report_is_what_a_peer_prints_on_the_question_that_it_reads() -> None:
    made = await peer(
        "import sys; sys.stdout.buffer.write(b'# ' + sys.stdin.buffer.read())", "Was kosten Straßenbahnen? 电车"
    )

    assert made.report == "# Was kosten Straßenbahnen? 电车"
    assert made.seconds > 0
    assert made.peak_memory > 1_000_000


async def test_a_report_in_the_file_counts_before_what_is_printed() -> None:
    script = "import os; open(os.environ['PEER_REPORT'], 'wb').write('# 电车'.encode()); print('done')"

    assert (await peer(script)).report == "# 电车"


async def test_a_file_that_stays_empty_does_not() -> None:
    assert (await peer("import os; open(os.environ['PEER_REPORT'], 'w'); print('# Trams')")).report == "# Trams\n"


async def test_a_peer_knows_what_to_use_and_nothing_of_our_secrets() -> None:
    environment, folder, files = json.loads((await peer(SURROUNDINGS, means=MEANS._replace(words=900))).report)

    assert files == []
    assert not Path(folder).exists()
    assert environment.pop("PEER_REPORT").startswith(folder)
    assert environment.pop("HOME") == environment.pop("TMPDIR") == folder
    assert environment == {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PEER_LLM_URL": "http://127.0.0.1:8000/v1",
        "PEER_LLM_MODEL": "small",
        "PEER_SEARXNG_URL": "http://127.0.0.1:8080",
        "PEER_WORDS": "900",
    }


async def test_a_variable_that_is_named_is_handed_on() -> None:
    command = [sys.executable, "-S", "-c", "import os; print(os.environ['TAVILY_API_KEY'], 'PEER_WORDS' in os.environ)"]

    made = await run(command, "Who?", MEANS, patience=20, given=GIVEN, named=["TAVILY_API_KEY"])

    assert made.report == "secret False\n"


async def test_a_failure_is_told_in_the_last_words_of_the_peer() -> None:
    script = "import sys; print('a report'); print('one\\n\\n\\033[31mtwo\\nthree', file=sys.stderr); sys.exit(3)"

    assert (await failure(script)).endswith("ended with 3: two / three")
    assert (await failure("import os; os.abort()")).endswith("was ended by signal 6: it said nothing")
    assert len(await failure("raise SystemExit('x' * 9000)")) < 500


async def test_nothing_is_no_report() -> None:
    said = await failure("import sys; print(' \\n'); print('no sources', file=sys.stderr)")

    assert said.endswith("has written nothing: no sources")


async def test_what_is_not_utf8_is_no_report() -> None:
    assert "is not UTF-8" in await failure("import sys; sys.stdout.buffer.write(b'\\xe4\\xf6')")


async def test_a_program_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(PeerFailed, match="cannot be started: No such file"):
        await run(["/no/such/peer"], "Who?", MEANS, patience=20, given=GIVEN)


async def test_a_peer_that_is_not_done_in_time_is_ended_with_its_children(tmp_path: Path) -> None:
    path = tmp_path / "told"
    began = time.monotonic()

    said = await failure(f"{LINGERS.format(told=str(path))}\ntime.sleep(60)", patience=3)

    assert said.endswith("was not done in 3 seconds")
    assert time.monotonic() - began < 20
    assert await gone(path)


async def test_what_a_peer_leaves_running_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "told"

    made = await peer(f"{LINGERS.format(told=str(path))}\nprint('# Trams')")

    assert made.report == "# Trams\n"
    assert await gone(path)


async def test_a_cancelled_peer_is_ended_with_its_children(tmp_path: Path) -> None:
    path = tmp_path / "told"
    task = asyncio.create_task(peer(f"{LINGERS.format(told=str(path))}\ntime.sleep(60)"))
    await told(path)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await gone(path)


async def test_peers_run_side_by_side_in_folders_of_their_own() -> None:
    script = "import os; open('kept', 'x').close(); print(os.getcwd())"

    made = await asyncio.gather(*(peer(script) for _ in range(3)))

    assert len({one.report for one in made}) == 3
