"""The brief: what a question asks for, how long its report is, and in which style."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import briefing, run
from redraft.agent.checklist import Item, items
from redraft.agent.events import BriefWritten, Event
from redraft.agent.llm import ScriptedLLM
from redraft.agent.prose import word_runs
from redraft.agent.settings import Settings
from redraft.agent.stated_length import stated_words
from redraft.agent.styling import COPIED, measured, without_facts
from redraft.prompts import render
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.models import Brief
from redraft.tests.agent.desk import deps, runtime

QUESTION = "What do trams cost in cities, and how many passengers do they carry?"
POINTS = ("The price of a tram line is told.", "The passengers of an hour are told.", "Trams and buses are compared.")
SAMPLE = """# A letter

We walked along the river for an hour. We saw nothing of it. The mayor of Ljubljana had promised us 12 lanterns.

Dear friends, we shall walk again tomorrow!
"""


def point(text: str, dimension: str = "comprehensiveness", weight: int = 2) -> dict[str, Any]:
    return {"text": text, "dimension": dimension, "weight": weight}


CHECKLIST = [point(text) for text in POINTS] + [point("No sentence has more than thirty words.", "readability", 1)]
REPLY: dict[str, Any] = {
    "title": "Cost and capacity of trams in cities",
    "intent": "To know whether a tram pays.",
    "audience": "a city council",
    "constraints": ["Leave out trams that run on tyres."],
    "checklist": CHECKLIST,
    "words": 300,
}


async def briefed(
    database: Database,
    settings: Settings,
    question: str = QUESTION,
    llm: ScriptedLLM | None = None,
    **changed: Any,
) -> Brief:
    """The brief, with a model that gives this reply with some of it changed."""
    row = run.create(database, question, settings)
    model = llm or ScriptedLLM({"brief": lambda _: json.dumps(REPLY | changed)})
    await briefing.brief({"run_id": row.id}, runtime(deps(database, row.id, model, settings)))
    found = runs.brief(database, row.id)
    assert found
    return found


@pytest.fixture
def open_length(settings: Settings) -> Settings:
    """Settings in which the user says nothing of length: the preset's is 675 words for three sections."""
    return settings.model_copy(update={"words": None})


async def test_a_good_reply_is_the_brief(database: Database, settings: Settings) -> None:
    brief = await briefed(database, settings)

    assert (brief.title, brief.intent) == (REPLY["title"], REPLY["intent"])
    assert (brief.audience, brief.constraints) == ("a city council", ["Leave out trams that run on tyres"])
    assert [(item.text, item.dimension, item.weight, item.origin) for item in items(brief)] == [
        (data["text"], data["dimension"], data["weight"], "model") for data in CHECKLIST
    ]


async def test_without_a_usable_reply_the_question_is_the_brief_and_its_parts_the_checklist(
    database: Database, open_length: Settings
) -> None:
    brief = await briefed(database, open_length, llm=ScriptedLLM({"brief": lambda _: "no idea"}))

    assert (brief.title, brief.intent) == (QUESTION, QUESTION)
    assert (brief.words, brief.words_from) == (675, "preset")
    assert [(item.text, item.weight, item.origin) for item in items(brief)] == [
        ("What do trams cost in cities", 3, "question"),
        ("How many passengers do they carry", 3, "question"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Ways of the world"},
        {"checklist": [point("Trams are told of. " * 5)] * 4},
        {"checklist": CHECKLIST[:3]},
        {"checklist": [*CHECKLIST[:3], point("The price is told.", "beauty")]},
        {"checklist": [*CHECKLIST[:3], point("The price is told.", weight=7)]},
    ],
)
async def test_a_brief_that_cannot_be_used_is_sent_back(
    database: Database, settings: Settings, changed: dict[str, Any]
) -> None:
    llm = ScriptedLLM({"brief": [json.dumps(REPLY | changed), json.dumps(REPLY)]})

    brief = await briefed(database, settings, llm=llm)

    assert len(llm.requests) == 2
    assert brief.title == REPLY["title"]


async def test_a_checklist_of_form_alone_is_sent_back_and_then_filled_up_from_the_question(
    database: Database, settings: Settings
) -> None:
    form = [point(text, "insight") for text in (*POINTS, "It says why trams are dear.")]
    llm = ScriptedLLM({"brief": lambda _: json.dumps(REPLY | {"checklist": form})})

    brief = await briefed(database, settings, llm=llm)

    assert len(llm.requests) == 1 + settings.retries
    assert "at least 2 items of the dimension comprehensiveness" in llm.requests[1].messages[1].content
    assert [item.origin for item in items(brief)] == ["model"] * 4 + ["question"] * 2


async def test_no_point_of_a_specification_is_ever_dropped(database: Database, settings: Settings) -> None:
    spec = ("The price of a tram line is told", "Say who paid", "Say who paid for it")
    llm = ScriptedLLM({"brief": lambda _: json.dumps(REPLY)})

    brief = await briefed(database, settings.model_copy(update={"spec": spec}), llm=llm)

    assert [(i.text, i.dimension, i.weight) for i in items(brief) if i.origin == "spec"] == [
        (text, "comprehensiveness", 3) for text in spec
    ]
    assert POINTS[0] not in [item.text for item in items(brief)]  # the specification says it
    assert all(point in llm.requests[0].messages[1].content for point in spec)


@pytest.mark.parametrize(
    ("wanted", "question", "proposed", "words", "by"),
    [
        (240, f"{QUESTION} Tell it in 800 words.", 500, 240, "user"),
        (None, f"{QUESTION} Tell it in 800 words.", 500, 800, "question"),
        (None, QUESTION, 500, 500, "model"),
        (None, QUESTION, 5000, 1012, "model"),
        (None, QUESTION, 5, 405, "model"),
        (None, QUESTION, 0, 675, "preset"),
    ],
)
async def test_the_length_is_the_users_else_the_questions_else_the_models_within_bounds(
    database: Database, settings: Settings, wanted: int | None, question: str, proposed: int, words: int, by: str
) -> None:
    brief = await briefed(database, settings.model_copy(update={"words": wanted}), question, words=proposed)

    assert (brief.words, brief.words_from) == (words, by)


async def test_a_brief_that_is_kept_is_not_asked_for_again(database: Database, settings: Settings) -> None:
    row = run.create(database, QUESTION, settings)
    heard: list[Event] = []
    for script in ({"brief": [json.dumps(REPLY)]}, {}):
        given_deps = deps(database, row.id, ScriptedLLM(script), settings, heard)
        await briefing.brief({"run_id": row.id}, runtime(given_deps))

    assert [event for event in heard if isinstance(event, BriefWritten)] == [BriefWritten(title=REPLY["title"])]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Explain trams in 800 words", 800),
        ("An 800-word report on trams", 800),
        ("A report of about 2,000 words on trams", 2000),
        ("About 2,000 words on trams", 2000),
        ("Why are trams cheap? (800 words)", 800),
        ("Write 1500-2000 words on trams", 1750),
        ("Between 1,000 and 2,000 words on trams", 1500),
        ("Trams in not more than two thousand words", 2000),
        ("Which are the 100 words of law? In about 400 words", 400),
        ("写一篇约2000字的报告", 1000),
        ("用两千字介绍电车", 1000),
        ("2000文字で路面電車について", 1000),
        ("路面電車について2000文字程度で", 1000),
        ("전차에 대해 2000자 이내로", 1000),
        ("Straßenbahnen in etwa 500 Wörtern", 500),
        ("Schreibe 500 Wörter über Trams", 500),
        ("Trams, 1.500 Wörter", 1500),
        ("تقرير عن الترام في 500 كلمة", 500),
        ("الترام: ٥٠٠ كلمة", 500),
        ("Les trams en 1 500 mots", 1500),
        ("Los tranvías en 2.000 palabras", 2000),
        ("I tram in 700 parole", 700),
        ("Os bondes em 700 palavras", 700),
        ("Escreva 700 palavras sobre bondes", 700),
        ("Trams in 700 woorden", 700),
        ("Трамваи в 900 словах", 900),
        ("How do children learn 3,000 words?", None),
        ("Why does English have 170,000 words?", None),
        ("Which 500 words are commonest in French?", None),
        ("学会3500字需要多久", None),
        ("Trams in 20 words", None),
        ("Trams in 800 cities", None),
        ("What is 5G?", None),
    ],
)
def test_a_question_may_state_its_length(question: str, words: int | None) -> None:
    assert stated_words(question) == words


@given(st.text(max_size=200))
def test_a_stated_length_is_one_that_a_report_can_have(question: str) -> None:
    stated = stated_words(question)

    assert stated is None or 100 <= stated <= 50_000


async def test_a_style_is_measured_and_told_and_carries_no_fact_along(database: Database, settings: Settings) -> None:
    rules = [
        "Keep a warm tone and speak to friends.",
        "Mention 12 lanterns.",
        'Say "dear friends" at the end.',
        "Praise Ljubljana in every paragraph.",
        "Say that we walked along the river.",
        "Begin each paragraph with an action.",
    ]
    llm = ScriptedLLM({"brief": [json.dumps(REPLY)], "style": [json.dumps({"rules": rules})]})

    brief = await briefed(database, settings.model_copy(update={"style": (SAMPLE,)}), llm=llm)

    assert brief.style == [
        "Sentences have about 8 words, paragraphs about 14.",
        "The writer speaks in the first person.",
        "Keep a warm tone and speak to friends",
        "Begin each paragraph with an action",
    ]
    assert "SOURCE-TEXT" in llm.requests[1].messages[1].content


async def test_where_the_context_is_small_the_points_to_cover_are_not_shown_and_stay_in_the_checklist(
    database: Database, settings: Settings
) -> None:
    spec = tuple(f"What the tram line number {number} costs is told, and by whom." for number in range(20))
    llm = ScriptedLLM({"brief": lambda _: json.dumps(REPLY)}, context=1700)

    brief = await briefed(database, settings.model_copy(update={"spec": spec}), llm=llm)

    (request,) = llm.requests
    assert await llm.count(request.messages) + request.max_tokens <= llm.context
    assert "number 3" not in request.messages[-1].content
    assert {item.text for item in items(brief)} >= {*spec, POINTS[0]}


async def test_a_context_that_holds_no_question_makes_the_question_the_brief(
    database: Database, settings: Settings
) -> None:
    brief = await briefed(database, settings, llm=ScriptedLLM({}, context=600))

    assert brief.intent == QUESTION


async def test_without_a_sample_no_style_is_asked_for(database: Database, settings: Settings) -> None:
    assert (await briefed(database, settings)).style == []


async def test_long_samples_are_shortened_to_what_the_context_holds(database: Database, settings: Settings) -> None:
    llm = ScriptedLLM({"brief": [json.dumps(REPLY)], "style": ["no idea"] * 9}, context=1600)
    long = settings.model_copy(update={"style": ("We walk. " * 20_000, "They ran off. " * 9)})

    brief = await briefed(database, long, llm=llm)

    styled = [request for request in llm.requests if request.node == "style"]
    for request in styled:
        assert await llm.count(request.messages) + request.max_tokens <= 1600
    assert "They ran off." in styled[0].messages[1].content
    assert len(brief.style) == 2  # what could be measured


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ("The line is short. The city paid for it, and it was built in a year.", ["never speaks in the first person"]),
        ("Ich denke, dass es geht. Wir haben es nicht gebaut, und es ist gut.", ["speaks in the first person"]),
        ("Nous sommes dans la ville. Elle est sur le fleuve et elle a un tram.", ["speaks in the first person"]),
        ("La línea es corta. La ciudad la pagó, y se hizo en un año para el centro.", []),  # Spanish drops its pronouns
    ],
)
def test_who_speaks_is_told_where_it_shows(sample: str, told: list[str]) -> None:
    _, *person = measured([sample])

    assert [rule.removeprefix("The writer ").rstrip(".") for rule in person] == told


def test_nothing_is_measured_where_nothing_is_said() -> None:
    assert measured(["# Title\n\n- a list\n"]) == []


@given(st.lists(st.text(max_size=80), max_size=6), st.text(max_size=200))
def test_no_rule_carries_a_number_a_quotation_or_words_of_the_sample(rules: list[str], sample: str) -> None:
    for rule in without_facts([*rules, sample, f"Say {sample[:100]}"], [sample]):
        assert not re.search(r"[\d\"“”„«»「」『』]", rule)
        assert set(word_runs(rule, COPIED)).isdisjoint(word_runs(sample, COPIED))


@given(st.builds(Item, dimension=st.just("insight"), text=st.text(), weight=st.integers(1, 3), origin=st.just("spec")))
def test_an_item_is_the_same_after_it_was_kept(item: Item) -> None:
    assert Item.from_dict(json.loads(json.dumps(item.to_dict()))) == item


def test_the_context_shows_the_whole_brief_and_the_style_once() -> None:
    brief = REPLY | {"style": ["Short sentences."]}

    assert render("context", question="What are trams?", brief=brief, outline="") == (
        "# Question\n\nWhat are trams?\n\n# Brief\n\nTitle: Cost and capacity of trams in cities\n"
        "The reader wants: To know whether a tram pays.\nWritten for: a city council\n"
        "Demanded: Leave out trams that run on tyres.\n- The price of a tram line is told.\n"
        "- The passengers of an hour are told.\n- Trams and buses are compared.\n"
        "- No sentence has more than thirty words.\n\n# Style\n\n- Short sentences.\n"
    )
