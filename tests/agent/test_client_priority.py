"""Whose call is served first."""

import httpx
import pytest

from redraft.agent.errors import ServerRefused
from redraft.tests.agent.test_client_thinking import NO_PARSER, THINKING
from redraft.tests.wire import Server, client, complete, good

CHATS = "/v1/chat/completions"
NOT_ENABLED = "Got priority 10 but Priority scheduling is not enabled."


def refusing(why: str) -> httpx.Response:
    return httpx.Response(400, json={"error": {"message": why, "code": 400}})


@pytest.mark.parametrize(("priority", "sent"), [(0, None), (10, 10)])
async def test_a_priority_is_sent_unless_it_is_the_usual_one(priority: int, sent: int | None) -> None:
    server = Server([good])

    await complete(server, priority=priority)

    assert server.asked(CHATS)[0].get("priority") == sent


async def test_another_server_than_vllm_is_told_no_priority() -> None:
    models = {"data": [{"id": "small", "owned_by": "llamacpp"}]}
    server = Server([good], models=lambda: httpx.Response(200, json=models))

    await complete(server, priority=10)

    assert "priority" not in server.asked(CHATS)[0]


async def test_a_server_that_refuses_priorities_is_told_none_any_more() -> None:
    server = Server([lambda: refusing(NOT_ENABLED), good])

    async with client(server, priority=10) as llm:
        first, second = await llm.sample(THINKING), await llm.sample(THINKING)

    assert [reply.text for reply in (*first, *second)] == ["Trams run."] * 2
    assert [call.get("priority") for call in server.asked(CHATS)] == [10, None, None]
    assert all(call["thinking_token_budget"] == 1000 for call in server.asked(CHATS))


async def test_a_server_may_refuse_one_field_after_the_other() -> None:
    server = Server([lambda: refusing(NOT_ENABLED), lambda: refusing(NO_PARSER), good])

    reply = await complete(server, THINKING, priority=10)

    assert reply.text == "Trams run."
    assert [sorted({"priority", "thinking_token_budget"} & call.keys()) for call in server.asked(CHATS)] == [
        ["priority", "thinking_token_budget"],
        ["thinking_token_budget"],
        [],
    ]


async def test_a_server_that_goes_on_refusing_what_it_is_not_told_has_refused() -> None:
    server = Server([lambda: refusing(NOT_ENABLED)])

    with pytest.raises(ServerRefused, match="Priority scheduling"):
        await complete(server, priority=10)

    assert len(server.asked(CHATS)) == 2
