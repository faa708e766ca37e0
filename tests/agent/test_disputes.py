"""DISPUTES on a run made by hand, with a document beside it that gives another figure for tram lines."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from redraft.agent import archive, library
from redraft.agent.citations import cited
from redraft.agent.disputes import MOST_ASKED, MOST_BOXES, candidates, disputes
from redraft.agent.events import DisputesFound, Event
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.store import claims, drafts
from redraft.store.database import Database
from redraft.store.models import Dispute
from redraft.tests.agent.desk import deps, runtime
from redraft.tests.agent.midway import RUN, TRAMS, begin, passage, section
from redraft.tests.hostile import TOKENS
from redraft.tests.rows import exhibit

OTHER = "Counted in Lyon, a tram line carries up to 6,500 passengers an hour in each direction of the street."
ONE_SIDE = "A tram line carries up to 9,000 passengers an hour [e1]."
OTHER_SIDE = "Counted in Lyon, a tram line carries up to 6,500 passengers an hour [e4]."


@pytest.fixture
def disputed(settings: Settings, database: Database, tmp_path: Path) -> Settings:
    """With e4, from another source than e1, which the first section may cite."""
    begin(database, settings)
    document = tmp_path / "lyon.md"
    document.write_text(f"# Lyon\n\n{OTHER}\n")
    library.add(database, settings.library, [str(document)], lambda *_: None)
    with database.session(lock=True) as session:
        rows = drafts.take_in_session(session, RUN, [passage(database, "Lyon").id or 0])
        ids = [row.id or 0 for row in rows.values() if row.number == 4]
    drafts.allow(database, section(database, TRAMS), ids)
    return settings.model_copy(update={"disputes": True, "retries": 1})


def reply(
    one: str = ONE_SIDE, other: str = OTHER_SIDE, topic: str = "Passengers of a tram line", yes: bool = True
) -> str:
    return json.dumps({"disagree": yes, "topic": topic, "one": one, "other": other})


def about_trams(said: str) -> Callable[[Request], str]:
    """A reply to the one pair about trams; of all others the model says that they do not disagree."""
    return lambda request: said if "[e1] and [e4]" in request.messages[1].content else reply(yes=False)


async def found(
    database: Database, settings: Settings, llm: ScriptedLLM, events: list[Event] | None = None
) -> Sequence[Dispute]:
    await disputes({"run_id": RUN}, runtime(deps(database, RUN, llm, settings, events)))
    return claims.disputes(database, RUN)


async def test_two_sources_with_different_figures_are_put_side_by_side(database: Database, disputed: Settings) -> None:
    events: list[Event] = []

    (row,) = await found(database, disputed, ScriptedLLM({"dispute": about_trams(reply())}), events)

    assert (row.number, row.section, row.topic) == (1, TRAMS, "Passengers of a tram line")
    assert (row.one, row.other) == (ONE_SIDE, OTHER_SIDE)
    (told,) = [event for event in events if isinstance(event, DisputesFound)]
    assert told.found == 1
    assert 1 <= told.asked <= MOST_ASKED
    shown = markdown(archive.report(database, RUN))
    assert "> **Where sources disagree: Passengers of a tram line**\n>\n> - A tram line carries up to 9,000" in shown
    assert shown.count("file://") == 4


async def test_the_model_is_shown_both_passages_and_nothing_of_the_text(database: Database, disputed: Settings) -> None:
    llm = ScriptedLLM({"dispute": about_trams(reply())})

    await found(database, disputed, llm)

    prompt = llm.requests[0].messages[1].content
    assert "Do [e1] and [e4] give different figures" in prompt
    assert OTHER in prompt


@pytest.mark.parametrize(("may_cite", "placed"), [(True, [TRAMS]), (False, [])])
async def test_what_no_text_cites_stands_where_it_may_be_cited_and_else_nowhere(
    database: Database, disputed: Settings, may_cite: bool, placed: list[str]
) -> None:
    uncited = "Trams run in towns."
    drafts.append(database, [drafts.version_of(section(database, TRAMS), "draft", uncited, accepted=True)])
    if not may_cite:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM section_evidence")

    rows = await found(database, disputed, ScriptedLLM({"dispute": about_trams(reply())}))

    assert [row.section for row in rows] == placed


@pytest.mark.parametrize(
    "said",
    [
        "",
        "They disagree.",
        reply(yes=False),
        reply(topic=""),
        reply(topic="<|im_start|>system"),
        reply(one="A tram line carries up to 12,000 passengers an hour [e1]."),
        reply(one="A tram line carries up to 9,000 passengers an hour."),
        reply(one="A tram line carries up to 9,000 passengers an hour [e4]."),
        reply(one=ONE_SIDE, other="Counted in Lyon, a tram line carries its passengers in each direction [e4]."),
        reply(one="A tram line carries its passengers in each direction [e1].", other=OTHER_SIDE),
        reply(one=f"{ONE_SIDE} Zebras fly."),
        reply(one="Zebras fly to the moon and back [e1]."),
        reply(one=f"See https://a.org. {ONE_SIDE}"),
    ],
)
async def test_a_reply_that_cannot_stand_makes_no_box(database: Database, disputed: Settings, said: str) -> None:
    assert await found(database, disputed, ScriptedLLM({"dispute": about_trams(said)})) == []


async def test_looking_again_changes_nothing(database: Database, disputed: Settings) -> None:
    rows = await found(database, disputed, ScriptedLLM({"dispute": about_trams(reply())}))

    again = await found(database, disputed, ScriptedLLM({}))

    assert [row.id for row in again] == [row.id for row in rows]


async def test_nothing_is_looked_for_where_it_is_switched_off(database: Database, disputed: Settings) -> None:
    off = disputed.model_copy(update={"disputes": False})

    assert await found(database, off, ScriptedLLM({})) == []


def test_pairs_come_by_what_the_report_cites_and_then_by_what_they_share() -> None:
    said = "A tram line in the street of a city carries {} passengers an hour in each direction"
    exhibits = [
        exhibit(1, said.format("9,000") + "."),
        exhibit(2, "A tram line in the street carries 7,000 passengers."),
        exhibit(3, said.format("5,000") + "."),
        exhibit(4, said.format("5,100") + "."),
        exhibit(5, "A ship carries 100 tons of coal."),
    ]

    assert [sorted(pair.ids) for pair in candidates(exhibits, {2, 4})] == [[1, 4], [2, 4], [1, 2], [2, 3], [1, 3]]
    assert [sorted(pair.ids) for pair in candidates(exhibits, set())][:2] == [[1, 3], [1, 4]]


def test_one_source_does_not_disagree_with_itself() -> None:
    one = exhibit(1, "A tram line in the street carries 9,000 passengers.")
    other = exhibit(2, "A tram line in the street carries 7,000 passengers.", of=one.source)

    assert candidates([one, other], set()) == []


async def test_a_report_has_no_more_boxes_than_it_may(database: Database, disputed: Settings, tmp_path: Path) -> None:
    for at in range(5):
        document = tmp_path / f"{at}.md"
        document.write_text(f"# Town {at}\n\nIn town {at}, a tram line carries up to {at + 1}00 passengers an hour.\n")
        library.add(database, disputed.library, [str(document)], lambda *_: None)
        with database.session(lock=True) as session:
            drafts.take_in_session(session, RUN, [passage(database, f"town {at}").id or 0])

    def answer(request: Request) -> str:
        ids = cited(request.messages[1].content.split("# Your task")[1])[:2]
        figure = {1: "9,000", 4: "6,500"} | {5 + at: f"{at + 1}00" for at in range(5)}
        one, other = (f"A tram line carries up to {figure.get(n, '1')} passengers an hour [e{n}]." for n in ids)
        return reply(one, other)

    llm = ScriptedLLM({"dispute": answer})

    assert len(await found(database, disputed, llm)) == MOST_BOXES
    assert len([request for request in llm.requests if not request.attempt]) == MOST_ASKED


WORDS = st.sampled_from(
    [
        *(
            ONE_SIDE,
            OTHER_SIDE,
            "77,000 zebras fly [e1].",
            "[e9]",
            "[e1]",
            "[e4]",
            "<|im_end|>",
            "</s>",
            "https://a.org",
            "# x",
        ),
        *("9,000 passengers", "6,500 passengers", "A tram line", "\n", "- ", "```", "“", "Passengers"),
    ]
)
PROSE = st.lists(WORDS, max_size=3).map(" ".join)


@given(st.data())
@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_model_replies_a_box_cites_its_own_two_sources_and_nothing_else(
    database: Database, disputed: Settings, data: st.DataObject
) -> None:
    said = data.draw(st.builds(reply, PROSE | st.just(ONE_SIDE), PROSE | st.just(OTHER_SIDE), PROSE) | PROSE)
    with database.engine.begin() as connection:
        for table in ("call", "dispute"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - the names stand above

    for row in await found(database, disputed, ScriptedLLM({"dispute": about_trams(said)})):
        assert (cited(row.one), cited(row.other)) == ([1], [4])
        whole = f"{row.topic} {row.one} {row.other}"
        assert "zebras" not in row.one + row.other
        assert not [token for token in (*TOKENS, "a.org", "\n", "[e9]") if token in whole]
