"""Between two waves: what is kept, what is noted, who works on what next, and which state the report goes back to."""

import pytest

from redraft.agent.events import Event, RoundEnded, RoundsStopped, SnapshotChosen
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.agent.settling import choose, settle
from redraft.agent.state import RunState
from redraft.agent.stopping import Reason
from redraft.store import claims, drafts, gaps, rounds, runs, snapshots
from redraft.store.database import Database
from redraft.store.models import Claim, Gap, Section
from redraft.tests.agent import midway
from redraft.tests.agent.desk import deps, runtime
from redraft.tests.agent.midway import BUSES, RUN, TEXTS, TRAMS

NOISE = "Trams are loud at night and nobody knows why [e1]."
"""Cites what does not say it."""


@pytest.fixture
def machine(settings: Settings) -> Settings:
    """Everything on, in waves of two."""
    return settings.model_copy(update={"preset": "standard", "rounds": 4, "cohere": True})


@pytest.fixture
def started(database: Database, machine: Settings) -> Database:
    midway.begin(database, machine)
    return database


async def settled(database: Database, settings: Settings) -> list[Event]:
    events: list[Event] = []
    await settle(RunState(run_id=RUN), runtime(deps(database, RUN, ScriptedLLM({}), settings, events)))
    return events


async def chosen(database: Database, settings: Settings) -> list[Event]:
    events: list[Event] = []
    await choose(RunState(run_id=RUN), runtime(deps(database, RUN, ScriptedLLM({}), settings, events)))
    return events


def rewrite(database: Database, number: str, text: str, op: str = "denoise", wave: int = 1) -> None:
    version = drafts.version_of(midway.section(database, number), op, text, accepted=True, wave=wave)
    drafts.append(database, [version])


def finish(database: Database, wave: int, outcome: str = "accepted") -> None:
    for row in rounds.of_wave(database, RUN, wave):
        rounds.conclude(database, row, outcome, "because")


def add_child(database: Database) -> None:
    child = Section(run_id=RUN, number="1.1", title="Noise", purpose="Why.", words=40, origin="model", wave=1)
    rounds.conclude(database, rounds.of_wave(database, RUN, 1)[0], "accepted", "because", sections=[child])


def note(database: Database, number: str) -> Gap:
    """What the user wants changed."""
    row = Gap(
        run_id=RUN, number=0, kind="note", section=number, question="Say more of noise.", priority="high",
        opened_by="user", opened_in=max((r.wave for r in rounds.of_run(database, RUN)), default=0),
    )  # fmt: skip
    return gaps.open_all(database, [row])[0]


async def test_the_first_wave_asks_for_the_whole_report_and_for_each_urgent_gap_in_a_section_of_its_own(
    started: Database, machine: Settings
) -> None:
    urgent = midway.gap(started, "missing", BUSES)
    midway.gap(started, "thin", BUSES, "Why are buses slow?")
    minor = midway.gap(started, "thin", TRAMS, "Why are trams loud?", priority="low")

    await settled(started, machine)

    begun = rounds.of_wave(started, RUN, 1)
    assert [(row.focus, row.gap_id) for row in begun] == [
        ("", None), (BUSES, urgent.id), (TRAMS, minor.id), (midway.CYCLING, None),
    ]  # fmt: skip


async def test_nothing_is_settled_while_rounds_are_under_way(started: Database, machine: Settings) -> None:
    await settled(started, machine)
    await settled(started, machine)

    assert {row.wave for row in rounds.of_run(started, RUN)} == {1}
    assert [snapshot.name for snapshot in snapshots.of_run(started, RUN)] == ["wave 0"]


async def test_a_gap_is_worked_on_twice_at_most(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 20})
    stubborn = midway.gap(started, "thin", BUSES)

    for wave in (1, 2, 3):
        await settled(started, machine)
        finish(started, wave, "refused")

    assert [row.wave for row in rounds.of_run(started, RUN) if row.gap_id == stubborn.id] == [1, 2]


async def test_one_after_another_the_rounds_look_at_the_whole_and_at_a_gap_in_turn(
    started: Database, machine: Settings
) -> None:
    machine = machine.model_copy(update={"serial": True})
    midway.gap(started, "thin", BUSES)

    await settled(started, machine)
    finish(started, 1)
    await settled(started, machine)

    assert [row.focus for row in rounds.of_run(started, RUN)] == ["", BUSES]


async def test_the_reason_for_stopping_is_kept_and_told(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 0})

    events = await settled(started, machine)

    assert runs.get(started, RUN).stopped == Reason.OFF
    assert [event.reason for event in events if isinstance(event, RoundsStopped)] == [Reason.OFF]


async def test_with_neither_deepening_nor_denoising_no_round_begins(started: Database, machine: Settings) -> None:
    await settled(started, machine.model_copy(update={"deepen": False, "denoise": False}))

    assert runs.get(started, RUN).stopped == Reason.OFF


async def test_a_wave_that_made_the_report_worse_is_gone_back_on(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 1})
    await settled(started, machine)
    rewrite(started, TRAMS, NOISE)
    finish(started, 1)

    events = await settled(started, machine)

    assert midway.texts(started)[TRAMS] == TEXTS[TRAMS]
    assert [event.name for event in events if isinstance(event, SnapshotChosen)] == ["wave 0"]
    ops = [v.op for v in drafts.versions(started, RUN) if v.section_id == midway.section(started, TRAMS).id]
    assert ops == ["draft", "denoise", "restore"]


async def test_of_equal_states_the_latest_stands(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 1})
    await settled(started, machine)
    better = f"{TEXTS[TRAMS]} Trams run on rails [e1]."
    rewrite(started, TRAMS, better)
    finish(started, 1)

    await settled(started, machine)

    assert midway.texts(started)[TRAMS] == better


async def test_sections_that_a_better_state_did_not_have_leave_the_report(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 1})
    await settled(started, machine)
    add_child(started)
    finish(started, 1)
    rewrite(started, "1.1", NOISE, op="draft")

    await settled(started, machine)

    assert "1.1" not in [section.number for section in runs.outline(started, RUN)]


async def test_a_section_that_left_the_report_is_back_when_its_state_turns_out_to_be_the_best(
    started: Database, machine: Settings
) -> None:
    machine = machine.model_copy(update={"rounds": 1})
    await settled(started, machine)
    add_child(started)
    rewrite(started, "1.1", "Rails last for thirty years [e1].", op="draft")
    finish(started, 1)
    await settled(started, machine)
    assert "1.1" not in [section.number for section in runs.outline(started, RUN)]
    rewrite(started, TRAMS, NOISE)
    rewrite(started, BUSES, NOISE)
    with started.session() as session:  # what was wrong with the first state, as a verdict would tell it
        session.delete(session.merge(snapshots.of_run(started, RUN)[0]))

    await chosen(started, machine)

    assert midway.texts(started)["1.1"] == "Rails last for thirty years [e1]."


@pytest.mark.parametrize("locked", [True, False])
async def test_what_the_user_wrote_or_locked_stays_whatever_is_gone_back_to(
    started: Database, machine: Settings, locked: bool
) -> None:
    machine = machine.model_copy(update={"rounds": 1})
    await settled(started, machine)
    if locked:
        rewrite(started, TRAMS, NOISE)
        drafts.set_locked(started, midway.section(started, TRAMS), locked=True)
    else:
        rewrite(started, TRAMS, NOISE, op="edit")
    finish(started, 1)

    await settled(started, machine)

    assert midway.texts(started)[TRAMS] == NOISE


@pytest.mark.parametrize(("verdict", "action"), [("contradicted", "deleted"), ("partial", "patched")])
async def test_a_claim_that_was_refuted_or_mended_since_counts_against_every_state_that_has_it(
    started: Database, machine: Settings, verdict: str, action: str
) -> None:
    machine = machine.model_copy(update={"rounds": 0})
    await settled(started, machine)
    sentence = "Trams run on rails in the street and draw their power from an overhead wire [e1]."
    version = drafts.accepted(started, RUN)[midway.section(started, TRAMS).id or 0]
    claims.save(
        started,
        [
            Claim(
                version_id=version.id or 0, number=1, text=sentence, evidence=[1], question="What do trams run on?",
                answer="They hover.", verdict=verdict, action=action,
            )
        ],
    )  # fmt: skip
    without = TEXTS[TRAMS].removesuffix(sentence).strip()
    rewrite(started, TRAMS, without, op="repair", wave=0)

    events = await chosen(started, machine)

    assert midway.texts(started)[TRAMS] == without
    assert [event.name for event in events if isinstance(event, SnapshotChosen)] == ["closed 0.1"]


async def test_what_the_user_asks_for_begins_a_wave_beyond_every_limit_and_once(
    started: Database, machine: Settings
) -> None:
    machine = machine.model_copy(update={"rounds": 0})
    await settled(started, machine)
    asked = note(started, BUSES)

    await settled(started, machine)
    finish(started, 1, "refused")
    await settled(started, machine)

    assert [(row.focus, row.gap_id) for row in rounds.of_run(started, RUN)] == [(BUSES, asked.id)]
    assert [gap.closing for gap in gaps.of_run(started, RUN)] == ["refused"]


async def test_what_the_user_had_changed_is_not_gone_back_on(started: Database, machine: Settings) -> None:
    machine = machine.model_copy(update={"rounds": 0})
    await settled(started, machine)
    note(started, TRAMS)
    await settled(started, machine)
    shorter = "Trams run on rails in the street [e1]. Nobody knows why they are loud at night [e1]."
    rewrite(started, TRAMS, shorter)
    finish(started, 1)

    await settled(started, machine)

    assert midway.texts(started)[TRAMS] == shorter


async def test_what_two_sections_say_alike_the_later_one_no_longer_says(started: Database, machine: Settings) -> None:
    first = TEXTS[TRAMS].partition(". ")[0]
    rewrite(started, BUSES, f"{TEXTS[BUSES]} {first}.", wave=0)

    await settled(started, machine)

    assert midway.texts(started) == TEXTS


async def test_a_quotation_stands_in_one_section_and_no_section_loses_its_last(
    started: Database, machine: Settings
) -> None:
    same, own = "- “Trams run on rails.” [e1]", "- “Buses drive in lanes.” [e2]"
    for number, text in ((TRAMS, same), (BUSES, f"{same}\n{own}"), (midway.CYCLING, same)):
        rewrite(started, number, text, op="quote", wave=0)

    await settled(started, machine)

    assert midway.texts(started) == {TRAMS: same, BUSES: own, midway.CYCLING: same}
    ops = {version.op for version in drafts.accepted(started, RUN).values()}
    assert ops == {"quote"}


async def test_a_round_that_came_to_nothing_before_it_was_routed_is_told_of(
    started: Database, machine: Settings
) -> None:
    await settled(started, machine)
    finish(started, 1, "failed")

    events = await settled(started, machine)

    told = [(event.round, event.outcome, event.reason) for event in events if isinstance(event, RoundEnded)]
    assert told == [(number, "failed", "because") for number in (1, 2, 3, 4)]
