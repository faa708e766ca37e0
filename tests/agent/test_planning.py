"""The outline: which sections a report has, who named them, and how its words are divided among them."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import library, planning, run
from redraft.agent.llm import ScriptedLLM
from redraft.agent.planning import divided, section_count
from redraft.agent.settings import SECTION_WORDS, Settings
from redraft.prompts.labels import LANGUAGES, labels
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.models import Brief, Section
from redraft.tests.agent.desk import deps, runtime

PARTS = ("Rails and wires", "Stops on the way", "Drivers at work")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"conclusion": True})


async def outlined(
    database: Database, settings: Settings, question: str, reply: str, llm: ScriptedLLM | None = None
) -> Sequence[Section]:
    """The sections, with a model that plans like this."""
    row = run.create(database, question, settings)
    model = llm or ScriptedLLM({"outline": lambda _: reply})
    await planning.outline({"run_id": row.id}, runtime(deps(database, row.id, model, settings)))
    return runs.outline(database, row.id)


async def planned(database: Database, settings: Settings, question: str, reply: str) -> list[tuple[str, str]]:
    """The titles and who chose them, without the summary and the conclusion."""
    sections = await outlined(database, settings, question, reply)
    return [(section.title, section.origin) for section in sections[1:-1]]


def reply(*sections: dict[str, Any]) -> str:
    return json.dumps({"sections": sections})


def part(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "purpose": f"What is known about {title}.", **more}


async def test_the_parts_of_the_question_make_the_sections(database: Database, settings: Settings) -> None:
    question = "What do trams cost, how many people do buses carry and is cycling cheap?"

    titles = await planned(database, settings, question, "no idea")

    assert titles == [
        ("What do trams cost", "code"),
        ("How many people do buses carry", "code"),
        ("Is cycling cheap", "code"),
    ]


async def test_a_question_of_one_part_is_filled_up_from_the_library(database: Database, settings: Settings) -> None:
    titles = await planned(database, settings, "What does a lane or rail cost in cities?", "no idea")

    assert len(titles) == 3
    assert {origin for _, origin in titles} == {"code"}
    assert {"Buses in cities", "Cycling in cities", "Trams in cities"} & {title for title, _ in titles}


async def test_the_clauses_of_a_long_instruction_are_no_sections(database: Database, settings: Settings) -> None:
    abstract = "In this paper, trams and buses are counted by hand, by day and by night, and in the rain. " * 4

    titles = await planned(database, settings, f"Write a section of related work, and cite it. {abstract}", "no idea")

    assert {title for title, _ in titles} == {"Buses in cities", "Trams in cities"}


async def test_a_question_that_nothing_at_hand_speaks_to_still_has_a_section(
    database: Database, settings: Settings
) -> None:
    titles = await planned(database, settings.model_copy(update={"library": "empty"}), "Why do whales sing?", "no idea")

    assert titles == [("Why do whales sing?", "code")]


async def test_good_titles_of_the_model_are_kept_and_only_the_rest_is_filled(
    database: Database, settings: Settings
) -> None:
    again = part("Rails and wires")
    babble = part("the the the the the the the the the the the the the")

    titles = await planned(database, settings, "What do trams and buses cost?", reply(again, again, babble))

    assert titles[0] == ("Rails and wires", "model")
    assert [origin for _, origin in titles] == ["model", "code", "code"]
    assert len(set(titles)) == 3


async def test_more_sections_than_asked_for_are_cut_to_the_number(database: Database, settings: Settings) -> None:
    names = ("Rails", "Wires", "Stops", "Drivers", "Tickets")

    titles = await planned(database, settings, "What do trams and buses cost?", reply(*map(part, names)))

    assert titles == [("Rails", "model"), ("Wires", "model"), ("Stops", "model")]


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("6.9. Automatic Upgrades", "Automatic Upgrades"),
        ("Chapter 6. Data Manipulation", "Data Manipulation"),
        ("A. Appendices in cities", "Appendices in cities"),
        ("3D printing of trams", "3D printing of trams"),
        ("有轨电车：历史与现状", "有轨电车"),
        (
            "城市有轨电车线路的建设成本与运营经验及其对公共交通的长期影响研究",
            "城市有轨电车线路的建设成本与运营经验及其对公共交",
        ),
    ],
)
async def test_the_number_of_a_document_makes_no_heading(
    database: Database, settings: Settings, tmp_path: Path, title: str, heading: str
) -> None:
    document = tmp_path / "numbered.md"
    document.write_text(f"# {title}\n\nMonorails glide above the street.\n")
    library.add(database, settings.library, [str(document)], lambda *_: None)

    titles = await planned(database, settings, "How do monorails glide?", "no idea")

    assert (heading, "code") in titles


@pytest.mark.parametrize("code", LANGUAGES)
async def test_the_headings_of_every_report_are_no_title_of_a_section(
    database: Database, settings: Settings, code: str
) -> None:
    said = labels(code)
    taken = [part(heading) for heading in (said.summary, said.conclusion, said.references)]

    titles = await planned(database, settings, "What do trams and buses cost?", reply(*taken))

    assert {origin for _, origin in titles} == {"code"}


async def test_the_summary_comes_first_and_the_conclusion_last(database: Database, settings: Settings) -> None:
    sections = await outlined(database, settings, "What do trams cost?", reply(*map(part, PARTS)))

    said = labels("en")
    first, *body, last = [(section.number, section.origin, section.title, section.purpose) for section in sections]
    assert first == ("0", "summary", said.summary, said.summary_purpose)
    assert last == ("4", "conclusion", said.conclusion, said.conclusion_purpose)
    assert [number for number, *_ in body] == ["1", "2", "3"]


async def test_a_report_without_a_conclusion_has_none(database: Database, settings: Settings) -> None:
    without = settings.model_copy(update={"conclusion": False})

    sections = await outlined(database, without, "What do trams cost?", reply(*map(part, PARTS)))

    assert [section.origin for section in sections] == ["summary", "model", "model", "model"]
    assert sum(section.words for section in sections) == settings.words


async def test_a_section_of_more_weight_has_more_of_the_words_and_all_of_them_are_given_out(
    database: Database, settings: Settings
) -> None:
    long = settings.model_copy(update={"words": 1000})
    weighed = [part(title, weight=weight) for title, weight in zip(PARTS, (1, 3, 2), strict=True)]

    sections = await outlined(database, long, "What do trams cost?", reply(*weighed))

    _, light, heavy, middling, _ = [section.words for section in sections]
    assert light < middling < heavy
    assert sum(section.words for section in sections) == 1000


async def test_what_a_section_may_find_is_kept_with_it_as_far_as_it_says_something(
    database: Database, settings: Settings
) -> None:
    guesses = ["Trams carry more than buses.", "Trams carry more than buses.", "Rails and wires", "the the the the the"]
    more = ["Rails last long.", "Wires are dear.", "Wood is gone."]

    sections = await outlined(
        database, settings, "What do trams cost?", reply(part("Rails and wires", hypotheses=[*guesses, *more]))
    )

    assert sections[1].hypotheses == ["Trams carry more than buses", "Rails last long", "Wires are dear"]
    assert all(section.hypotheses == [] for section in sections if section.number != "1")


async def test_the_length_of_the_brief_is_what_is_divided(database: Database, settings: Settings) -> None:
    row = run.create(database, "What do trams cost?", settings)
    fields: dict[str, Any] = {"intent": "", "audience": "", "constraints": [], "checklist": [], "style": []}
    runs.save_brief(database, Brief(run_id=row.id, title="Trams", words=100, words_from="question", **fields))
    llm = ScriptedLLM({"outline": lambda _: reply(*map(part, PARTS))})

    await planning.outline({"run_id": row.id}, runtime(deps(database, row.id, llm, settings)))

    sections = runs.outline(database, row.id)
    assert sum(section.words for section in sections) == 100
    assert "exactly 2 sections" in llm.requests[0].messages[1].content  # a third would be too short


async def test_what_is_at_hand_is_left_out_where_the_context_is_small(database: Database, settings: Settings) -> None:
    llm = ScriptedLLM({"outline": lambda _: reply(*map(part, PARTS))}, context=1000)
    roomy = ScriptedLLM({"outline": lambda _: reply(*map(part, PARTS))})
    for model in (llm, roomy):
        await outlined(database, settings, "What do trams cost in cities?", "", model)

    (small,), (large,) = llm.requests, roomy.requests
    assert "What is at hand" in large.messages[1].content
    assert small.max_tokens + await llm.count(small.messages) <= 1000
    assert small.max_tokens < large.max_tokens


@given(st.integers(100, 50_000), st.lists(st.integers(1, 3), min_size=1, max_size=40), st.booleans())
def test_words_are_divided_to_the_last_one_by_weight(words: int, weights: list[int], conclusion: bool) -> None:
    shares = divided(words, weights, conclusion=conclusion)

    assert shares.summary + sum(shares.body) + shares.conclusion == words
    assert (shares.conclusion > 0) == conclusion
    assert min(shares.body) >= min(SECTION_WORDS, (words - shares.summary - shares.conclusion) // len(weights))
    by_weight = sorted(zip(weights, shares.body, strict=True))
    assert all(light <= heavy for (a, light), (b, heavy) in pairwise(by_weight) if a < b)


@pytest.mark.parametrize(
    ("given_sections", "words", "count"),
    [(None, 900, 4), (None, 120, 3), (None, 100, 2), (None, 6000, 10), (None, 50_000, 40), (6, 6000, 6), (6, 100, 2)],
)
def test_a_length_has_sections_that_are_neither_too_short_nor_too_long(
    home: Path, given_sections: int | None, words: int, count: int
) -> None:
    settings = Settings(home=home, preset="quick", sections=given_sections)

    assert section_count(settings, words) == count
