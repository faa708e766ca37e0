"""How a report came about, as data: every row of a run is told, and what is not there is not made up."""

import json

from redraft.agent import run
from redraft.agent.account import account
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tests.agent.mended import COSTS, mended


def test_the_account_is_plain_data(database: Database) -> None:
    data = account(database, mended(database))

    assert json.loads(json.dumps(data)) == data
    assert (data["run"], data["question"], data["status"], data["stopped"]) == (
        "mended00",
        "What do trams cost?",
        "done",
        "rounds",
    )


def test_the_brief_is_told_with_the_place_of_every_point_and_the_users_points_by_themselves(database: Database) -> None:
    brief = account(database, mended(database))["brief"]

    assert (brief["title"], brief["audience"], brief["constraints"]) == (
        "Trams and buses",
        "a city council",
        ["No tables."],
    )
    assert (brief["words"]["wanted"], brief["words"]["from"]) == (300, "question")
    assert brief["words"]["written"] > 30
    rails, ferries = brief["specification"]
    assert (rails["place"]["section"], rails["place"]["sentence"]) == ("2.1", "The rails last for about thirty years.")
    assert (ferries["measured"], ferries["place"]) == (True, None)
    capacity, insight = brief["checklist"]
    assert capacity["place"]["section"] == "1"
    assert (insight["measured"], insight["place"]) == (False, None)
    assert brief["covered"] == round(5 / 8, 3)


def test_the_outline_is_told_as_a_tree_with_every_version_of_every_section(database: Database) -> None:
    outline = account(database, mended(database))["outline"]

    assert [(section["number"], section["wave"]) for section in outline] == [
        ("0", 0),
        ("1", 0),
        ("2", 0),
        ("2.1", 1),
        ("3", 0),
    ]
    told = [(v["number"], v["op"], v["stands"], v["wave"], v["reason"]) for v in outline[1]["versions"]]
    assert told == [(1, "draft", True, 0, ""), (2, "denoise", False, 1, "How many do buses carry?")]
    assert outline[1]["versions"][1]["problems"] == ["It says less than before."]
    assert [v["stands"] for v in outline[2]["versions"]] == [False, True]
    assert outline[2]["words"]["written"] == outline[2]["versions"][1]["words"] == len(COSTS.split())


def test_each_round_is_told_from_its_gap_to_what_came_of_it(database: Database) -> None:
    first, second = account(database, mended(database))["rounds"]

    assert (first["gap"]["kind"], first["gap"]["priority"], first["gap"]["closing"]) == ("missing", "high", "answered")
    assert (first["question"], first["parts"], first["queries"]) == (
        "What do the rails of trams cost?",
        ["What is a rail?"],
        ["tram rails cost"],
    )
    assert (first["passages"], first["sources"], first["fresh"]) == (3, 3, 1)
    assert (first["route"], first["worked_on"], first["outcome"]) == ("deepen", "2", "accepted")
    assert (second["focus"], second["passages"], second["outcome"], second["reason"]) == (
        "1",
        0,
        "refused",
        "The new text says less.",
    )


def test_claims_disputes_states_and_open_gaps_are_told(database: Database) -> None:
    data = account(database, mended(database))

    kept, unchecked = data["claims"]
    assert (kept["section"], kept["claim"]) == ("2.1", "The rails last for about thirty years [e1].")
    assert (kept["question"], kept["answer"], kept["verdict"], kept["action"]) == (
        "How long do they last?",
        "Thirty years.",
        "supported",
        "kept",
    )
    assert [source["evidence"] for source in kept["sources"]] == [1]
    assert unchecked["verdict"] == "unchecked"
    assert [len(side["sources"]) for side in data["disputes"][0]["sides"]] == [1, 1]
    assert [(state["name"], state["chosen"]) for state in data["snapshots"]] == [("wave 0", False), ("wave 1", True)]
    assert [gap["question"] for gap in data["open_gaps"]] == [
        "How many do buses carry?",
        "Which city has the newest tram line?",
    ]


def test_what_it_cost_is_told_by_step(database: Database) -> None:
    cost = account(database, mended(database))["cost"]

    assert cost["nodes"] == {
        "draft": {"calls": 2, "prompt_tokens": 2000, "output_tokens": 100, "cached": 0.15},
        "question": {"calls": 1, "prompt_tokens": 1000, "output_tokens": 50, "cached": 0.1},
    }
    assert cost["total"] == {"calls": 3, "prompt_tokens": 3000, "output_tokens": 150, "cached": 0.133}


def test_a_run_that_has_only_begun_has_an_account(database: Database, settings: Settings) -> None:
    data = account(database, run.create(database, "What are trams?", settings).id)

    assert (data["brief"], data["stopped"]) == (None, None)
    assert [data[part] for part in ("outline", "rounds", "claims", "disputes", "snapshots", "open_gaps")] == [[]] * 6
    assert data["cost"]["total"] == {"calls": 0, "prompt_tokens": 0, "output_tokens": 0, "cached": 0.0}
