from dataclasses import replace

import httpx
import pytest

from redraft.agent.client import BYTES_PER_TOKEN, CONNECT_SECONDS, Patience, connect
from redraft.agent.errors import ServerUnavailable
from redraft.agent.llm import Message, Reply
from redraft.agent.replies import spoken
from redraft.tests.wire import ASKED, Answer, Server, client, complete, delta, good, stream

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}}


async def test_a_streamed_reply_is_put_together_with_what_it_took() -> None:
    details = {"prompt_tokens": 40, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 32}}
    server = Server(
        [lambda: stream(delta("Trams "), delta("run."), delta("", "stop"), {"choices": [], "usage": details})]
    )

    reply = await complete(server)

    assert reply == Reply(
        text="Trams run.",
        finish_reason="stop",
        prompt_tokens=40,
        cached_tokens=32,
        output_tokens=5,
        model="small",
    )


async def test_a_server_that_does_not_stream_is_understood_too() -> None:
    choice = {"message": {"content": "Trams run."}, "finish_reason": "length"}
    body = {"choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 2, "prompt_tokens_details": None}}

    reply = await complete(Server([lambda: httpx.Response(200, json=body)]))

    assert reply == Reply(text="Trams run.", finish_reason="length", prompt_tokens=4, output_tokens=2, model="small")


async def test_a_server_that_does_not_tell_what_a_reply_took_is_borne_with() -> None:
    reply = await complete(Server([good]))

    assert reply == Reply(text="Trams run.", finish_reason="stop", model="small")


async def test_a_call_may_be_silent_for_as_long_as_is_borne_and_no_longer() -> None:
    server = Server([good])
    patience = Patience(silence=7)

    async with connect("http://model", patience=patience, transport=httpx.MockTransport(server)) as llm:
        await llm.complete(ASKED)

    timeouts = {"connect": CONNECT_SECONDS, "read": 7, "write": 7, "pool": 7}
    assert [request.extensions["timeout"] for request in server.requests] == [timeouts, timeouts]


async def test_a_call_sends_what_is_asked_and_wants_a_stream_with_its_usage() -> None:
    server = Server([good])

    await complete(server)

    assert server.asked("/v1/chat/completions") == [
        {
            "model": "small",
            "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Write."}],
            "max_tokens": 50,
            "temperature": 0.3,
            "stream": True,
            "stream_options": {"include_usage": True},
            "chat_template_kwargs": {"enable_thinking": False},
        }
    ]


async def test_a_form_is_sent_as_a_strict_schema() -> None:
    server = Server([good])

    await complete(server, replace(ASKED, schema=SCHEMA))

    assert server.asked("/v1/chat/completions")[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "draft", "schema": SCHEMA, "strict": True},
    }


@pytest.mark.parametrize("owner", ["llamacpp", None])
async def test_only_vllm_is_told_not_to_think(owner: str | None) -> None:
    models = {"data": [{"id": "small", "owned_by": owner}]}
    server = Server([good], models=lambda: httpx.Response(200, json=models))

    await complete(server)

    assert "chat_template_kwargs" not in server.asked("/v1/chat/completions")[0]


async def test_a_server_that_can_count_is_asked_to() -> None:
    server = Server([good], counts=lambda: httpx.Response(200, json={"count": 17, "tokens": [1, 2]}))

    async with client(server) as llm:
        counts = [await llm.count(ASKED.messages), await llm.count(ASKED.messages)]

    assert counts == [17, 17]
    asked = {"model": "small", "messages": [vars(message) for message in ASKED.messages]}
    assert server.asked("/tokenize") == [asked, asked]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(404),
        lambda: httpx.Response(405),
        lambda: httpx.Response(400, json={"error": "no content"}),
        lambda: httpx.Response(401, json={"count": 5}),
        lambda: httpx.Response(200, json={"tokens": []}),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, text="<html>"),
    ],
)
async def test_where_none_can_count_the_tokens_are_estimated_and_nobody_asked_again(answer: Answer) -> None:
    server = Server([good], counts=answer)
    messages = [Message(role="user", content="x" * 300), Message(role="user", content="路面電車")]

    async with client(server) as llm:
        counts = [await llm.count(messages), await llm.count(messages)]

    assert counts == [300 // BYTES_PER_TOKEN + 8 + 12 // BYTES_PER_TOKEN + 8] * 2
    assert len(server.asked("/tokenize")) == 1


async def test_a_counter_that_fails_is_tried_again_and_then_given_up() -> None:
    failures = [httpx.Response(503), httpx.Response(429), httpx.Response(200, json={"count": 17})]
    server = Server([good], counts=lambda: failures.pop(0) if failures else httpx.Response(500))

    async with client(server) as llm:
        assert await llm.count(ASKED.messages) == 17
        with pytest.raises(ServerUnavailable, match="HTTP 500"):
            await llm.count(ASKED.messages)


@pytest.mark.parametrize(
    ("text", "aloud"),
    [
        ("Trams run.", "Trams run."),
        ("<think>Hm.</think>\n\nTrams run.", "Trams run."),
        ("<think></think>Trams <thinking>so\nso</thinking>run.", "Trams run."),
        ("Hm, so.\n</think>Trams run.", "Trams run."),
        ("Trams run.<think>And then", "Trams run."),
        ("<think>And then", ""),
        ("Trams run.<|im_end|>", "Trams run."),
        ("<s>[INST]Trams[/INST] run.</s><|eot_id|>", "Trams run."),
        ("Trams run.<｜end▁of▁sentence｜>", "Trams run."),
        ("a < b, c | d > e: <b>think</b>", "a < b, c | d > e: <b>think</b>"),
    ],
)
async def test_thinking_and_tokens_of_the_template_are_not_part_of_a_reply(text: str, aloud: str) -> None:
    reply = await complete(Server([lambda: stream(delta(text, "stop"))]))

    assert (spoken(text), reply.text) == (aloud, aloud)


async def test_a_thought_may_come_in_pieces() -> None:
    pieces = [delta("<thi"), delta("nk>Hm.</th"), delta("ink>Trams run."), delta("", "stop")]

    reply = await complete(Server([lambda: stream(*pieces)]))

    assert reply.text == "Trams run."
