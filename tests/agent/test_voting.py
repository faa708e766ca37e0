import json
from collections.abc import Callable

import pytest

from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.agent.voting import prefers
from redraft.store.database import Database
from redraft.tests.agent import desk, midway

OLD, NEW = "Trams cost little.", "Trams cost 15 million euros."


def ballot(better: str) -> str:
    return json.dumps({"why": "It has a figure.", "better": better})


def judge(for_old_first: str, for_new_first: str) -> Callable[[Request], str]:
    def vote(request: Request) -> str:
        old_is_first = f"# Text A\n\n{OLD}\n" in request.messages[1].content
        return for_old_first if old_is_first else for_new_first

    return vote


async def preferred(
    database: Database, settings: Settings, first: str, second: str, context: int = 8192
) -> tuple[bool, ScriptedLLM]:
    midway.begin(database, settings)
    llm = ScriptedLLM({"vote": judge(first, second)}, context=context)
    given = desk.deps(database, midway.RUN, llm, settings)
    section = midway.section(database, midway.TRAMS)
    return await prefers(given, section, midway.COST_QUESTION, old=OLD, new=NEW), llm


@pytest.mark.parametrize(
    ("old_first", "new_first", "agreed"),
    [
        ("B", "A", True),
        ("A", "B", False),
        ("A", "A", False),
        ("B", "B", False),
        ("same", "A", False),
        ("B", "same", False),
        ("same", "same", False),
    ],
)
async def test_only_both_orders_together_speak_for_the_new_text(
    database: Database, settings: Settings, old_first: str, new_first: str, agreed: bool
) -> None:
    found, llm = await preferred(database, settings, ballot(old_first), ballot(new_first))

    assert found is agreed
    assert len(llm.requests) == 2


@pytest.mark.parametrize("bad", ["B", '{"better": "B"}', '{"why": "So.", "better": "C"}', ""])
async def test_a_vote_that_cannot_be_read_is_none(database: Database, settings: Settings, bad: str) -> None:
    found, llm = await preferred(database, settings, bad, ballot("A"))

    assert not found
    assert len(llm.requests) == 2 + settings.retries


async def test_texts_that_are_too_long_are_not_compared(database: Database, settings: Settings) -> None:
    found, llm = await preferred(database, settings, ballot("B"), ballot("A"), context=400)

    assert not found
    assert llm.requests == []


async def test_a_terse_judge_is_asked_for_few_words(database: Database, settings: Settings) -> None:
    _, terse = await preferred(database, settings, ballot("B"), ballot("A"))

    assert "each at most five words" in terse.requests[0].messages[1].content


async def test_a_judge_that_need_not_be_terse_is_not(database: Database, settings: Settings) -> None:
    _, free = await preferred(database, settings.model_copy(update={"terse": False}), ballot("B"), ballot("A"))

    assert "five words" not in free.requests[0].messages[1].content
