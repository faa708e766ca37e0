from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel

from redraft.agent.asking import Problem, Try, ask, best, form
from redraft.agent.events import CallRemembered, Event, ReplyRefused
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.recording import Recorder
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.models import Call, Run, now
from redraft.tests import wire

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
        llm = ScriptedLLM({"draft": self.replies}, requests=self.requests)
        recorder = Recorder(llm, self.database, "run", self.events.append, concurrency=1)
        return await ask(recorder, self.events.append, ASKED, counted, retries=retries)


def counted(call: Call) -> tuple[str | None, list[Problem]]:
    """One problem for each `bad` in a reply, a fatal one for `fatal`; `null` cannot be read."""
    words = call.text.split()
    light = [Problem(f"Bad {n}.", fatal=False) for n in range(words.count("bad"))]
    return None if "null" in words else call.text, light + [Problem("Fatal.")] * words.count("fatal")


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


async def test_every_refusal_is_announced(database: Database) -> None:
    desk = Desk(database, ["bad", "fatal"])

    await desk.ask(retries=1)

    assert [event for event in desk.events if isinstance(event, ReplyRefused)] == [
        ReplyRefused(node="draft", section=2, attempt=0, problems=["Bad 0."]),
        ReplyRefused(node="draft", section=2, attempt=1, problems=["Fatal."]),
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


class Title(BaseModel):
    title: str


def check(reply: Title) -> list[Problem]:
    return [] if reply.title.startswith("T") else [Problem("It does not begin with T.")]


def read(text: str) -> tuple[Title | None, Sequence[Problem]]:
    call = Call(
        run_id="run",
        key="",
        node="brief",
        attempt=0,
        messages=[],
        text=text,
        model="",
        finish_reason="stop",
        prompt_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        ms=0,
        created_at=now(),
    )
    return form(Title, check)(call)


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
