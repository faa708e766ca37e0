from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import tree
from redraft.agent.events import Event, RoundRouted
from redraft.agent.gaps import Kind
from redraft.agent.llm import ScriptedLLM
from redraft.agent.routing import ADDS_MATTER, Finding, Means, Routing, plan_routes, route
from redraft.agent.settings import Settings
from redraft.agent.state import RunState
from redraft.store import gaps, rounds
from redraft.store.database import Database
from redraft.store.models import Gap, Round
from redraft.tests.agent import desk, midway
from redraft.tests.rows import gap, section

SECTIONS = [
    section("0", title="Summary", origin="summary"),
    section("1", title="Trams"),
    section("2", title="Buses"),
    section("2.1", title="Bus lanes"),
    section("2.2", title="Bus stops"),
    section("2.2.1", title="Shelters of stops"),
    section("2.2.2", title="Benches at stops"),
    section("3", title="Cycle paths"),
]
FOUR = "One is so [e1]. Two is so [e1]. Three is so [e2]. Four is so [e2]."


def finding(
    kind: str,
    number: str = "1",
    *,
    answer: str = FOUR,
    novelty: float | None = 1.0,
    citable: bool = True,
    priority: str = "high",
    question: str = "What of it?",
    at: int = 1,
) -> Finding:
    noted = gap("run", question, id=at, number=at, kind=kind, section=number, priority=priority)
    row = Round(run_id="run", number=at, wave=1, focus=number, gap_id=at, answer=answer, novelty=novelty)
    return Finding(row, noted, citable)


MEANS = Means(sections=SECTIONS, lengths={"1": 120, "2": 50}, denoise=True, deepenings=3)


def routed(found: Finding, means: Means = MEANS) -> Routing:
    (routing,) = plan_routes([found], means)
    return routing


def way(found: Finding, means: Means = MEANS) -> tuple[str, str]:
    routing = routed(found, means)
    return routing.route, routing.section


@pytest.mark.parametrize("kind", ["missing", "branch"])
def test_what_is_missing_gets_sections_of_its_own(kind: str) -> None:
    assert way(finding(kind, "1")) == ("deepen", "1")
    assert way(finding(kind, "2.1")) == ("deepen", "2.1")


def test_a_section_that_cannot_grow_leaves_it_to_the_nearest_that_can() -> None:
    assert way(finding("missing", "2")) == ("deepen", "1")
    assert way(finding("missing", "2", question="What are cycle paths for?")) == ("deepen", "3")
    assert way(finding("missing", "2.2")) == ("deepen", "2.1")
    assert way(finding("missing", "2.2.1")) == ("deepen", "2.1")


def test_where_nothing_can_grow_the_section_is_written_anew() -> None:
    locked = [section("1"), section("2")]
    for row in locked:
        row.locked = True

    assert way(finding("missing", "1"), MEANS._replace(sections=locked)) == ("denoise", "1")


def test_what_the_report_as_a_whole_lacks_goes_where_it_fits_best() -> None:
    assert way(finding("missing", "", question="What are cycle paths made of?")) == ("deepen", "3")
    assert way(finding("conflicting", "", question="What are cycle paths made of?")) == ("denoise", "3")


@pytest.mark.parametrize("kind", ["unsupported", "outdated", "conflicting", "note"])
def test_what_is_wrong_is_written_anew(kind: str) -> None:
    assert way(finding(kind, "2.2.1")) == ("denoise", "2.2.1")


def test_a_thin_section_is_divided_only_if_it_is_full_and_much_is_new() -> None:
    assert way(finding("thin", "1")) == ("deepen", "1")
    assert way(finding("thin", "1", novelty=0.6)) == ("denoise", "1")
    assert way(finding("thin", "3")) == ("denoise", "3")
    assert way(finding("thin", "2")) == ("denoise", "2")


@pytest.mark.parametrize("kind", ADDS_MATTER)
@pytest.mark.parametrize(("answer", "novelty"), [("", 1.0), (FOUR, 0.24), (FOUR, 0.0), (FOUR, None), ("One.", 0.3)])
def test_an_answer_that_says_nothing_new_closes_the_gap(kind: str, answer: str, novelty: float | None) -> None:
    routing = routed(finding(kind, answer=answer, novelty=novelty))

    assert (routing.route, routing.outcome, routing.closing) == ("none", "dry", "nothing_new")


def test_a_quarter_of_an_answer_is_enough() -> None:
    assert way(finding("missing", novelty=0.25)) == ("deepen", "1")


def test_what_is_wrong_needs_evidence_that_the_section_could_not_cite() -> None:
    known = routed(finding("unsupported", citable=False))
    repeated = routed(finding("unsupported", novelty=0.0))

    assert (known.route, known.outcome, known.closing) == ("none", "dry", "nothing_new")
    assert repeated.route == "denoise"


def test_without_deepening_its_answers_go_into_the_text() -> None:
    routing = routed(finding("missing"), MEANS._replace(deepenings=0))

    assert (routing.route, routing.section) == ("denoise", "1")
    assert routing.reason == "The answer goes into the section, as no section may be divided."


def test_without_denoising_a_thin_section_is_divided_and_what_is_wrong_stays() -> None:
    means = MEANS._replace(denoise=False)

    assert way(finding("thin", "3"), means) == ("deepen", "3")
    wrong = routed(finding("outdated"), means)
    assert (wrong.route, wrong.outcome, wrong.closing) == ("none", "dry", "failed")
    assert wrong.reason == "No section may be rewritten."


def test_without_both_nothing_is_done() -> None:
    wrong = routed(finding("missing"), MEANS._replace(denoise=False, deepenings=0))

    assert (wrong.outcome, wrong.reason) == ("dry", "No section may be divided, and none rewritten.")


def test_of_two_rounds_for_one_section_the_more_urgent_one_has_it_and_the_other_gap_stays_open() -> None:
    first, second = finding("thin", "3", priority="low", at=1), finding("note", "3", priority="high", at=2)

    urgent, other = plan_routes([first, second], MEANS)

    assert (urgent.round.number, urgent.route) == (2, "denoise")
    assert (other.round.number, other.route, other.outcome, other.closing) == (1, "none", "failed", None)
    assert other.reason == "Another round of this wave works on the section."


KINDS = st.sampled_from(list(Kind))
FINDINGS = st.lists(
    st.builds(
        finding,
        KINDS,
        st.sampled_from(["", "1", "2", "2.1", "2.2", "2.2.1", "3", "9"]),
        answer=st.sampled_from(["", FOUR, "One."]),
        novelty=st.none() | st.floats(0, 1),
        citable=st.booleans(),
        priority=st.sampled_from(["high", "medium", "low"]),
    ),
    max_size=8,
).map(lambda found: [f._replace(round=_numbered(f.round, at)) for at, f in enumerate(found, start=1)])


def _numbered(row: Round, number: int) -> Round:
    return Round(**{**row.model_dump(), "number": number})


@given(FINDINGS, st.integers(0, 3), st.booleans(), st.randoms())
def test_no_wave_works_twice_on_a_section_divides_too_many_or_depends_on_the_order(
    found: list[Finding], deepenings: int, denoise: bool, chance: Random
) -> None:
    means = MEANS._replace(deepenings=deepenings, denoise=denoise)
    routings = plan_routes(found, means)

    worked_on = [routing.section for routing in routings if routing.route != "none"]
    divided = [routing.section for routing in routings if routing.route == "deepen"]
    assert len(worked_on) == len(set(worked_on))
    assert len(divided) <= deepenings
    assert all(tree.may_grow(SECTIONS, number) for number in divided)
    assert denoise or all(routing.route != "denoise" for routing in routings)
    assert sorted(routing.round.number for routing in routings) == [f.round.number for f in found]
    assert all((routing.outcome is None) == (routing.route != "none") for routing in routings)
    chance.shuffle(found)
    assert plan_routes(found, means) == routings


async def routed_wave(database: Database, settings: Settings, *worked_on: Gap) -> tuple[list[Round], list[Event]]:
    midway.wave(database, *worked_on)
    heard: list[Event] = []
    given_ = desk.deps(database, midway.RUN, ScriptedLLM({}), settings, heard)
    await route(RunState(run_id=midway.RUN), desk.runtime(given_))
    await route(RunState(run_id=midway.RUN), desk.runtime(given_))
    return list(rounds.of_wave(database, midway.RUN, 1)), heard


async def test_every_round_of_a_wave_is_left_routed_or_over(database: Database, settings: Settings) -> None:
    midway.begin(database, settings)
    worked_on = [
        midway.gap(database, "missing", midway.TRAMS),
        midway.gap(database, "outdated", midway.BUSES),
        midway.gap(database, "note", midway.BUSES, "Is it so?", "medium"),
    ]

    wave, heard = await routed_wave(database, settings, *worked_on)

    assert [(row.route, row.section, row.outcome) for row in wave] == [
        ("deepen", "1", None),
        ("denoise", "2", None),
        ("none", "2", "failed"),
    ]
    assert [event.data()["round"] for event in heard if isinstance(event, RoundRouted)] == [1, 2, 3]
    assert [row.state for row in gaps.of_run(database, midway.RUN)] == ["open", "open", "open"]


async def test_an_answer_from_evidence_that_the_section_has_is_nothing_new(
    database: Database, settings: Settings
) -> None:
    midway.begin(database, settings)
    (row,) = midway.wave(database, midway.gap(database, "unsupported", midway.TRAMS))
    rounds.update(database, row, answer="A tram line carries up to 9,000 passengers an hour [e1].")
    given_ = desk.deps(database, midway.RUN, ScriptedLLM({}), settings)

    await route(RunState(run_id=midway.RUN), desk.runtime(given_))

    assert rounds.get(database, midway.RUN, 1).outcome == "dry"
    assert [(row.state, row.closing) for row in gaps.of_run(database, midway.RUN)] == [("closed", "nothing_new")]


async def test_a_round_without_an_answer_has_failed_and_its_gap_stays_open(
    database: Database, settings: Settings
) -> None:
    midway.begin(database, settings)
    (row,) = midway.wave(database, midway.gap(database, "missing", midway.TRAMS))
    rounds.update(database, row, answer=None)
    given_ = desk.deps(database, midway.RUN, ScriptedLLM({}), settings)

    await route(RunState(run_id=midway.RUN), desk.runtime(given_))

    assert rounds.get(database, midway.RUN, 1).outcome == "failed"
    assert [row.state for row in gaps.of_run(database, midway.RUN)] == ["open"]


async def test_a_run_divides_no_more_sections_than_its_size_allows(database: Database, settings: Settings) -> None:
    midway.begin(database, settings)
    midway.routed(database, "deepen", "missing", midway.BUSES)
    midway.wave(database, midway.gap(database, "missing", midway.TRAMS), number=2)
    given_ = desk.deps(database, midway.RUN, ScriptedLLM({}), settings)

    await route(RunState(run_id=midway.RUN), desk.runtime(given_))

    assert settings.size.deepenings == 1
    assert rounds.get(database, midway.RUN, 2).route == "denoise"
