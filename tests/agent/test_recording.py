import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from redraft.agent.errors import ServerUnavailable
from redraft.agent.events import CallAnswered, CallRemembered, Event
from redraft.agent.llm import LLM, Message, Reply, Request, ScriptedLLM
from redraft.agent.recording import Recorder
from redraft.store import calls, runs
from redraft.store.database import Database
from redraft.store.models import Run, now
from redraft.tests import wire
from redraft.tests.wire import Server, delta, stream

ASKED = replace(wire.ASKED, attempt=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A store with two runs, `one` and `two`."""
    database = Database(tmp_path / "redraft.db")
    for name in ("one", "two"):
        runs.create(database, Run(id=name, question="Trams?", status="running", settings={}, created_at=now()))
    yield database
    database.close()


@dataclass
class Desk:
    """Recorders over one database, as processes one after the other would make them, and what they announced."""

    database: Database
    events: list[Event] = field(default_factory=list)

    def recorder(self, llm: LLM, *, run: str = "one", concurrency: int = 1) -> Recorder:
        return Recorder(llm, self.database, run, self.events.append, concurrency=concurrency)


@dataclass
class Rooms:
    """A model that answers only when all that may be asked at once are, and counts them."""

    together: int
    context: int = 8192
    inside: int = 0
    most: int = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)

    async def count(self, messages: Sequence[Message]) -> int:
        return len(messages)

    async def sample(self, request: Request) -> Sequence[Reply]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == self.together:
            self.full.set()
        await self.full.wait()
        await asyncio.sleep(0)
        self.inside -= 1
        return [Reply(text=str(request.section), finish_reason="stop")]


async def test_a_reply_is_kept_with_what_was_asked_and_announced(database: Database) -> None:
    desk = Desk(database)

    call = await desk.recorder(ScriptedLLM({"draft": ["Trams run."]})).complete(ASKED)

    assert [kept.model_dump() for kept in calls.of_run(database, "one")] == [call.model_dump()]
    assert call.model_dump(exclude={"id", "created_at"}) == {
        "run_id": "one",
        "key": ASKED.key,
        "node": "draft",
        "section": "2",
        "attempt": 1,
        "variant": 0,
        "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Write."}],
        "text": "Trams run.",
        "reasoning": "",
        "model": "scripted",
        "finish_reason": "stop",
        "prompt_tokens": 3,
        "cached_tokens": 0,
        "output_tokens": 2,
        "ms": 0,
    }
    assert desk.events == [
        CallAnswered(
            node="draft",
            section="2",
            attempt=1,
            prompt_tokens=3,
            cached_tokens=0,
            output_tokens=2,
            ms=0,
            finish_reason="stop",
        )
    ]


async def test_a_reply_is_never_asked_for_twice_not_even_by_another_process(database: Database) -> None:
    desk, llm = Desk(database), ScriptedLLM({"draft": ["Trams run."]})
    first = desk.recorder(llm)
    call = await first.complete(ASKED)
    desk.events.clear()

    again = [await first.complete(ASKED), await desk.recorder(ScriptedLLM({})).complete(ASKED)]

    assert [remembered.model_dump() for remembered in again] == [call.model_dump()] * 2
    assert desk.events == [CallRemembered(node="draft", section="2", attempt=1)] * 2
    assert len(llm.requests) == 1


async def test_several_replies_to_one_request_are_each_a_call(database: Database) -> None:
    desk = Desk(database)

    several = await desk.recorder(ScriptedLLM({"draft": ["One.", "Two words."]})).sample(replace(ASKED, n=2))

    kept = calls.of_run(database, "one")
    assert [call.model_dump() for call in kept] == [call.model_dump() for call in several]
    assert [(call.variant, call.text, call.prompt_tokens, call.output_tokens) for call in kept] == [
        (0, "One.", 3, 1),
        (1, "Two words.", 0, 2),
    ]
    assert len({call.key for call in kept}) == 1
    assert [type(event) for event in desk.events] == [CallAnswered, CallAnswered]


async def test_what_a_run_has_spent_counts_a_shared_prompt_once(database: Database) -> None:
    recorder = Desk(database).recorder(ScriptedLLM({"draft": ["One.", "Two words.", "Three."]}))

    await recorder.sample(replace(ASKED, n=2))
    await recorder.complete(ASKED)

    assert (calls.spent(database, "one"), calls.spent(database, "two")) == (3 + 1 + 2 + 3 + 1, 0)


async def test_several_replies_are_remembered_in_their_order(database: Database) -> None:
    desk, asked = Desk(database), replace(ASKED, n=3)
    before = await desk.recorder(ScriptedLLM({"draft": ["One.", "Two.", "Three."]})).sample(asked)
    desk.events.clear()

    after = await desk.recorder(ScriptedLLM({})).sample(asked)

    assert [call.model_dump() for call in after] == [call.model_dump() for call in before]
    assert desk.events == [CallRemembered(node="draft", section="2", attempt=1)] * 3


async def test_one_reply_and_several_are_different_requests(database: Database) -> None:
    recorder = Desk(database).recorder(ScriptedLLM({"draft": ["One.", "Two.", "Three."]}))

    one, several = await recorder.complete(ASKED), await recorder.sample(replace(ASKED, n=2))

    assert [one.text, *(call.text for call in several)] == ["One.", "Two.", "Three."]


async def test_what_a_model_thought_is_kept_beside_what_it_said(database: Database) -> None:
    thinking = Server([lambda: stream(delta("<think>Hm.</think>Trams run.", "stop"))])

    async with wire.client(thinking) as llm:
        await Desk(database).recorder(llm).complete(ASKED)

    assert [(call.text, call.reasoning) for call in calls.of_run(database, "one")] == [("Trams run.", "Hm.")]


async def test_another_request_and_another_run_are_asked_for(database: Database) -> None:
    desk, llm = Desk(database), ScriptedLLM({"draft": ["One.", "Two.", "Three."]})
    one, two = desk.recorder(llm), desk.recorder(llm, run="two")

    texts = [(await one.complete(ASKED)).text, (await one.complete(replace(ASKED, attempt=2))).text]
    texts.append((await two.complete(ASKED)).text)

    assert texts == ["One.", "Two.", "Three."]


async def test_a_call_that_fails_leaves_nothing_behind(database: Database) -> None:
    desk = Desk(database)

    def fail(request: Request) -> str:
        raise ServerUnavailable("no server")

    with pytest.raises(ServerUnavailable):
        await desk.recorder(ScriptedLLM({"draft": fail})).complete(ASKED)

    assert (calls.of_run(database, "one"), desk.events) == ([], [])


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_calls_are_in_flight_than_are_allowed_and_no_fewer(database: Database, concurrency: int) -> None:
    llm = Rooms(together=concurrency)
    recorder = Desk(database).recorder(llm, concurrency=concurrency)

    done = await asyncio.gather(*(recorder.complete(replace(ASKED, section=str(n))) for n in range(8)))

    assert [call.text for call in done] == [str(n) for n in range(8)]
    assert llm.most == concurrency


async def test_what_fits_is_told_by_the_model_itself(database: Database) -> None:
    recorder = Desk(database).recorder(ScriptedLLM({}, context=4096))

    assert (recorder.context, await recorder.count(ASKED.messages)) == (4096, 3)
