"""The outline when the model gives none: what the sections of a report are then about."""

import json
from pathlib import Path

import pytest

from redraft.agent import library, run
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import runs
from redraft.store.database import Database


async def planned(database: Database, settings: Settings, question: str, reply: str) -> list[tuple[str, str]]:
    """The outline's titles and who chose them, with a model that plans like this and then falls silent."""
    row = run.create(database, question, settings)
    brief = json.dumps({"title": question[:80], "intent": "To know more of it.", "points": ["One thing."] * 3})
    llm = ScriptedLLM({"brief": lambda _: brief, "outline": lambda _: reply})
    with pytest.raises(LookupError):
        await run.carry_out(database, row.id, settings, lambda _: None, llm)
    return [(section.title, section.origin) for section in runs.outline(database, row.id)[1:]]


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


async def test_good_titles_of_the_model_are_kept_and_only_the_rest_is_filled(
    database: Database, settings: Settings
) -> None:
    sections = [
        {"title": "Rails and wires", "purpose": "How trams are driven."},
        {"title": "Rails and wires", "purpose": "How trams are driven."},
        {"title": "the the the the the the the the the the the the the", "purpose": "Nothing at all."},
    ]

    titles = await planned(database, settings, "What do trams and buses cost?", json.dumps({"sections": sections}))

    assert titles[0] == ("Rails and wires", "model")
    assert [origin for _, origin in titles] == ["model", "code", "code"]
    assert len(set(titles)) == 3


async def test_more_sections_than_asked_for_are_cut_to_the_number(database: Database, settings: Settings) -> None:
    names = ("Rails", "Wires", "Stops", "Drivers", "Tickets")
    sections = [{"title": name, "purpose": f"What {name.lower()} are for."} for name in names]

    titles = await planned(database, settings, "What do trams and buses cost?", json.dumps({"sections": sections}))

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
