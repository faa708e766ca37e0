import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from redraft.agent.errors import UserError
from redraft.evals.peers.meter import Work, worked
from redraft.evals.peers.program import Means, PeerFailed
from redraft.evals.peers.runner import CommandWriter
from redraft.evals.writers import Writer
from redraft.store.models import EvalTask

URL = "http://127.0.0.1:8000/v1"
MEANS = Means(URL, "small", "http://user:secret@127.0.0.1:8080")
TASK = EvalTask(eval_run_id=1, number=0, task_id="51", prompt="What do trams cost?", language="en")
COUNTERS = """# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{{engine="0"}} {prompt}.0
vllm:prompt_tokens_total{{engine="1"}} 1.0
# TYPE vllm:prompt_tokens_created gauge
vllm:prompt_tokens_created{{engine="0"}} 1.7e+09
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{{engine="0"}} {generated}.0
# TYPE vllm:request_success_total counter
vllm:request_success_total{{finished_reason="stop"}} 2.0
vllm:request_success_total{{finished_reason="length"}} 1.0
"""


def server(*pages: str) -> httpx.MockTransport:
    """Its page of counters, each time that it is asked for."""
    left: Iterator[str] = iter(pages)

    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url == "http://127.0.0.1:8000/metrics"
        return httpx.Response(200, text=next(left)) if found else httpx.Response(404)

    return httpx.MockTransport(answer)


def writer(script: str, transport: httpx.MockTransport | None = None, *, counts: bool = True) -> CommandWriter:
    command = (sys.executable, "-S", "-c", script)
    return CommandWriter(name="other", command=command, means=MEANS, counts=counts, transport=transport or server())


async def test_a_peer_writes_and_the_server_counts_its_tokens() -> None:
    before, after = COUNTERS.format(prompt=100, generated=50), COUNTERS.format(prompt=160, generated=57)
    peer: Writer = writer("print('# ' + input())", server(before, after))

    written = await peer.write(TASK)

    assert written.article == "# What do trams cost?\n"
    assert written.seconds
    assert written.tokens == 67
    assert written.run_id is None


async def test_without_counters_a_report_is_still_a_report() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    transports = (server("<html>{ 1</html>"), server("other_total 1\n"), httpx.MockTransport(refuse))

    for transport in transports:
        written = await writer("print('# Trams')", transport).write(TASK)
        assert (written.article, written.tokens) == ("# Trams\n", None)


async def test_where_others_ask_the_server_nothing_is_counted() -> None:
    assert (await writer("print('# Trams')", server(), counts=False).write(TASK)).tokens is None


async def test_a_failure_of_the_peer_is_one_of_the_task() -> None:
    with pytest.raises(PeerFailed, match="no sources"):
        await writer("raise SystemExit('no sources')", counts=False).write(TASK)


async def test_all_engines_and_ends_are_counted() -> None:
    async with httpx.AsyncClient(transport=server(COUNTERS.format(prompt=9, generated=4))) as client:
        assert await worked(client, URL) == Work(prompt=10, generated=4, calls=3)


def test_a_command_is_read_as_it_is_typed_and_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "peer"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)

    assert CommandWriter.of("other", "./peer --topic 'a b'", MEANS).command == (str(program), "--topic", "a b")


@pytest.mark.parametrize("line", ["", "'", "no-such-peer --fast"])
def test_what_is_no_command_is_refused(line: str) -> None:
    with pytest.raises(UserError):
        CommandWriter.of("other", line, MEANS)


def test_a_variable_that_is_not_set_cannot_be_handed_on() -> None:
    assert "NO_SUCH_KEY" not in os.environ

    with pytest.raises(UserError, match="other is to be given variables that are not set: NO_SUCH_KEY"):
        CommandWriter.of("other", sys.executable, MEANS, named=["PATH", "NO_SUCH_KEY"])


def test_settings_tell_how_it_was_run_and_no_secret() -> None:
    settings = CommandWriter.of("other", f"{sys.executable} -P", MEANS, named=["PATH"], patience=60).settings

    assert settings == {
        "command": [sys.executable, "-P"],
        "model": "small",
        "words": None,
        "patience": 60,
        "variables": ["PATH"],
    }
