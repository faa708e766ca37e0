"""What is said twice goes, and nothing comes in its place."""

import asyncio
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as chosen
from hypothesis import strategies as st

from redraft.agent.archive import open_database
from redraft.agent.citations import cited
from redraft.agent.cohering import cohere, faults, without_repeats
from redraft.agent.events import Event, SectionWritten
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings, load_settings
from redraft.store.database import Database
from redraft.tests.agent import desk, standing

SAID = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
AGAIN = "In each direction a tram line carries up to 9,000 passengers every hour [e1]."
TRAMS = f"{SAID} Trams run on steel rails in the street and draw power from an overhead wire [e1]."
CYCLING = (
    "A cycle path carries up to 14,000 people an hour in each direction [e3]. Cyclists need no fuel, and safe paths "
    "bring more of them to work [e3]."
)
BUSES = (
    "A bus lane carries up to 4,000 people an hour and needs no rails at all [e2]. Buses can change their route when "
    "a street is closed for works [e2]."
)
TEXTS = {"1": TRAMS, "2": f"{BUSES} {AGAIN}", "3": CYCLING}
EVIDENCE = {
    1: TRAMS.replace(" [e1]", ""),
    2: BUSES.replace(" [e2]", "") + " The first bus on a lane had 88 seats.",
    3: CYCLING.replace(" [e3]", ""),
}
POLISHED = BUSES.replace("Buses can", "Unlike a tram, buses can")

WORDY = (
    "A bus lane carries up to 4,000 people an hour in each hour of each direction, and at all hours it needs no rails "
    "at all in any street [e2]. Buses can change their route when a street is closed for works, whichever street it "
    "is, and whatever the works are in that closed street [e2]."
)

Answer = Callable[[Request], str]


@pytest.fixture
def settings(home: Path) -> Settings:
    return load_settings(home=home, preset="quick", sections=3, words=240, library="cities", retries=1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.close()


def polish(
    database: Database, settings: Settings, answer: Answer, run_id: str = "run", events: list[Event] | None = None
) -> ScriptedLLM:
    llm = ScriptedLLM({"cohere": answer})
    given = desk.runtime(desk.deps(database, run_id, llm, settings, events))
    asyncio.run(cohere({"run_id": run_id}, given))
    return llm


def never(request: Request) -> str:
    message = "nobody should be asked"
    raise AssertionError(message)


def test_a_sentence_that_stands_in_an_earlier_section_goes(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE)
    events: list[Event] = []

    llm = polish(database, settings, lambda request: POLISHED, events=events)

    assert standing.texts(database, "run") == {**TEXTS, "2": POLISHED}
    assert [request.section for request in llm.requests] == ["2"]
    assert [(e.section, e.op) for e in events if isinstance(e, SectionWritten)] == [("2", "cohere")]


def test_the_writer_is_told_what_is_at_fault_and_shown_what_is_fixed(database: Database, settings: Settings) -> None:
    texts = {**TEXTS, "3": f"{CYCLING} Bus rapid transit (BRT) is no bus lane [e3]."}
    texts["1"] += " BRT is something else [e1]."
    standing.begin(database, settings, texts, EVIDENCE)

    llm = polish(database, settings, lambda request: POLISHED)

    prompts = {request.section: request.messages[-1].content for request in llm.requests if not request.attempt}
    first, second = prompts["1"], prompts["2"]
    assert "- BRT is used here first: write Bus rapid transit (BRT) where it is first used." in first
    assert '- Section 1 says this already: "In each direction a tram line' in second
    assert "- BRT: Bus rapid transit" in second
    assert "9,000 passengers" in second.partition("# Terms and figures of the report")[2].partition("# Section")[0]


def test_a_report_without_a_fault_asks_nobody(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, {**TEXTS, "2": BUSES}, EVIDENCE)

    polish(database, settings, never)

    assert standing.texts(database, "run") == {**TEXTS, "2": BUSES}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (POLISHED.replace("4,000", "4,500"), "number 4,500"),
        (POLISHED + " Buses are cheap and loved by everybody in Vienna.", "This is new"),
        (BUSES.replace("Buses can", "Since May 2021 buses can"), "date May 2021"),
        (POLISHED.replace("needs no rails at all", "“needs no rails at all”"), "quotation"),
        (BUSES.partition(" Buses")[0] + " " + BUSES.partition(" Buses")[0], "repeats itself"),
        (WORDY, "Keep the length"),
        ("A bus lane carries people and needs no rails, and buses can go where there is none [e2]. " * 2, "no longer"),
    ],
)
def test_a_text_that_adds_or_loses_something_is_refused_and_kept_with_the_reason(
    database: Database, settings: Settings, reply: str, said: str
) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE)

    polish(database, settings, lambda request: reply)

    refused = [version for version in standing.versions(database, "run", "2") if not version.accepted]
    assert [version.op for version in refused] == ["cohere", "cohere"]
    assert said in " ".join(refused[0].problems)


def test_what_the_model_leaves_is_taken_out_by_the_program(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE)

    polish(database, settings, lambda request: "No.")

    assert standing.texts(database, "run") == {**TEXTS, "2": BUSES}
    assert [v.op for v in standing.versions(database, "run", "2") if v.accepted] == ["draft", "cohere"]


def test_a_text_that_passes_and_still_repeats_loses_the_repetition(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE)

    polish(database, settings, lambda request: f"{AGAIN} {POLISHED}")

    assert standing.texts(database, "run")["2"] == POLISHED


def test_a_repetition_stays_where_the_section_would_lose_a_citation_or_all_its_words() -> None:
    other = AGAIN.replace("[e1]", "[e1, e2]")

    assert without_repeats({"1": TRAMS, "2": f"{BUSES} {other}"}, {"1", "2"}) == {}
    assert without_repeats({"1": TRAMS, "2": AGAIN}, {"1", "2"}) == {}
    assert without_repeats({"1": TRAMS, "2": f"{BUSES} {AGAIN}"}, {"1"}) == {}
    assert without_repeats({"1": TRAMS, "2": f"{BUSES} {AGAIN}"}, {"1", "2"}) == {"2": BUSES}


def test_a_locked_section_is_left_alone_and_so_is_a_quotation(database: Database, settings: Settings) -> None:
    texts = {**TEXTS, "4": f"{CYCLING} {AGAIN}"}
    standing.begin(database, settings, texts, EVIDENCE)
    standing.lock(database, "run", "2")
    standing.write(database, "run", "4", texts["4"], op="quote")

    polish(database, settings, never)

    assert standing.texts(database, "run") == texts


def test_switched_off_it_does_nothing(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TEXTS, EVIDENCE)

    polish(database, settings.model_copy(update={"cohere": False}), never)

    assert standing.texts(database, "run") == TEXTS


@pytest.mark.parametrize("reply", [POLISHED, "No."])
def test_done_once_it_is_not_done_again(database: Database, settings: Settings, reply: str) -> None:
    standing.begin(database, settings, {**TEXTS, "2": f"{BUSES} {AGAIN.replace('[e1]', '[e1, e2]')}"}, EVIDENCE)
    polish(database, settings, lambda request: reply)
    before = len(standing.versions(database, "run", "2"))

    polish(database, settings, never)

    assert len(standing.versions(database, "run", "2")) == before


def test_two_sections_that_disagree_on_a_figure_are_both_told(database: Database, settings: Settings) -> None:
    texts = {"1": TRAMS, "2": f"{BUSES} {SAID.replace('9,000', '12,000').replace('e1', 'e2')}"}

    found = faults(texts)

    assert set(found) == {"1", "2"}
    assert all("9,000 passengers" in note and "12,000 passengers" in note for f in found.values() for note in f.notes)


def test_a_section_that_the_model_cannot_be_shown_stays_as_it_is(database: Database, settings: Settings) -> None:
    texts = {**TEXTS, "2": f"{BUSES} {AGAIN.replace('[e1]', '[e1, e2]')}"}
    standing.begin(database, settings, texts, EVIDENCE)
    llm = ScriptedLLM({"cohere": never}, context=50)

    asyncio.run(cohere({"run_id": "run"}, desk.runtime(desk.deps(database, "run", llm, settings))))

    assert standing.texts(database, "run") == texts


PIECES = [
    *("A bus lane carries up to 4,000 people an hour and needs no rails at all [e2].", SAID, AGAIN, CYCLING),
    *("Buses can change their route when a street is closed for works [e2].", "Buses ran on 3 May 2021 [e2]."),
    *("It carries about 4,100 people [e2].", "The first bus had 88 seats [e2].", "They say “no rails at all” [e2]."),
    *("Everybody knows that 99 % of them are late.", "Trams run on rails [e3].", "Source e7 says so [e7]. ", "Hence, "),
    *("Twenty-seven lines were built in 1987.", "「有轨电车很好」。", "九千人[e2]。"),
]


NOISE = st.text(st.characters(categories=["P", "S", "Z", "Cc"]), max_size=4)
INSERTED = st.lists(st.sampled_from(PIECES) | NOISE, max_size=2).map(" ".join)
RUNS = count()


@chosen(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INSERTED, INSERTED, INSERTED)
def test_whatever_the_model_replies_nothing_is_added(
    database: Database, settings: Settings, before: str, between: str, behind: str
) -> None:
    first, second = BUSES.split("[e2].")[:2]
    reply = f"{before} {first}[e2]. {between} {second}[e2]. {behind}"
    assume(reply.count("|") < 2)  # A row of a table has no sentences of its own.
    run_id = standing.begin(database, settings, TEXTS, EVIDENCE, run_id=f"run {next(RUNS)}.")

    polish(database, settings, lambda request: reply, run_id)

    after = standing.texts(database, run_id)
    assert {n: text for n, text in after.items() if n != "2"} == {"1": TRAMS, "3": CYCLING}
    assert set(cited(after["2"])) <= set(cited(TEXTS["2"]))
    assert set(re.findall(r"\d+|[九千]", after["2"])) <= set(re.findall(r"\d+", TEXTS["2"]))
    assert not re.search("May|Twenty|“no rails|有轨电车", after["2"])
    assert SAID not in after["2"]
    assert AGAIN not in after["2"]
