from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import Message, Reply, Request, ScriptedLLM

ASKED = Request(
    node="draft",
    section=2,
    messages=(Message(role="system", content="You write."), Message(role="user", content="Write two words.")),
    max_tokens=3,
    temperature=0.3,
    schema={"type": "object", "required": ["title"]},
)


def test_equal_requests_have_equal_keys_in_every_process() -> None:
    same = replace(ASKED, schema={"required": ["title"], "type": "object"})

    assert same.key == ASKED.key == "60b0aa0d5ad7bc95e171e7fc3c94662799961e195fa09294e5921b50466bc7bb"


@pytest.mark.parametrize(
    "change",
    [
        {"node": "summary"},
        {"section": None},
        {"messages": ASKED.messages[::-1]},
        {"messages": (replace(ASKED.messages[0], role="user"), ASKED.messages[1])},
        {"max_tokens": 4},
        {"temperature": 0.4},
        {"schema": None},
        {"attempt": 1},
    ],
)
def test_a_request_that_differs_in_anything_has_another_key(change: dict[str, Any]) -> None:
    assert replace(ASKED, **change).key != ASKED.key


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_keys_are_equal_only_for_equal_messages(texts: list[str], others: list[str]) -> None:
    one, other = (
        replace(ASKED, messages=tuple(Message(role="user", content=text) for text in said)) for said in (texts, others)
    )

    assert (one.key == other.key) is (one == other)


async def test_texts_are_given_out_in_turn_for_each_node() -> None:
    llm = ScriptedLLM({"draft": ["One.", "Two."], "summary": ["Three."]})

    texts = [(await llm.complete(replace(ASKED, node=node))).text for node in ("draft", "summary", "draft")]

    assert texts == ["One.", "Three.", "Two."]
    assert [request.node for request in llm.requests] == ["draft", "summary", "draft"]


async def test_a_function_answers_from_the_request() -> None:
    llm = ScriptedLLM({"draft": lambda request: f"Attempt {request.attempt}"})

    assert (await llm.complete(replace(ASKED, attempt=2))).text == "Attempt 2"


@pytest.mark.parametrize(("script", "turn"), [({}, 1), ({"draft": []}, 1), ({"draft": ["One."]}, 2)])
async def test_what_was_not_planned_for_is_a_fault_of_the_test(script: dict[str, list[str]], turn: int) -> None:
    llm = ScriptedLLM(script)
    for _ in range(turn - 1):
        await llm.complete(ASKED)

    with pytest.raises(LookupError, match=f"no reply number {turn} for 'draft'"):
        await llm.complete(ASKED)


async def test_a_reply_counts_words_as_tokens_and_is_cut_at_the_limit() -> None:
    llm = ScriptedLLM({"draft": ["Trams  run.", "Trams run on\nrails."]})

    whole, cut = await llm.complete(ASKED), await llm.complete(ASKED)

    assert whole == Reply(text="Trams  run.", finish_reason="stop", prompt_tokens=5, output_tokens=2, model="scripted")
    assert cut == Reply(text="Trams run on", finish_reason="length", prompt_tokens=5, output_tokens=3, model="scripted")
    assert await llm.count(ASKED.messages) == 5
