import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from redraft.agent.asking import (
    CUT_OFF,
    ROOM_FOR_REASONS,
    THOUGHT_ALONE,
    Problem,
    Try,
    aside,
    ask,
    best,
    fill,
    fitted,
    form,
    sampled,
    schema_of,
)
from redraft.agent.dialects import THOUGHT_TOKENS
from redraft.agent.events import CallLeftOut, CallRemembered, Event, ReplyRefused
from redraft.agent.llm import Reply, Request, ScriptedLLM
from redraft.agent.settings import load_settings
from redraft.agent.state import Deps
from redraft.store import calls, runs
from redraft.store.database import Database
from redraft.store.models import Run, now
from redraft.tests import wire
from redraft.tests.agent import desk
from redraft.tests.wire import Server, delta, stream

ASKED = wire.ASKED


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    runs.create(database, Run(id="run", question="Trams?", status="running", settings={}, created_at=now()))
    yield database
    database.close()


@dataclass
class Desk:
    """Asks a scripted model, and knows what it was asked and what was announced."""

    database: Database
    replies: Sequence[str]
    events: list[Event] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    async def ask(self, *, retries: int) -> list[Try[str]]:
        return await ask(self.deps(retries), ASKED, counted)

    async def sample(self, n: int, *, retries: int) -> list[Try[str]]:
        return await sampled(self.deps(retries), replace(ASKED, n=n), counted)

    def deps(self, retries: int = 2, context: int = 8192, **options: Any) -> Deps:
        llm = ScriptedLLM({"draft": self.replies}, context=context, requests=self.requests)
        return desk.deps(self.database, "run", llm, load_settings(retries=retries, **options), self.events)


def counted(reply: Reply) -> tuple[str | None, list[Problem]]:
    """One problem for each `bad` in a reply, a fatal one for `fatal`; `null` cannot be read."""
    words = reply.text.split()
    light = [Problem(f"Bad {n}.", fatal=False) for n in range(words.count("bad"))]
    return None if "null" in words else reply.text, light + [Problem("Fatal.")] * words.count("fatal")


async def test_a_good_reply_ends_the_asking(database: Database) -> None:
    desk = Desk(database, ["good", "better"])

    tries = await desk.ask(retries=2)

    assert [(attempt.value, attempt.problems, attempt.usable) for attempt in tries] == [("good", [], True)]
    assert desk.requests == [ASKED]


async def test_a_reply_with_problems_goes_back_with_the_reasons_at_the_end(database: Database) -> None:
    desk = Desk(database, ["bad bad", "fatal", "good"])

    await desk.ask(retries=2)

    first, second, third = desk.requests
    assert first == ASKED
    assert [request.attempt for request in desk.requests] == [0, 1, 2]
    assert second.messages[0] == third.messages[0] == ASKED.messages[0]
    assert second.messages[1].content == (
        "Write.\n\nYour last reply could not be used:\n- Bad 0.\n- Bad 1.\nWrite it again, without these faults."
    )
    assert third.messages[1].content == (
        "Write.\n\nYour last reply could not be used:\n- Fatal.\nWrite it again, without these faults."
    )


async def test_as_many_reasons_go_back_as_the_context_holds(database: Database) -> None:
    desk = Desk(database, ["bad " * 40, "good"])
    held = 16 + 3 * 3  # the words of a request that is sent back, without reasons and with three of them

    await ask(desk.deps(context=ASKED.max_tokens + held), ASKED, counted)

    assert re.findall(r"Bad \d+", desk.requests[1].messages[1].content) == ["Bad 0", "Bad 1", "Bad 2"]


async def test_every_refusal_is_announced(database: Database) -> None:
    desk = Desk(database, ["bad", "fatal"])

    await desk.ask(retries=1)

    assert [event for event in desk.events if isinstance(event, ReplyRefused)] == [
        ReplyRefused(node="draft", section="2", attempt=0, problems=["Bad 0."]),
        ReplyRefused(node="draft", section="2", attempt=1, problems=["Fatal."]),
    ]


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_no_more_is_asked_than_the_budget_holds(database: Database, retries: int) -> None:
    desk = Desk(database, ["fatal"] * 9)

    tries = await desk.ask(retries=retries)

    assert len(tries) == len(desk.requests) == retries + 1
    assert best(tries) is None


async def test_asking_again_after_an_interruption_asks_the_model_nothing(database: Database) -> None:
    before = await Desk(database, ["bad", "good"]).ask(retries=2)
    desk = Desk(database, [])

    after = await desk.ask(retries=2)

    assert [attempt.value for attempt in after] == [attempt.value for attempt in before] == ["bad", "good"]
    remembered = [event.attempt for event in desk.events if isinstance(event, CallRemembered)]
    assert (remembered, desk.requests) == ([0, 1], [])


@pytest.mark.parametrize(
    ("replies", "chosen"),
    [
        (["bad bad", "bad", "bad bad"], "bad"),
        (["bad a", "bad b"], "bad a"),
        (["fatal", "bad bad", "null"], "bad bad"),
        (["bad bad bad", "good"], "good"),
        (["fatal", "null"], None),
    ],
)
async def test_the_best_try_is_the_usable_one_with_the_fewest_problems(
    database: Database, replies: list[str], chosen: str | None
) -> None:
    tries = await Desk(database, [*replies, "null fatal"]).ask(retries=len(replies))

    found = best(tries)

    assert (found.value if found else None) == chosen


async def test_of_several_variants_each_is_read_and_checked(database: Database) -> None:
    asking = Desk(database, ["fatal", "bad", "good"])

    tries = await asking.sample(3, retries=2)

    assert [(tried.value, tried.usable) for tried in tries] == [("fatal", False), ("bad", True), ("good", True)]
    assert asking.requests == [replace(ASKED, n=3)]
    assert not any(isinstance(event, ReplyRefused) for event in asking.events)


async def test_where_no_variant_can_be_used_one_more_is_asked_for_with_the_reasons(database: Database) -> None:
    asking = Desk(database, ["null", "fatal", "fatal bad", "bad", "unasked"])

    tries = await asking.sample(2, retries=3)

    assert [tried.value for tried in tries] == [None, "fatal", "fatal bad", "bad"]
    assert [(request.n, request.attempt) for request in asking.requests] == [(2, 0), (1, 1), (1, 2)]
    assert asking.requests[1].messages[1].content.endswith("- Fatal.\nWrite it again, without these faults.")


@pytest.mark.parametrize("retries", [0, 2])
async def test_variants_too_are_given_up_when_the_budget_is_spent(database: Database, retries: int) -> None:
    asking = Desk(database, ["fatal"] * 9)

    tries = await asking.sample(3, retries=retries)

    assert len(tries) == 3 + retries
    assert best(tries) is None


async def test_variants_are_remembered_after_an_interruption(database: Database) -> None:
    before = await Desk(database, ["fatal", "fatal", "good"]).sample(2, retries=1)

    after = await Desk(database, []).sample(2, retries=1)

    assert [tried.value for tried in after] == [tried.value for tried in before] == ["fatal", "fatal", "good"]


async def thinking(database: Database, server: Server, **settings: Any) -> list[Try[str]]:
    async with wire.client(server) as llm:
        given = desk.deps(database, "run", llm, load_settings(**settings))
        return await ask(given, replace(ASKED, think=500), counted)


async def test_a_reply_of_thought_alone_is_asked_for_again_without_thinking(database: Database) -> None:
    server = Server(
        [
            lambda: stream(delta("", "length", reasoning="Hm.")),
            lambda: stream(delta("bad", "stop")),
            lambda: stream(delta("good", "stop")),
        ]
    )

    tries = await thinking(database, server, retries=2)

    assert [(tried.value, tried.problems[:1]) for tried in tries] == [
        (None, [THOUGHT_ALONE]),
        ("bad", [Problem("Bad 0.", fatal=False)]),
        ("good", []),
    ]
    allowed = [call["chat_template_kwargs"]["enable_thinking"] for call in server.asked("/v1/chat/completions")]
    assert allowed == [True, False, False]
    assert [(call.text, call.reasoning) for call in calls.of_run(database, "run")] == [
        ("", "Hm."),
        ("bad", ""),
        ("good", ""),
    ]


async def test_a_reply_that_was_cut_off_behind_its_thought_is_asked_for_again_without_thinking(
    database: Database,
) -> None:
    cut = delta("bad", "length", reasoning="Hm. " * 400)
    server = Server([lambda: stream(cut), lambda: stream(delta("good", "stop"))])

    await thinking(database, server, retries=2)

    allowed = [call["chat_template_kwargs"]["enable_thinking"] for call in server.asked("/v1/chat/completions")]
    assert allowed == [True, False]


async def test_a_model_that_does_nothing_but_think_is_given_up(database: Database) -> None:
    server = Server([lambda: stream(delta("<think>Hm. " * 9, "length"))])

    tries = await thinking(database, server, retries=2)

    assert [tried.problems for tried in tries] == [[THOUGHT_ALONE]] * 3
    assert best(tries) is None


async def test_a_reply_of_nothing_at_all_is_read_like_any_other(database: Database) -> None:
    tries = await thinking(database, Server([lambda: stream(delta("", "stop"))]), retries=0)

    assert [(tried.value, tried.problems) for tried in tries] == [("", [])]


@pytest.mark.parametrize(
    ("options", "tokens"), [({}, 0), ({"think": 500}, 500), ({"dialect": "warp", "think": 500}, 500 + THOUGHT_TOKENS)]
)
def test_a_prompt_leaves_room_for_thought(database: Database, options: dict[str, Any], tokens: int) -> None:
    assert aside(Desk(database, []).deps(**options)) == tokens


BLANK = replace(ASKED, messages=())
PROMPTS = [(replace(ASKED.messages[0], content="word " * size),) for size in (300, 200, 100)]


@pytest.mark.parametrize(("room", "skipped"), [(301, 0), (300, 0), (299, 1), (100, 2)])
async def test_a_step_is_asked_with_the_first_prompt_that_leaves_room_for_its_reply(
    database: Database, room: int, skipped: int
) -> None:
    given = Desk(database, []).deps(context=room + ASKED.max_tokens + ROOM_FOR_REASONS)

    assert await fitted(given, BLANK, PROMPTS) == (skipped, replace(ASKED, messages=PROMPTS[skipped]))


async def test_a_step_whose_smallest_prompt_has_no_room_is_left_out_and_that_is_told(database: Database) -> None:
    desk = Desk(database, [])

    assert await fitted(desk.deps(context=99 + ASKED.max_tokens + ROOM_FOR_REASONS), BLANK, PROMPTS) is None

    (told,) = desk.events
    assert isinstance(told, CallLeftOut)
    assert (told.node, told.section) == ("draft", "2")
    assert "serve it with a larger --context" in told.reason


class Title(BaseModel):
    title: str


def check(reply: Title) -> list[Problem]:
    return [] if reply.title.startswith("T") else [Problem("It does not begin with T.")]


def read(text: str) -> tuple[Title | None, Sequence[Problem]]:
    return form(Title, check)(Reply(text=text, finish_reason="stop"))


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "Trams"}',
        ' {"title":\n"Trams"}\n',
        '```json\n{"title": "Trams"}\n```',
        'Here you are:\n{"title": "Trams"}\nIs it good?',
    ],
)
def test_json_is_found_whatever_stands_around_it(text: str) -> None:
    assert read(text) == (Title(title="Trams"), [])


def test_a_form_in_order_is_checked_for_its_sense() -> None:
    assert read('{"title": "Buses"}') == (Title(title="Buses"), [Problem("It does not begin with T.")])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{}", "title Field required."),
        ('{"title": 3}', "title Input should be a valid string."),
        ("Trams", "Invalid JSON: expected value at line 1 column 1."),
        ('{"title": "Tra', "Invalid JSON: EOF while parsing a string at line 1 column 14."),
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0."),
    ],
)
def test_a_reply_out_of_its_form_cannot_be_read_and_the_model_is_told_why(text: str, wrong: str) -> None:
    assert read(text) == (None, [Problem(f"The JSON does not have the form asked for: {wrong}")])


async def test_a_form_is_asked_for_with_its_schema_and_filled_in(database: Database) -> None:
    asking = Desk(database, ['{"title": "Buses"}', '{"title": "Trams"}'])

    filled = await fill(asking.deps(), ASKED, Title, check)

    assert filled == Title(title="Trams")
    assert [request.schema for request in asking.requests] == [Title.model_json_schema()] * 2


async def test_a_form_that_never_comes_is_none(database: Database) -> None:
    assert await fill(Desk(database, ["Trams"] * 3).deps(), ASKED, Title) is None


class Chosen(BaseModel):
    section: str


class Choice(BaseModel):
    why: str
    picks: list[Chosen]


def test_the_schema_of_a_form_lets_only_what_may_be_chosen_through_however_deep_it_lies() -> None:
    schema = schema_of(Choice, section=["1", "2.1"])

    assert schema["$defs"]["Chosen"]["properties"]["section"] == {"type": "string", "enum": ["1", "2.1"]}
    assert schema["properties"] == Choice.model_json_schema()["properties"]


class Size(BaseModel):
    width: int


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"width": 1', CUT_OFF.text), ('{"width": 1, "depth": {"he', CUT_OFF.text), ('{"width": 1}', None)],
)
def test_a_form_that_was_cut_off_is_told_so_unless_it_is_whole(text: str, said: str | None) -> None:
    value, problems = form(Size, lambda _: ())(Reply(text=text, finish_reason="length"))

    assert (value is None, [problem.text for problem in problems]) == (said is not None, [said] if said else [])
