"""A report brought nearer to its length, and never padded."""

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
from redraft.agent.events import Event, LengthFitted
from redraft.agent.lengths import fit, length_score
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.prose import word_count
from redraft.agent.settings import Settings, load_settings
from redraft.store.database import Database
from redraft.tests.agent import desk, standing

FIRST = "A tram line carries up to 9,000 passengers an hour in each direction, as many as three bus lanes do [e1]."
SECOND = "Trams run on steel rails in the street and draw their power from an overhead wire all along the line [e1]."
THIRD = "In Vienna the wire was put up before 1902, and in most streets of the old town it hangs there still [e2]."
BUSES = (
    "A bus lane carries up to 4,000 people an hour and needs neither rails nor wires to be built in the street [e3]."
)
LONG = f"{FIRST} {SECOND} {THIRD}"
SHORT = f"{FIRST} {THIRD}"
EVIDENCE = {
    1: f"{FIRST} {SECOND} The first line in the street had 40 trams.".replace(" [e1]", ""),
    2: THIRD.replace(" [e2]", ""),
    3: BUSES.replace(" [e3]", ""),
}
TOO_SHORT = {"1": f"{FIRST} {SECOND}", "2": f"{LONG} {BUSES}"}
"""Of 43 and 89 words; the second has used up its evidence."""
TOO_LONG = {"1": LONG, "2": BUSES}
"""Of 65 and 24 words."""

Answer = Callable[[Request], str]


@pytest.fixture
def settings(home: Path) -> Settings:
    return load_settings(home=home, preset="quick", sections=3, words=240, library="cities", retries=1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.close()


def brought(
    database: Database, settings: Settings, answer: Answer, run_id: str = "run", events: list[Event] | None = None
) -> ScriptedLLM:
    llm = ScriptedLLM({"shorten": answer, "expand": answer})
    asyncio.run(fit({"run_id": run_id}, desk.runtime(desk.deps(database, run_id, llm, settings, events))))
    return llm


def never(request: Request) -> str:
    message = "nobody should be asked"
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("wanted", "written", "score"),
    [(100, 100, 100), (100, 200, 66.7), (100, 50, 50), (100, 400, 0), (300, 100, 0), (100, 0, 0), (100, 9000, 0)],
)
def test_the_score_is_longwriters(wanted: int, written: int, score: float) -> None:
    assert round(length_score(wanted, written), 1) == score


@given(st.integers(1, 10_000), st.integers(0, 100_000))
def test_the_score_lies_between_none_and_all(wanted: int, written: int) -> None:
    assert 0 <= length_score(wanted, written) <= 100
    assert (length_score(wanted, written) == 100) == (wanted == written)


def test_of_a_report_that_is_too_long_the_longest_section_is_shortened(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=55)
    events: list[Event] = []

    llm = brought(database, settings, lambda request: SHORT, events=events)

    assert standing.texts(database, "run") == {"1": SHORT, "2": BUSES}
    assert [request.section for request in llm.requests] == ["1"]
    kept = standing.versions(database, "run", "1")[-1]
    assert (kept.op, kept.accepted) == ("fit", True)
    assert f"Left out: “{SECOND.replace(' [e1]', '')}”." in kept.reason
    written = word_count(SHORT) + word_count(BUSES)
    assert events[-1] == LengthFitted(wanted=55, written=written, score=round(length_score(55, written), 1))


@pytest.mark.parametrize("words", [75, 89, 111])
def test_a_report_that_is_near_its_length_is_left_alone(database: Database, settings: Settings, words: int) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=words)

    brought(database, settings, never)

    assert standing.texts(database, "run") == TOO_LONG


def test_the_shares_of_summary_and_conclusion_are_not_the_bodys(database: Database, settings: Settings) -> None:
    ends = {"0": "summary", "3": "conclusion"}
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=89 + 2 * 60, ends=ends)

    brought(database, settings, never)

    assert standing.texts(database, "run") == TOO_LONG


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (f"{SHORT} The first line had 40 trams [e1].", "number 40"),
        (f"{SHORT} In May 1902 trams ran on steel rails.", "date May 1902"),
        (f"{LONG} Trams run.", "not shorter"),
        (FIRST, "too short now"),
        (SHORT.replace("an overhead wire", "wire").replace("hangs there still", "“hangs there still”"), "quotation"),
        (f"{FIRST} Trams are loved by everybody, and cheaper than most other vehicles.", "This is new"),
    ],
)
def test_a_shortened_text_that_is_no_part_of_the_old_is_refused(
    database: Database, settings: Settings, reply: str, said: str
) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=70)

    brought(database, settings, lambda request: reply)

    assert standing.texts(database, "run") == TOO_LONG
    refused = [version for version in standing.versions(database, "run", "1") if version.op == "fit"]
    assert len(refused) == 2
    assert said in " ".join(refused[0].problems)


def test_a_shortened_text_is_sent_back_for_the_figures_it_has_room_for(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=70)
    replies = iter([f"{FIRST} {SECOND}", SHORT])

    brought(database, settings, lambda request: next(replies))

    first, second = (v for v in standing.versions(database, "run", "1") if v.op == "fit")
    assert "There is room for these figures: 1902." in " ".join(first.problems)
    assert second.accepted


def test_of_a_report_that_is_too_short_a_section_is_expanded_from_evidence_it_does_not_cite(
    database: Database, settings: Settings
) -> None:
    standing.begin(database, settings, TOO_SHORT, EVIDENCE, words=180)

    llm = brought(database, settings, lambda request: LONG)

    assert standing.texts(database, "run") == {**TOO_SHORT, "1": LONG}
    (prompt,) = (request.messages[-1].content for request in llm.requests)
    assert "\n[e2]" in prompt
    assert "\n[e1]" not in prompt


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (f"{FIRST} {THIRD}", "no longer says"),
        (f"{FIRST} {SECOND} {SECOND.replace('Trams', 'Trains')}", "nothing of the new evidence"),
        (f"{LONG} This is a matter of great importance to everybody who lives in a town.", "padding"),
        (
            f"{LONG} {BUSES} {' '.join(f'Wires and rails {n} are built in the street [e3].' for n in 'abcdefg')}",
            "add only",
        ),
    ],
)
def test_an_expanded_text_keeps_what_stands_and_is_not_padded(
    database: Database, settings: Settings, reply: str, said: str
) -> None:
    standing.begin(database, settings, TOO_SHORT, EVIDENCE, words=180)

    brought(database, settings, lambda request: reply)

    assert standing.texts(database, "run") == TOO_SHORT
    refused = [version for version in standing.versions(database, "run", "1") if version.op == "fit"]
    assert said in " ".join(refused[0].problems)


def test_where_the_evidence_is_used_up_the_report_stays_short(database: Database, settings: Settings) -> None:
    texts = {"1": f"{LONG} {BUSES}"}
    standing.begin(database, settings, texts, EVIDENCE, words=900)
    events: list[Event] = []

    brought(database, settings, never, events=events)

    assert standing.texts(database, "run") == texts
    assert [event.wanted for event in events if isinstance(event, LengthFitted)] == [900]


def test_at_most_half_of_the_sections_are_written_again(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, {str(number): LONG for number in range(1, 6)}, EVIDENCE, words=100)

    llm = brought(database, settings, lambda request: FIRST)

    assert {request.section for request in llm.requests} == {"1", "2"}


def test_locked_sections_are_left_alone(database: Database, settings: Settings) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=30)
    for number in TOO_LONG:
        standing.lock(database, "run", number)

    brought(database, settings, never)

    assert standing.texts(database, "run") == TOO_LONG


@pytest.mark.parametrize("reply", [SHORT, "No."])
def test_it_is_done_once(database: Database, settings: Settings, reply: str) -> None:
    standing.begin(database, settings, TOO_LONG, EVIDENCE, words=40)
    brought(database, settings, lambda request: reply)
    before = standing.texts(database, "run")

    brought(database, settings, never)

    assert standing.texts(database, "run") == before


PIECES = [
    *(FIRST, SECOND, THIRD, BUSES, "It carries about 9,100 passengers [e1].", "It carries 8,999 people [e1, e3]."),
    *("In Vienna it was put up before May 1902 [e2].", "They say “all along the line” [e1].", "「有轨电车很好」。"),
    *(
        "Everybody knows that 99 % of them are late.",
        "Twenty-seven lines were built.",
        "Hence, ",
        "[e7]",
        "九千人[e2]。",
    ),
]
RUNS = count()


@chosen(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=6).map(" ".join))
def test_whatever_the_model_replies_shortening_adds_nothing(database: Database, settings: Settings, reply: str) -> None:
    run_id = standing.begin(database, settings, TOO_LONG, EVIDENCE, words=50, run_id=f"run {next(RUNS)}.")

    brought(database, settings, lambda request: reply, run_id)

    after = standing.texts(database, run_id)
    assert after["2"] == BUSES
    assert set(cited(after["1"])) <= {1, 2}
    assert set(re.findall(r"\d+|[九千]", after["1"])) <= set(re.findall(r"\d+", LONG))
    assert not re.search("May|Twenty|[“”「」]", after["1"])
    assert word_count(after["1"]) <= word_count(LONG)
