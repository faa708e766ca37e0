import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from redraft.agent import tree
from redraft.agent.deepening import FEWEST, MOST, SHORTEST_CHILD, deepen
from redraft.agent.events import Event, SectionsAdded
from redraft.agent.llm import ScriptedLLM
from redraft.agent.prose import word_count
from redraft.agent.settings import Settings
from redraft.agent.state import RoundTask
from redraft.agent.titles import covered
from redraft.store import gaps, rounds, runs
from redraft.store.database import Database
from redraft.store.models import Round, Section
from redraft.tests.agent import desk, midway
from redraft.tests.texts import TEXTS

TITLES = ("What building costs", "How long rails last", "Power and its wires", "Stops", "Drivers", "Noise", "Tickets")


def reply(*titles: str) -> str:
    children = [{"title": title, "purpose": f"What of it: {title}.", "hypotheses": []} for title in titles]
    return json.dumps({"subsections": children})


async def deepened(
    database: Database, settings: Settings, row: Round, replies: Sequence[str], context: int = 8192
) -> tuple[Round, list[Section], list[Event], ScriptedLLM]:
    heard: list[Event] = []
    llm = ScriptedLLM({"deepen": replies}, context=context)
    task = RoundTask(run_id=midway.RUN, round=row.number)
    runtime = desk.runtime(desk.deps(database, midway.RUN, llm, settings, heard))
    await deepen(task, runtime)
    await deepen(task, runtime)
    done = rounds.get(database, midway.RUN, row.number)
    return done, tree.children(runs.outline(database, midway.RUN), done.section), heard, llm


@pytest.fixture
def row(database: Database, settings: Settings) -> Round:
    midway.begin(database, settings)
    return midway.routed(database, "deepen", "missing")


async def test_a_section_keeps_its_text_and_gets_sections_below_it(
    database: Database, settings: Settings, row: Round
) -> None:
    said = json.loads(reply(*TITLES[:2]))
    said["subsections"][0]["hypotheses"] = ["Rails cost most of it."]

    done, children, heard, llm = await deepened(database, settings, row, [json.dumps(said)])

    assert [(child.number, child.title, child.wave, child.origin) for child in children] == [
        ("1.1", TITLES[0], 1, "model"),
        ("1.2", TITLES[1], 1, "model"),
    ]
    assert [child.hypotheses for child in children] == [["Rails cost most of it."], []]
    assert (done.outcome, done.reason) == ("accepted", "Section 1 was given 2 subsections.")
    assert [(gap.state, gap.closing) for gap in gaps.of_run(database, midway.RUN)] == [("closed", "answered")]
    assert midway.texts(database) == midway.TEXTS
    assert [event for event in heard if isinstance(event, SectionsAdded)] == [
        SectionsAdded(round=1, section="1", titles=list(TITLES[:2]))
    ]
    assert len(llm.requests) == 1


async def test_the_model_is_shown_the_section_the_answer_and_the_rest_of_the_report(
    database: Database, settings: Settings, row: Round
) -> None:
    *_, llm = await deepened(database, settings, row, [reply(*TITLES[:2])])

    prompt = llm.requests[0].messages[1].content
    assert f'# Section 1, "Trams in the street"\n\n{midway.TEXTS["1"]}\n' in prompt
    assert f"# What was found out\n\n{midway.COST}\n" in prompt
    assert "2 Bus lanes: A bus lane carries up to 4,000 passengers an hour" in prompt


async def test_in_a_small_context_the_rest_of_the_report_is_left_out(
    database: Database, settings: Settings, row: Round
) -> None:
    done, *_, llm = await deepened(database, settings, row, [reply(*TITLES[:2])], context=1900)

    assert done.outcome == "accepted"
    assert "# What the report says" not in llm.requests[0].messages[1].content


async def test_a_context_that_is_too_small_fails_the_round_and_not_the_run(
    database: Database, settings: Settings, row: Round
) -> None:
    done, children, *_ = await deepened(database, settings, row, [], context=1024)

    assert (done.outcome, children) == ("failed", [])
    assert "1024 tokens" in done.reason
    assert [gap.state for gap in gaps.of_run(database, midway.RUN)] == ["open"]


async def test_a_model_that_sees_no_need_ends_the_round_dry(database: Database, settings: Settings, row: Round) -> None:
    done, children, *_ = await deepened(database, settings, row, [reply()])

    assert (done.outcome, children) == ("dry", [])
    assert [(gap.state, gap.closing) for gap in gaps.of_run(database, midway.RUN)] == [("closed", "nothing_new")]


@pytest.mark.parametrize(
    "bad",
    [
        "no idea",
        reply(TITLES[0]),
        reply(*TITLES, "Rain"),
        reply("Bus lanes", "Cycle paths", TITLES[0]),
        reply("Summary", "Conclusion", TITLES[0]),
        reply(TITLES[0], TITLES[0].upper(), "Trams in the street"),
    ],
)
async def test_what_cannot_be_used_fails_the_round_and_leaves_the_outline(
    database: Database, settings: Settings, row: Round, bad: str
) -> None:
    done, children, _, llm = await deepened(database, settings, row, [bad] * 3)

    assert (done.outcome, children) == ("failed", [])
    assert len(llm.requests) == 3
    assert [gap.state for gap in gaps.of_run(database, midway.RUN)] == ["open"]


async def test_titles_that_say_what_others_say_are_named_and_left_out(
    database: Database, settings: Settings, row: Round
) -> None:
    mixed = reply(TITLES[0], "Bus lanes", TITLES[1])

    _, children, _, llm = await deepened(database, settings, row, [mixed] * 3)

    assert [(child.number, child.title) for child in children] == [("1.1", TITLES[0]), ("1.2", TITLES[1])]
    assert '"Bus lanes" is no title of a section, or says what another one says.' in llm.requests[1].messages[1].content


async def test_children_share_what_the_report_may_still_grow_by(database: Database, settings: Settings) -> None:
    midway.begin(database, settings, words=200)
    row = midway.routed(database, "deepen", "missing")

    _, children, *_ = await deepened(database, settings, row, [reply(*TITLES[:4])])

    standing = sum(word_count(text) for text in midway.TEXTS.values())
    assert {child.words for child in children} == {(600 - standing) // 4}


async def test_a_child_gets_no_more_than_its_parent_and_no_less_than_a_paragraph(
    database: Database, settings: Settings
) -> None:
    midway.begin(database, settings, words=90)
    row = midway.routed(database, "deepen", "missing")

    _, children, *_ = await deepened(database, settings, row, [reply(*TITLES[:2])])

    assert {child.words for child in children} == {90}
    assert SHORTEST_CHILD < 90


async def test_a_section_that_cannot_grow_is_left_alone(database: Database, settings: Settings, row: Round) -> None:
    rounds.conclude(database, row, "accepted", "", sections=[_child(midway.section(database, "1"), "1.1", "Rails")])
    again = midway.wave(database, midway.gap(database, "branch", "1", "And then?"), number=2)[0]
    rounds.update(database, again, route="deepen", section="1")

    done, children, _, llm = await deepened(database, settings, again, [])

    assert done.outcome == "failed"
    assert [child.number for child in children] == ["1.1"]
    assert llm.requests == []


def _child(above: Section, number: str, title: str) -> Section:
    return Section(
        run_id=above.run_id, number=number, title=title, purpose="All of it.", words=80, origin="model", wave=1
    )


CHILD = st.fixed_dictionaries(
    {
        "title": st.sampled_from([*TITLES, "Bus lanes", "Summary", "", "x" * 200, "Section"]) | TEXTS,
        "purpose": st.sampled_from(["What the reader learns in it.", "no"]) | TEXTS,
    },
    optional={"hypotheses": st.lists(st.sampled_from(["It may be true of rails."]) | TEXTS, max_size=4)},
)
REPLIES: st.SearchStrategy[str] = TEXTS | st.lists(CHILD, max_size=9).map(lambda c: json.dumps({"subsections": c}))


@given(replies=st.lists(REPLIES, min_size=3, max_size=3), number=st.sampled_from(["1", "3", "3.1", "3.1.1"]))
@trying(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_reply_only_two_to_seven_distinct_children_enter_the_tree(
    database: Database, settings: Settings, row: Round, tmp_path: Path, replies: list[str], number: str
) -> None:
    with midway.copied(database, tmp_path) as copy:
        above = midway.section(copy, "3")
        below = [_child(above, "3.1", "Paint"), _child(above, "3.1.1", "Its colour")]
        rounds.conclude(copy, row, "accepted", "", sections=below)
        (again,) = midway.wave(copy, midway.gap(copy, "branch", number, "And then?"), number=2)
        rounds.update(copy, again, route="deepen", section=number)
        before = runs.outline(copy, midway.RUN)

        done, *_ = await deepened(copy, settings, again, replies)

        after = runs.outline(copy, midway.RUN)
        new = [section for section in after if section.number not in {old.number for old in before}]
        assert bool(new) == (done.outcome == "accepted")
        assert new == [] or FEWEST <= len(new) <= MOST
        assert all(tree.depth(section.number) <= tree.DEEPEST for section in after)
        assert number not in ("3", "3.1.1") or not new
        titles = [section.title for section in before]
        for child in new:
            assert not covered(child.title, titles)
            titles.append(child.title)
