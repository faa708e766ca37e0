from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.llm import Message, Reply, Request, ScriptedLLM

ASKED = Request(
    node="draft",
    section="2",
    messages=(Message(role="system", content="You write."), Message(role="user", content="Write two words.")),
    max_tokens=3,
    temperature=0.3,
    schema={"type": "object", "required": ["title"]},
)


def test_equal_requests_have_equal_keys_in_every_process() -> None:
    same = replace(ASKED, schema={"required": ["title"], "type": "object"})

    assert same.key == ASKED.key == "adaadec958421c2421b5573ba37745f29e6f4c543247adef68ca250f3bc56629"


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
        {"stop": ("</action>",)},
        {"think": 100},
        {"n": 2},
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


async def said(llm: ScriptedLLM, request: Request) -> list[str]:
    return [reply.text for reply in await llm.sample(request)]


async def test_texts_are_given_out_in_turn_for_each_node() -> None:
    llm = ScriptedLLM({"draft": ["One.", "Two."], "summary": ["Three."]})

    texts = [await said(llm, replace(ASKED, node=node)) for node in ("draft", "summary", "draft")]

    assert texts == [["One."], ["Three."], ["Two."]]
    assert [request.node for request in llm.requests] == ["draft", "summary", "draft"]


async def test_a_function_answers_from_the_request() -> None:
    llm = ScriptedLLM({"draft": lambda request: f"Attempt {request.attempt}"})

    assert await said(llm, replace(ASKED, attempt=2)) == ["Attempt 2"]


async def test_several_replies_to_one_request_are_the_next_texts() -> None:
    llm = ScriptedLLM({"draft": ["One.", "Two.", "Three.", "Four."]})

    texts = [await said(llm, replace(ASKED, n=n)) for n in (2, 1, 1)]

    assert texts == [["One.", "Two."], ["Three."], ["Four."]]


async def test_a_function_gives_each_variant_its_own_text_or_all_the_same() -> None:
    llm = ScriptedLLM({"draft": lambda _: ["One.", "Two."], "summary": lambda _: "Three."})

    assert await said(llm, replace(ASKED, n=2)) == ["One.", "Two."]
    assert await said(llm, replace(ASKED, node="summary", n=2)) == ["Three.", "Three."]


@pytest.mark.parametrize(
    ("script", "n", "turn"), [({}, 1, 1), ({"draft": []}, 1, 1), ({"draft": ["One."]}, 1, 2), ({"draft": ["1"]}, 3, 2)]
)
async def test_what_was_not_planned_for_is_a_fault_of_the_test(script: dict[str, list[str]], n: int, turn: int) -> None:
    llm = ScriptedLLM(script)
    for _ in range(turn - n):
        await llm.sample(replace(ASKED, n=n))

    with pytest.raises(LookupError, match=f"no reply number {turn} for 'draft'"):
        await llm.sample(replace(ASKED, n=n))


async def test_a_reply_counts_words_as_tokens_and_is_cut_at_the_limit() -> None:
    llm = ScriptedLLM({"draft": ["Trams  run.", "Trams run on\nrails."]})

    [whole], [cut] = await llm.sample(ASKED), await llm.sample(ASKED)

    assert whole == Reply(text="Trams  run.", finish_reason="stop", prompt_tokens=5, output_tokens=2, model="scripted")
    assert cut == Reply(text="Trams run on", finish_reason="length", prompt_tokens=5, output_tokens=3, model="scripted")
    assert await llm.count(ASKED.messages) == 5


async def test_the_prompt_of_several_replies_counts_once() -> None:
    replies = await ScriptedLLM({"draft": ["One.", "Two words."]}).sample(replace(ASKED, n=2))

    assert [(reply.prompt_tokens, reply.output_tokens) for reply in replies] == [(5, 1), (0, 2)]
