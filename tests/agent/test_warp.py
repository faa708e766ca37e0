import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import warp
from redraft.agent.citations import resolve
from redraft.agent.dialects import WARP
from redraft.tests.tagged import DIVIDED, EXTENDED, OUTLINE, PLANNED, PROSE, THOUGHT, WRITTEN, acted, request


def plain(node: str, text: str, section: str | None = None) -> Any:
    """What the reply says in the plain form, read as JSON; None where it cannot be read."""
    said = WARP.plain(request(node, section), text)
    return json.loads(said) if said else None


# What stands around an action, from the form that was learned to those that models make of it.
AROUND = [
    "{thought}<action>\n{action}\n",
    "{thought}<action>{action}</action>",
    "{thought}<action>\n{action}\n</action>\nI hope that this helps.",
    "<action>{action}",
    "{thought}{action}",
    "<Thought>So.</Thought>\n< action >\n{action}",
    "So.\n</thought>\n<action>{action}",
    "<thought>So.\n<action>{action}",
    "<thought>One.</thought><thought>Two.</thought><action>{action}",
    "<action><thought>So.</thought>{action}",
    "**Action**\n{thought}<action>{action}",
]
AROUND_JSON = [
    "{action}",
    "{thought}<action>```json\n{action}\n```",
    "{thought}<action>Here is the plan:\n{action}\nIt covers {all} that was asked.",
]


@pytest.mark.parametrize("around", [*AROUND, *AROUND_JSON])
def test_a_decision_is_read_whatever_stands_around_it(around: str) -> None:
    def reply(action: str) -> str:
        return around.replace("{thought}", THOUGHT).replace("{action}", action)

    assert plain("outline", reply(OUTLINE)) == PLANNED
    assert plain("query", reply('{"name": "search", "keywords": ["tram cost"]}')) == {"queries": ["tram cost"]}
    assert plain("deepen", reply(EXTENDED), "2.1") == DIVIDED
    assert plain("deepen", reply('{"name": "nop"}'), "2.1") == {"subsections": []}


@pytest.mark.parametrize("around", AROUND)
def test_a_text_is_read_whatever_stands_around_it(around: str) -> None:
    reply = around.replace("{thought}", THOUGHT).replace("{action}", WRITTEN)

    assert WARP.plain(request("draft", "2"), reply) == PROSE


@pytest.mark.parametrize(
    "action",
    [
        OUTLINE.replace('"name"', '**"name"**').replace('"title"', '"**title**"'),
        OUTLINE.replace("compared.", "compared \\cite{textid3}."),
        OUTLINE.replace("Building and", "Building\nand"),
        OUTLINE.replace('"What trams cost"', '"Section-1: What trams cost"'),
        OUTLINE.replace('"What trams carry"', '"2. **What trams carry** (bibkey: section-2)"'),
    ],
)
def test_a_decision_with_known_faults_is_read(action: str) -> None:
    said = plain("outline", acted(action))

    assert [section["title"] for section in said["sections"]] == ["What trams cost", "What trams carry"]
    assert [section["purpose"].split() for section in said["sections"]] == [
        section["purpose"].split() for section in PLANNED["sections"]
    ]


UNREADABLE = [
    "",
    "I would begin with the costs.",
    THOUGHT,
    "<thought>So",
    f"<thought>I could say {OUTLINE}",
    acted(""),
    acted(OUTLINE[:-20]),
    acted("[]"),
    acted('{"name": "write"}'),
    acted('{"name": ["nop"]}'),
    acted('{"sections": []}'),
    acted('{"name": "init-plan", "sections": []}'),
    acted('{"name": "init-plan", "sections": {"title": "Costs"}}'),
    acted('{"name": "init-plan", "sections": ["Costs"]}'),
    acted('{"name": "init-plan", "sections": [{"title": "Costs"}]}'),
    acted(OUTLINE.replace('"Passengers an hour in each direction."', "null")),
    acted('{"name": "search", "keywords": []}'),
    acted('{"name": "search", "keywords": "tram cost"}'),
    acted('{"name": "search", "keywords": ["tram cost", 3]}'),
    acted('{"name": "extend-plan", "position": "section-2.1", "subsections": []}'),
    acted(EXTENDED.replace("section-2.1", "the second one")),
    acted(EXTENDED.replace("section-2.1", "section-2")),
    acted("nop"),
    acted('{"name": ' * 5000),
]


@pytest.mark.parametrize("node", ["outline", "query", "deepen"])
@pytest.mark.parametrize("reply", UNREADABLE)
def test_what_cannot_be_read_is_never_guessed(node: str, reply: str) -> None:
    assert plain(node, reply, "2.1") is None


@pytest.mark.parametrize(
    "reply",
    ["", "Trams run.", THOUGHT, "<thought>Trams run", acted(""), acted('{"name": "nop"}'), acted('{"content":')],
)
def test_a_thought_is_never_taken_for_a_text(reply: str) -> None:
    assert WARP.plain(request("draft", "2"), reply) == ""


def test_a_text_may_be_wrapped_like_the_other_actions() -> None:
    assert WARP.plain(request("draft", "2"), acted(json.dumps({"name": "write", "content": WRITTEN}))) == PROSE


def test_no_more_searches_are_kept_than_the_form_holds_and_none_twice() -> None:
    keywords = ["tram cost", " ", "tram cost", "**light rail** figures", "rails", "bibs", "wires"]

    said = plain("query", acted(json.dumps({"name": "search", "keywords": keywords})))

    assert said == {"queries": ["tram cost", "light rail figures", "rails"]}


@pytest.mark.parametrize(
    ("position", "read"),
    [("section-2.1", True), ("Section 2.1", True), ("2.1", True), (" section_2.1 ", True), ("section-2", False)],
)
def test_subsections_go_to_the_section_that_was_asked_about_or_nowhere(position: str, read: bool) -> None:
    said = plain("deepen", acted(EXTENDED.replace("section-2.1", position)), "2.1")

    assert said == (DIVIDED if read else None)


@pytest.mark.parametrize(
    ("text", "number", "title"),
    [
        ("Costs", "1", "Costs"),
        ("1. Costs", "1", "Costs"),
        ("(1) Costs", "1", "Costs"),
        ("1) Costs", "1", "Costs"),
        ("Section 1: Costs", "1", "Costs"),
        ("Section-1: Costs", "1", "Costs"),
        ("Chapter 1. Costs", "1", "Costs"),
        ("2.1.3 Costs", "2.1.3", "Costs"),
        ("2.1.3. Costs", "2.1.3", "Costs"),
        ("3. Costs", "2.1.3", "Costs"),
        ("Costs (see Section-2.1)", "3", "Costs"),
        ("**Costs** bibkey", "3", "Costs"),
        ("1.5 degrees of warming", "1", "1.5 degrees of warming"),
        ("3D printing of rails", "3", "3D printing of rails"),
        ("5 ways to lay rails", "5", "5 ways to lay rails"),
        ("2024 in figures", "2", "2024 in figures"),
        ("Section 230 and its critics", "2", "Section 230 and its critics"),
        ("4. The fourth", "2", "4. The fourth"),
    ],
)
def test_a_title_loses_its_own_number_and_no_other(text: str, number: str, title: str) -> None:
    assert warp.title(text, number) == title


def test_a_plan_is_cut_at_the_end_of_a_sentence() -> None:
    long = OUTLINE.replace("compared.", "compared. " + "It goes on at length. " * 20)

    purpose = plain("outline", acted(long))["sections"][0]["purpose"]

    assert purpose.endswith("at length.")
    assert len(purpose) <= warp.LONGEST_PURPOSE


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("So \\cite{textid3}.", "So [e3]."),
        ("So \\cite{textid3, textid7}.", "So [e3, e7]."),
        ("So \\cite{textid3;textid7}.", "So [e3, e7]."),
        ("So \\citep{textid3}, and \\citet{bibkey: textid7}.", "So [e3], and [e7]."),
        ("So \\cite[p. 3][]{textid3}.", "So [e3]."),
        ("So \\\\cite{textid3}.", "So [e3]."),
        ("So \\cite{e3}.", "So [e3]."),
        ("So \\cite{textid3", "So [e3]"),
        ("So \\cite{textid3 is left open.", "So [e3] is left open."),
        ("So \\cite{smith2020}.", "So ."),
        ("So \\cite{\\cite{textid3}}.", "So [e3]."),
        ("So [textid3, textid7].", "So [e3, e7]."),
        ("So (bibkey: textid3).", "So [e3]."),
        ("So {textid3}.", "So [e3]."),
        ("So textid3 says.", "So [e3] says."),
        ("So TextID_3.", "So [e3]."),
        ("So [e3].", "So [e3]."),
        ("The set {1, 2} and f(x).", "The set {1, 2} and f(x)."),
    ],
)
def test_every_spelling_of_a_citation_becomes_the_projects_own(text: str, cited: str) -> None:
    assert warp.cited(text) == cited


def test_a_key_that_does_not_exist_is_left_to_the_check_of_citations() -> None:
    text, invented = resolve(WARP.plain(request("draft", "2"), acted("So \\cite{textid3, textid999}.")), {3})

    assert (text, invented) == ("So [e3].", 1)


PIECES = (
    *(
        "\\cite{",
        "\\citep[p. 3]{",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "textid3",
        "textid",
        "7",
        ", ",
        " bibkey:",
        "e3",
        "\\",
    ),
    *("Trams run. ", "<thought>", "</thought>", "<action>", "</action>", "**", "```", '{"name": "nop"}', '"', "\n"),
)
REPLIES = st.lists(st.sampled_from(PIECES), max_size=15).map("".join)


@given(REPLIES)
def test_no_key_and_no_tag_of_the_dialect_is_ever_left_in_a_text(reply: str) -> None:
    said = WARP.plain(request("draft", "2"), reply)

    assert not [word for word in ("\\cite{", "textid3", "bibkey", "<thought>", "<action>") if word in said]


@given(st.lists(st.sampled_from(["SECRET", " ", "\n", "{", "}", "\\cite{textid3}", "<b>"]), min_size=1), st.booleans())
def test_no_thought_of_a_reply_in_its_form_is_ever_part_of_a_text(thought: list[str], closed: bool) -> None:
    reply = f"<thought>{''.join(thought)}</thought><action>Trams run.{'</action>' if closed else ''}"

    assert WARP.plain(request("draft", "2"), reply) == "Trams run."


@given(REPLIES, st.sampled_from(["outline", "query", "deepen"]))
def test_whatever_a_model_says_a_decision_is_json_or_nothing(reply: str, node: str) -> None:
    assert plain(node, reply, "2") in (None, {"subsections": []})
