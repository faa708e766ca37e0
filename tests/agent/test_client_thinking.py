import asyncio
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import ServerRefused
from redraft.agent.llm import Reply
from redraft.agent.replies import Spoken, spoken
from redraft.tests.wire import ASKED, Answer, Server, client, complete, delta, good, stream

THINKING = replace(ASKED, think=1000)
CHATS = "/v1/chat/completions"
NO_PARSER = "thinking_token_budget is set but reasoning_config is not configured. Please set --reasoning-parser"

MARKS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
]


@pytest.mark.parametrize(("begin", "end"), MARKS)
def test_thought_is_told_apart_however_a_model_marks_it(begin: str, end: str) -> None:
    assert spoken(f"{begin}Hm,\nso.{end}\n\nTrams run.") == Spoken("Trams run.", "Hm,\nso.")
    assert spoken(f"Trams run.{begin}And then") == Spoken("Trams run.", "And then")
    assert spoken(f"{begin}And then") == Spoken("", "And then")


@pytest.mark.parametrize(("_", "end"), MARKS[:-1])
def test_a_thought_may_have_begun_in_the_prompt(_: str, end: str) -> None:
    assert spoken(f"Hm, so.{end}Trams run.") == Spoken("Trams run.", "Hm, so.")


@pytest.mark.parametrize(
    ("text", "aloud", "thought"),
    [
        ("Trams run.", "Trams run.", ""),
        ("<think></think>Trams <think>so</think>run.", "Trams run.", "so"),
        ("<think>One.</think>Trams <think>Two.</think>run.", "Trams run.", "One.\n\nTwo."),
        ("<think>One <think>two</think> three</think>Trams run.", "Trams run.", "One <think>two\n\nthree"),
        ("<thi<think>so</think>nk>more</think>Trams run.", "Trams run.", "so\n\n<think>more"),
        (
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Trams run.<|return|>",
            "Trams run.",
            "Hm.",
        ),
        ("Trams run.<|im_end|>", "Trams run.", ""),
        ("<s>[INST]Trams[/INST] run.</s><|eot_id|>", "Trams run.", ""),
        ("Trams run.<｜end▁of▁sentence｜>", "Trams run.", ""),
        ("a < b, c | d > e: <b>think</b>", "a < b, c | d > e: <b>think</b>", ""),
    ],
)
async def test_thinking_and_tokens_of_the_template_are_not_part_of_a_reply(text: str, aloud: str, thought: str) -> None:
    reply = await complete(Server([lambda: stream(delta(text, "stop"))]))

    assert spoken(text) == (aloud, thought)
    assert (reply.text, reply.reasoning) == (aloud, thought)


PIECES = ("Trams run. ", "SECRET ", "<|im_end|>", "<think", ">", "</", "<", "nk>", *(m for pair in MARKS for m in pair))


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_no_text_holds_a_mark_of_thinking(pieces: list[str]) -> None:
    said = spoken("".join(pieces)).text

    assert not [mark for begin, end in MARKS[:-1] for mark in (begin, end) if mark in said]
    assert spoken(said) == Spoken(said, "")


@given(st.sampled_from(MARKS), st.lists(st.sampled_from(["SECRET", " ", "\n", "<b>", "{}"]), min_size=1), st.booleans())
def test_no_thought_is_ever_part_of_a_text(marks: tuple[str, str], thought: list[str], finished: bool) -> None:
    begin, end = marks

    text = spoken(f"Trams{begin}{''.join(thought)}{end if finished else ''}").text

    assert text == "Trams"


async def test_a_thought_may_come_in_pieces() -> None:
    pieces = [delta("<thi"), delta("nk>Hm.</th"), delta("ink>Trams run."), delta("", "stop")]

    reply = await complete(Server([lambda: stream(*pieces)]))

    assert (reply.text, reply.reasoning) == ("Trams run.", "Hm.")


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
async def test_what_the_server_tells_apart_is_kept_apart(name: str) -> None:
    pieces = [delta("", **{name: "Hm, "}), delta("", **{name: "so."}), delta("Trams run.", "stop")]

    reply = await complete(Server([lambda: stream(*pieces)]), THINKING)

    assert reply == Reply(text="Trams run.", reasoning="Hm, so.", finish_reason="stop", model="small")


async def test_a_thinking_model_gets_its_own_room_and_a_cap() -> None:
    server = Server([good])

    await complete(server, THINKING)

    asked = server.asked(CHATS)[0]
    assert asked["max_tokens"] == ASKED.max_tokens + 1000
    assert asked["chat_template_kwargs"] == {"enable_thinking": True}
    assert asked["thinking_token_budget"] == 1000


async def test_a_model_that_may_not_think_has_no_room_to() -> None:
    server = Server([good])

    await complete(server)

    asked = server.asked(CHATS)[0]
    assert (asked["max_tokens"], asked["chat_template_kwargs"]) == (ASKED.max_tokens, {"enable_thinking": False})
    assert "thinking_token_budget" not in asked


@pytest.mark.parametrize("thought", [{"reasoning": "Hm."}, {"content": "<think>Hm."}])
async def test_a_model_that_thinks_though_it_may_not_is_allowed_no_thought_from_then_on(
    thought: dict[str, str],
) -> None:
    alone = {"choices": [{"delta": thought, "finish_reason": "length"}]}
    server = Server([good, lambda: stream(alone), good])

    async with client(server) as llm:
        for _ in range(3):
            await llm.sample(ASKED)
        await llm.sample(THINKING)

    assert [call.get("thinking_token_budget") for call in server.asked(CHATS)] == [None, None, 0, 1000]


async def test_another_server_than_vllm_is_only_given_the_room() -> None:
    models = {"data": [{"id": "small", "owned_by": "llamacpp"}]}
    server = Server([good], models=lambda: httpx.Response(200, json=models))

    await complete(server, THINKING)

    asked = server.asked(CHATS)[0]
    assert asked["max_tokens"] == ASKED.max_tokens + 1000
    assert asked.keys().isdisjoint({"chat_template_kwargs", "thinking_token_budget"})


def refused() -> httpx.Response:
    return httpx.Response(400, json={"error": {"message": NO_PARSER, "code": 400}})


def refused_in_the_stream() -> httpx.Response:
    """As vLLM 0.32 does it: the stream has begun when the engine looks at the request."""
    return stream({"error": {"message": NO_PARSER, "type": "BadRequestError", "code": 400}})


@pytest.mark.parametrize("refusal", [refused, refused_in_the_stream])
async def test_a_vllm_that_cannot_cap_the_thought_is_told_so_once(refusal: Answer) -> None:
    server = Server([refusal, good])

    async with client(server) as llm:
        first, second = await llm.sample(THINKING), await llm.sample(THINKING)

    assert [reply.text for reply in (*first, *second)] == ["Trams run."] * 2
    assert [call.get("thinking_token_budget") for call in server.asked(CHATS)] == [1000, None, None]
    assert all(call["chat_template_kwargs"] == {"enable_thinking": True} for call in server.asked(CHATS))


async def test_calls_that_went_out_together_are_all_made_again() -> None:
    class Slow(Server):
        """Answers what comes at the same time at the same time."""

        async def __call__(self, request: httpx.Request) -> httpx.Response:  # type: ignore[override]
            for _ in range(20):
                await asyncio.sleep(0)
            answer = super().__call__(request)
            return refused() if b"thinking_token_budget" in request.content else answer

    server = Slow([good])

    async with client(server) as llm:
        first, second = await asyncio.gather(llm.sample(THINKING), llm.sample(THINKING))

    assert [reply.text for reply in (*first, *second)] == ["Trams run."] * 2
    assert ["thinking_token_budget" in call for call in server.asked(CHATS)] == [True, True, False, False]


async def test_any_other_refusal_of_a_thinking_call_stays_one() -> None:
    server = Server([lambda: httpx.Response(400, text="no")])

    with pytest.raises(ServerRefused, match="HTTP 400: no"):
        await complete(server, THINKING)

    assert len(server.asked(CHATS)) == 1


@pytest.mark.parametrize(
    "chunk",
    [
        delta("Hm, so", "length"),
        delta("<think>Hm, so", "length"),
        delta("", "length", reasoning="Hm, so"),
    ],
)
async def test_a_thought_that_was_cut_off_is_no_text(chunk: dict[str, object]) -> None:
    reply = await complete(Server([lambda: stream(chunk)]), THINKING)

    assert (reply.text, reply.reasoning, reply.finish_reason) == ("", "Hm, so", "length")


async def test_a_text_that_was_cut_off_behind_its_thought_stays_text() -> None:
    reply = await complete(Server([lambda: stream(delta("<think>Hm.</think>Trams", "length"))]), THINKING)

    assert (reply.text, reply.reasoning) == ("Trams", "Hm.")


async def test_without_thinking_what_was_cut_off_is_text() -> None:
    reply = await complete(Server([lambda: stream(delta("Trams run", "length"))]))

    assert (reply.text, reply.reasoning) == ("Trams run", "")
