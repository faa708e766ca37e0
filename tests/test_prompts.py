import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

import redraft.prompts
from redraft.agent import run
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.prompts import render, wording
from redraft.prompts.labels import labels
from redraft.store.database import Database
from redraft.tests.prompt_values import CHINESE, CONTEXT, VALUES

STEPS = sorted(VALUES.keys() - {"system", "context", "standing"})


def test_every_file_is_a_prompt_that_is_tried_here() -> None:
    folder = Path(redraft.prompts.__file__).parent

    assert {file.stem for file in folder.glob("*.md")} == VALUES.keys()


@pytest.mark.parametrize("name", VALUES)
def test_a_prompt_renders_with_the_values_of_its_step(name: str) -> None:
    text = render(name, **VALUES[name])

    assert not re.search(r"\{[{%#]|[}%#]\}|\bNone\b", text)
    assert "\n\n\n" not in text


@pytest.mark.parametrize(("name", "missing"), [(name, value) for name in STEPS for value in VALUES[name]])
def test_a_value_that_is_missing_is_a_fault(name: str, missing: str) -> None:
    values = {value: VALUES[name][value] for value in VALUES[name].keys() - {missing}}

    with pytest.raises(UndefinedError, match=missing):
        render(name, **values)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_begins_with_the_context_as_far_as_it_is_known(name: str) -> None:
    assert render(name, **VALUES[name]).startswith(render("context", **VALUES[name]))


def test_the_context_only_ever_grows() -> None:
    question = render("context", **{**CONTEXT, "brief": None, "outline": ""})
    with_brief = render("context", **{**CONTEXT, "outline": ""})
    with_outline = render("context", **CONTEXT)

    assert question == "# Question\n\nWhat are trams?\n"
    assert with_brief == (
        f"{question}\n# Brief\n\nTitle: Trams\nThe reader wants: To choose.\nWritten for: a council\n"
        "Demanded: No buses.\n- What they cost.\n- What they carry.\n\n# Style\n\n- Short sentences.\n"
    )
    assert with_outline == f"{with_brief}\n# Outline\n\n1 Costs\n2 Use\n"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("draft", {}, "like [e3] or [e3, e7]. No other ids exist."),
        ("draft", {"second": None}, "like [e3]. No other ids exist."),
        ("summary", {}, "cites for it, like [e3]."),
        ("summary", {"first": None}, "cites for it."),
        ("draft", {}, "Length: about 120 words of running text"),
        ("draft", {"language": CHINESE}, "Length: about 240 characters of running text"),
        ("summary", {"language": CHINESE}, "Length: about 80 characters of running text"),
        ("system", {}, "Write in German, whatever language the evidence is in"),
        ("outline", {}, "# What is at hand\n\n- A book\n\n# Your task"),
    ],
)
def test_a_step_is_shown_examples_that_it_can_use(name: str, values: dict[str, Any], said: str) -> None:
    assert said in render(name, **{**VALUES[name], **values})


@pytest.mark.parametrize("name", VALUES)
def test_the_wording_of_a_prompt_is_what_stands_in_it_whatever_the_values(name: str) -> None:
    said = wording(name)

    assert not re.search(r"\{[{%#]|[}%#]\}", said)
    text = render(name, **VALUES[name])
    assert all(line in text for piece in said.split(" … ") for line in piece.split("\n"))


def test_the_wording_holds_nothing_of_the_context() -> None:
    assert "# Question" not in wording("draft")


async def asked(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> dict[str, list[Request]]:
    """What the model is asked in a run, by step."""
    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, lambda event: None, writer)
    steps = dict.fromkeys(request.node for request in writer.requests)
    return {step: [request for request in writer.requests if request.node == step] for step in steps}


async def test_drafts_of_one_run_are_asked_for_in_the_same_words_up_to_their_evidence(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    drafts = (await asked(database, settings, question, writer))["draft"]

    prompts = ["\n".join(message.content for message in request.messages) for request in drafts]
    beginning, *others = [prompt.partition("# Evidence for section ")[0] for prompt in prompts]
    assert others == [beginning, beginning]
    assert beginning.endswith("\n3 Lifetime of the parts\n\n")


BEGINNING = ["brief", "outline", "query", "draft"]
MENDING = ["critique", "question", "answer", "dispute", "cohere"]
CLOSING = ["summary", "conclusion"]


async def test_a_run_without_rounds_asks_once_for_each_thing(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    requests = await asked(database, settings, question, writer)

    once = dict.fromkeys([*BEGINNING, "summary"], 1)
    assert {step: len(made) for step, made in requests.items()} == once | {"query": 3, "draft": 3}


async def test_every_step_of_a_run_is_asked_after_the_same_system_message_and_the_question(
    database: Database, whole: Settings, question: str, writer: ScriptedLLM
) -> None:
    requests = await asked(database, whole, question, writer)

    messages = [request.messages[:2] for made in requests.values() for request in made]
    assert requests.keys() >= {*BEGINNING, *MENDING, *CLOSING}
    assert {system.content for system, _ in messages} == {render("system", language=labels("en"))}
    assert all(user.content.startswith(f"# Question\n\n{question}\n") for _, user in messages)


async def test_each_step_is_shown_all_that_earlier_ones_decided(
    database: Database, whole: Settings, question: str, writer: ScriptedLLM
) -> None:
    requests = await asked(database, whole, question, writer)

    decided = ["Question", "Brief", "Outline"]
    shown = {
        step: [
            re.findall(r"^# (Question|Brief|Outline)$", request.messages[1].content, re.MULTILINE) for request in made
        ]
        for step, made in requests.items()
    }
    assert (shown.pop("brief"), shown.pop("outline")) == ([decided[:1]], [decided[:2]])
    assert all(each == decided for step in shown.values() for each in step)


async def test_the_summary_is_shown_an_id_as_the_report_writes_it(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    (request,) = (await asked(database, settings, question, writer))["summary"]

    assert re.search(r"cites for it, like \[e\d+\]\.$", request.messages[1].content)
