from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.client import BYTES_PER_TOKEN, CONNECT_SECONDS, connect
from redraft.agent.errors import ServerRefused, ServerUnavailable
from redraft.agent.llm import Message, Reply
from redraft.agent.replies import Choice, Heard, replies
from redraft.agent.retrying import Patience
from redraft.tests.wire import ASKED, Answer, Server, client, complete, delta, good, sample, stream

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
        await llm.sample(ASKED)

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
    as_sent = {"chat_template_kwargs": {"enable_thinking": False}}  # what the template makes of it is counted too
    assert server.asked("/tokenize") == [asked | as_sent] * 2


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


def usage(prompt: int, output: int, cached: int = 0) -> dict[str, object]:
    details = {"cached_tokens": cached}
    return {
        "choices": [],
        "usage": {"prompt_tokens": prompt, "completion_tokens": output, "prompt_tokens_details": details},
    }


async def test_several_replies_are_asked_for_at_once_and_each_put_together_by_its_index() -> None:
    pieces = [
        delta("Buses ", index=1),
        delta("Trams ", index=0),
        delta("run.", index=0),
        delta("go.", "length", index=1),
        delta("", "stop", index=0),
        usage(40, 12, cached=32),
    ]
    server = Server([lambda: stream(*pieces)])

    several = await sample(server, replace(ASKED, n=2))

    assert several == [
        Reply(
            text="Trams run.", finish_reason="stop", prompt_tokens=40, cached_tokens=32, output_tokens=6, model="small"
        ),
        Reply(text="Buses go.", finish_reason="length", output_tokens=6, model="small"),
    ]
    assert [call["n"] for call in server.asked("/v1/chat/completions")] == [2]


async def test_several_replies_that_are_not_streamed_are_understood_too() -> None:
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in ("One.", "Two.")]

    several = await sample(Server([lambda: httpx.Response(200, json={"choices": choices})]), replace(ASKED, n=2))

    assert [reply.text for reply in several] == ["One.", "Two."]


@given(
    texts=st.lists(st.text(alphabet="abc ", max_size=40), min_size=1, max_size=6),
    output=st.integers(min_value=0, max_value=5000),
)
def test_the_tokens_of_several_replies_are_counted_once(texts: list[str], output: int) -> None:
    heard = Heard([Choice(text, "", "stop") for text in texts], usage(40, output)["usage"])  # type: ignore[arg-type]

    got = replies(heard, replace(ASKED, n=len(texts)), ms=7, model="small")

    assert sum(reply.output_tokens for reply in got) == output
    assert [(reply.prompt_tokens, reply.ms) for reply in got] == [(40, 7)] + [(0, 0)] * (len(texts) - 1)
    assert min(reply.output_tokens for reply in got) >= 0


async def test_a_longer_reply_has_more_of_the_tokens() -> None:
    pieces = [delta("Trams.", "stop", index=0), delta("Trams run on rails.", "stop", index=1), usage(4, 27)]

    several = await sample(Server([lambda: stream(*pieces)]), replace(ASKED, n=2))

    assert [reply.output_tokens for reply in several] == [7, 20]


async def test_what_a_server_does_not_give_at_once_is_asked_for_singly() -> None:
    texts = iter(("One.", "Two.", "Three."))
    server = Server([lambda: stream(delta(next(texts), "stop"), usage(9, 2))])

    several = await sample(server, replace(ASKED, n=3))

    assert [(reply.text, reply.prompt_tokens, reply.output_tokens) for reply in several] == [
        ("One.", 9, 2),
        ("Two.", 9, 2),
        ("Three.", 9, 2),
    ]
    assert [call.get("n") for call in server.asked("/v1/chat/completions")] == [3, None, None]


async def test_replies_that_are_asked_for_singly_have_seeds_of_their_own() -> None:
    server = Server([good])

    async with connect(
        "http://model", transport=httpx.MockTransport(server), fields=lambda request: {"seed": 7 + request.attempt}
    ) as llm:
        await llm.sample(replace(ASKED, n=3))

    assert [call["seed"] for call in server.asked("/v1/chat/completions")] == [7, 8, 9]


async def test_more_replies_than_were_wanted_are_left() -> None:
    pieces = [delta(str(n), "stop", index=n) for n in range(3)]

    assert [reply.text for reply in await sample(Server([lambda: stream(*pieces)]))] == ["0"]


async def test_a_server_that_refuses_to_give_several_is_asked_singly() -> None:
    server = Server([lambda: httpx.Response(400, text="only one completion choice is allowed"), good])

    several = await sample(server, replace(ASKED, n=2))

    assert [reply.text for reply in several] == ["Trams run.", "Trams run."]
    assert [call.get("n") for call in server.asked("/v1/chat/completions")] == [2, None, None]


async def test_what_is_refused_for_another_reason_stays_refused() -> None:
    with pytest.raises(ServerRefused, match="wrong key"):
        await sample(Server([lambda: httpx.Response(401, text="wrong key")]), replace(ASKED, n=2))


async def test_one_reply_of_several_that_breaks_off_is_a_failure_of_all() -> None:
    torn = [delta("One.", "stop", index=0), delta("Tw", index=1)]
    server = Server([lambda: stream(*torn), lambda: stream(*torn, delta("o.", "stop", index=1))])

    several = await sample(server, replace(ASKED, n=2))

    assert [reply.text for reply in several] == ["One.", "Two."]


async def test_the_words_to_stop_at_are_sent() -> None:
    server = Server([good])

    await complete(server, replace(ASKED, stop=("</action>",)))

    assert server.asked("/v1/chat/completions")[0]["stop"] == ["</action>"]
