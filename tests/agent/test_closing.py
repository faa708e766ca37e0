"""Summary and conclusion say what the sections say, and are written anew when those change."""

import asyncio
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as chosen
from hypothesis import strategies as st

from redraft.agent.archive import open_database
from redraft.agent.citations import cited
from redraft.agent.closing import OUT_OF_DATE, conclusion, summary
from redraft.agent.events import CallLeftOut, Event, SectionWritten
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings, load_settings
from redraft.agent.shortfalls import shortfalls
from redraft.prompts.labels import labels
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.tests.agent import desk, standing

TRAMS = (
    "A tram line carries up to 9,000 passengers an hour in each direction [e1]. Trams run on steel rails in the street "
    "and draw their power from an overhead wire [e1]."
)
BUSES = (
    "A bus lane carries up to 4,000 people an hour and needs no rails at all [e2]. Buses can change their route when "
    "a street is closed for works [e2]."
)
TEXTS = {"1": TRAMS, "2": BUSES}
EVIDENCE = {
    1: TRAMS.replace(" [e1]", "") + " The first line opened on 4 May 1895 with 40 cars.",
    2: BUSES.replace(" [e2]", ""),
    3: "A cycle path carries up to 14,000 people an hour in each direction.",
}
ENDS = {"0": "summary", "3": "conclusion"}
GOOD = (
    "A tram line carries up to 9,000 passengers an hour in each direction, a bus lane up to 4,000 people [e1, e2]. "
    "Buses can change their route when a street is closed, which trams on steel rails cannot [e1, e2]."
)
ANOTHER = GOOD.replace("which trams on steel rails cannot", "and trams on steel rails cannot change theirs")
OPEN = "What does a kilometre of bus lane cost to build?"

Answer = Callable[[Request], str]
NODES = {"0": summary, "3": conclusion}


@pytest.fixture
def settings(home: Path) -> Settings:
    return load_settings(home=home, preset="quick", sections=3, words=240, library="cities", retries=1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.close()


def begin(database: Database, settings: Settings, run_id: str = "run", budget: int = 60) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE, run_id=run_id, ends=ENDS, budget=budget)


def close(
    database: Database,
    settings: Settings,
    number: str,
    answer: Answer,
    run_id: str = "run",
    events: list[Event] | None = None,
) -> ScriptedLLM:
    """Runs the step that writes a section of `ENDS`."""
    llm = ScriptedLLM({ENDS[number]: answer})
    asyncio.run(NODES[number]({"run_id": run_id}, desk.runtime(desk.deps(database, run_id, llm, settings, events))))
    return llm


def never(request: Request) -> str:
    message = "nobody should be asked"
    raise AssertionError(message)


def good(request: Request) -> str:
    return GOOD


both = pytest.mark.parametrize("number", ENDS)


@both
def test_it_is_written_from_the_sections(database: Database, settings: Settings, number: str) -> None:
    begin(database, settings)
    events: list[Event] = []

    llm = close(database, settings, number, good, events=events)

    assert standing.texts(database, "run") == {**TEXTS, number: GOOD}
    assert [e.section for e in events if isinstance(e, SectionWritten)] == [number]
    (request,) = llm.requests
    assert f"## Matter 1\n\n{TRAMS}\n\n## Matter 2\n\n{BUSES}" in request.messages[-1].content
    assert "1895" not in request.messages[-1].content


@both
@pytest.mark.parametrize(
    "foreign",
    [
        "The first line in the street opened with 40 cars [e1].",
        "A tram line carries about 9,100 passengers an hour in each direction [e1].",
        "A tram line opened in each direction on 4 May 1895 [e1].",
        "Trams run on steel rails “in the street and draw” power from a wire [e1].",
        "Cycling is healthy, as every physician will confirm.",
        "Everybody rides 500 kilometres a year in trams.",
    ],
)
def test_what_the_sections_do_not_say_is_taken_out(
    database: Database, settings: Settings, number: str, foreign: str
) -> None:
    begin(database, settings)

    close(database, settings, number, lambda request: f"{GOOD} {foreign}")

    assert standing.texts(database, "run")[number] == GOOD
    kept = next(version for version in standing.versions(database, "run", number) if version.accepted)
    assert kept.unsupported == 1


@both
def test_what_only_the_evidence_says_is_not_in_the_report(database: Database, settings: Settings, number: str) -> None:
    begin(database, settings)

    close(database, settings, number, lambda request: f"{GOOD} A cycle path carries up to 14,000 people an hour [e3].")

    assert cited(standing.texts(database, "run")[number]) == [1, 2]
    assert "14,000" not in standing.texts(database, "run")[number]


def test_a_summary_that_cannot_be_written_is_the_openings_of_the_sections(
    database: Database, settings: Settings
) -> None:
    begin(database, settings)

    close(database, settings, "0", lambda request: "No.")

    assert standing.texts(database, "run")["0"] == f"{TRAMS}\n{BUSES}"
    assert [v.op for v in standing.versions(database, "run", "0")] == ["draft", "draft", "quote"]


def test_a_conclusion_that_cannot_be_written_is_left_out_and_not_tried_again(
    database: Database, settings: Settings
) -> None:
    begin(database, settings)
    close(database, settings, "3", lambda request: "No.")

    close(database, settings, "3", never)

    assert "3" not in standing.texts(database, "run")
    assert labels("en").no_conclusion in shortfalls(database, "run", labels("en"))


def test_a_conclusion_names_what_stays_open(database: Database, settings: Settings) -> None:
    begin(database, settings)
    closed = standing.lack(database, "run", "How quick is a tram?")
    gaps.close(database, closed.id or 0, "answered")
    standing.lack(database, "run", "Who rides in the 88 buses?", priority="low")
    standing.lack(database, "run", OPEN)
    unknown = "What a kilometre of bus lane costs to build is not known."

    llm = close(database, settings, "3", lambda request: f"{GOOD} {unknown} Of the 88 buses nothing is known.")

    assert f"# What the report could not find out\n\n- {OPEN}\n- Who rides in" in llm.requests[0].messages[-1].content
    assert "How quick" not in llm.requests[0].messages[-1].content
    assert standing.texts(database, "run")["3"] == f"{GOOD} {unknown}"


def test_without_a_conclusion_in_the_outline_or_the_settings_none_is_written(
    database: Database, settings: Settings
) -> None:
    begin(database, settings)
    standing.begin(database, settings, TEXTS, EVIDENCE, run_id="other", ends={"0": "summary"})

    close(database, settings.model_copy(update={"conclusion": False}), "3", never)
    close(database, settings, "3", never, "other")

    assert standing.texts(database, "run") == standing.texts(database, "other") == TEXTS


@both
def test_it_is_written_once_and_again_when_a_section_has_changed(
    database: Database, settings: Settings, number: str
) -> None:
    begin(database, settings)
    close(database, settings, number, good)
    close(database, settings, number, never)
    standing.write(database, "run", "1", TRAMS.replace("Trams run", "All trams run"), op="denoise")

    close(database, settings, number, lambda request: ANOTHER)
    close(database, settings, number, never)

    assert standing.texts(database, "run")[number] == ANOTHER
    assert [v.accepted for v in standing.versions(database, "run", number)] == [True, True]


@both
def test_one_that_is_stale_is_written_anew_and_is_stale_no_more(
    database: Database, settings: Settings, number: str
) -> None:
    begin(database, settings)
    standing.write(database, "run", number, "Trams are best.", op="edit")
    close(database, settings, number, never)
    drafts.set_stale(database, runs.section(database, "run", number), "A section was taken out.")

    close(database, settings, number, good)
    close(database, settings, number, never)

    assert standing.texts(database, "run")[number] == GOOD
    assert runs.section(database, "run", number).stale is None


@both
def test_one_that_the_user_locked_gets_a_proposal_beside_it(
    database: Database, settings: Settings, number: str
) -> None:
    begin(database, settings)
    standing.write(database, "run", number, "Trams are best.", op="edit")
    standing.lock(database, "run", number)
    close(database, settings, number, never)
    standing.write(database, "run", "1", TRAMS, op="denoise")

    close(database, settings, number, good)
    close(database, settings, number, never)

    assert standing.texts(database, "run")[number] == "Trams are best."
    assert runs.section(database, "run", number).stale == OUT_OF_DATE
    newest = standing.versions(database, "run", number)[-1]
    assert (newest.text, newest.accepted, newest.proposed) == (GOOD, False, True)


@both
def test_one_that_was_locked_before_it_was_written_stays_without_a_text(
    database: Database, settings: Settings, number: str
) -> None:
    begin(database, settings)
    standing.lock(database, "run", number)

    close(database, settings, number, never)

    assert standing.texts(database, "run") == TEXTS


def test_where_the_context_is_small_the_beginnings_of_the_sections_are_shown(
    database: Database, settings: Settings
) -> None:
    texts = {str(number): " ".join([TRAMS] * 6) for number in range(1, 7)}
    standing.begin(database, settings, texts, EVIDENCE, ends={"0": "summary"})
    llm = ScriptedLLM({"summary": good}, context=1100)

    asyncio.run(summary({"run_id": "run"}, desk.runtime(desk.deps(database, "run", llm, settings))))

    (section, *_) = llm.requests[0].messages[-1].content.split("## Matter ")[1:]
    shown = section.partition("\n\n")[2].strip()
    assert texts["1"].startswith(shown)
    assert shown.endswith("[e1].")
    assert shown != texts["1"]


def test_where_the_context_holds_not_even_those_a_summary_is_the_openings_of_the_sections(
    database: Database, settings: Settings
) -> None:
    begin(database, settings)
    llm, heard = ScriptedLLM({}, context=300), list[Event]()

    asyncio.run(summary({"run_id": "run"}, desk.runtime(desk.deps(database, "run", llm, settings, heard))))

    assert drafts.accepted(database, "run")[runs.section(database, "run", "0").id or 0].op == "quote"
    assert [event.node for event in heard if isinstance(event, CallLeftOut)] == ["summary"]


PIECES = [
    *(GOOD, TRAMS, BUSES, "A cycle path carries up to 14,000 people an hour [e3].", "It opened on 4 May 1895 [e1]."),
    *("It carries about 9,100 passengers [e1].", "It carries 3,999 people [e1, e2].", "They say “in the street” [e1]."),
    *(
        "Everybody knows that 99 % of them are late.",
        "Twenty-seven lines were built.",
        "Hence, ",
        "[e7]",
        "九千人[e2]。",
    ),
]
RUNS = count()


@chosen(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(ENDS)), st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=6).map(" ".join))
def test_whatever_the_model_replies_only_what_the_sections_cite_is_cited(
    database: Database, settings: Settings, number: str, reply: str
) -> None:
    run_id = f"run {next(RUNS)}."
    begin(database, settings, run_id)

    close(database, settings, number, lambda request: reply, run_id)

    text = standing.texts(database, run_id).get(number, "")
    assert set(cited(text)) <= {1, 2}
    assert set(re.findall(r"\d+|[九千]", text)) <= set(re.findall(r"\d+", TRAMS + BUSES))
    assert not re.search("May|Twenty|[“”「」]", text)
