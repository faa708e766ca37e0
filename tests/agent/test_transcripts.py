import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from redraft.agent.errors import UserError
from redraft.agent.transcripts import Said, append, read, transcript
from redraft.tests.wire import ASKED, Server, client, good, stream

SAID = Said("one", "draft", "2", 0, [1, 2, 3], [[4, 5], [4]], ["stop", "length"])


def told(**choice: Any) -> dict[str, Any]:
    return {"choices": [{"delta": {}, "finish_reason": None, **choice}]}


def spoken() -> httpx.Response:
    """As vLLM streams two replies with their ids."""
    first = {**told(index=0), "prompt_token_ids": [1, 2, 3]}
    pieces = [
        told(index=0, delta={"content": "Trams "}, token_ids=[4]),
        told(index=1, delta={"content": "Rails"}, token_ids=[4], finish_reason="length"),
        told(index=0, delta={"content": "run."}, token_ids=[5], finish_reason="stop"),
    ]
    return stream(first, *pieces)


async def test_a_call_is_kept_with_the_ids_that_the_server_tells(tmp_path: Path) -> None:
    server = Server([spoken])

    async with client(server, on_heard=transcript(tmp_path / "kept", "one")) as llm:
        replies = await llm.sample(ASKED)

    assert [reply.text for reply in replies] == ["Trams run."]
    assert server.asked("/v1/chat/completions")[0]["return_token_ids"] is True
    assert read(tmp_path / "kept") == [SAID]


async def test_the_schema_that_a_reply_had_to_follow_is_kept(tmp_path: Path) -> None:
    server = Server([spoken])
    asked = replace(ASKED, schema={"type": "object"})

    async with client(server, on_heard=transcript(tmp_path, "one")) as llm:
        await llm.sample(asked)

    assert read(tmp_path) == [SAID._replace(schema={"type": "object"})]


async def test_without_a_transcript_no_ids_are_asked_for() -> None:
    server = Server([spoken])

    async with client(server) as llm:
        await llm.sample(ASKED)

    assert "return_token_ids" not in server.asked("/v1/chat/completions")[0]


async def test_a_server_that_tells_no_ids_or_refuses_to_is_used_all_the_same(tmp_path: Path) -> None:
    refusal = httpx.Response(400, json={"error": {"message": "unknown field return_token_ids"}})
    server = Server([lambda: refusal, good])

    async with client(server, on_heard=transcript(tmp_path, "one")) as llm:
        replies = await llm.sample(ASKED)

    assert replies[0].text == "Trams run."
    assert list(tmp_path.iterdir()) == []


def test_calls_of_a_folder_are_read_run_by_run_in_their_order(tmp_path: Path) -> None:
    for run, node in (("b", "draft"), ("a", "brief"), ("b", "query")):
        append(tmp_path / f"{run}.jsonl", SAID._replace(run=run, node=node))

    assert [(said.run, said.node) for said in read(tmp_path)] == [("a", "brief"), ("b", "draft"), ("b", "query")]
    assert len(read(tmp_path / "b.jsonl")) == 2


def test_where_there_are_no_transcripts_it_is_said_how_they_are_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="REDRAFT_TRANSCRIPTS"):
        read(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"run": "a"}',
        json.dumps(SAID._asdict() | {"prompt_token_ids": ["a"]}),
        json.dumps(SAID._asdict() | {"output_token_ids": [[-1]]}),
        json.dumps(SAID._asdict() | {"output_token_ids": [1]}),
    ],
)
def test_a_line_that_is_no_call_is_named(tmp_path: Path, line: str) -> None:
    append(tmp_path / "a.jsonl", SAID)
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(line + "\n")

    with pytest.raises(UserError, match="line 2, is no call"):
        read(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read(tmp_path / "none.jsonl")
