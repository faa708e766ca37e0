"""Gate 1 in whole runs: the outline waits for the user, whatever happens to the process."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import approval
from redraft.agent.events import ApprovalAwaited
from redraft.store import runs
from redraft.tests.agent.whole import (
    PATIENT,
    Killed,
    Mortal,
    Shelf,
    Whole,
    Wrapped,
    examples,
    killed_after_replies,
    killed_before_writes,
    mortal,
    standing_in,
    state,
)
from redraft.tests.liars import Liar

pytestmark = PATIENT

WANTED = "## 2. Buses and their use\n\n## What bridges cost to keep\n\nPurpose: The upkeep of bridges.\nWords: 90\n"
TITLES = ["Summary", "Buses and their use", "What bridges cost to keep", "Conclusion"]


def change(whole: Whole) -> None:
    approval.apply(whole.database, whole.run_id, WANTED)


def told(whole: Whole) -> bool:
    """Whether somebody was told that the outline waits: taking the run up from there on is to approve it."""
    return bool(runs.events(whole.database, whole.run_id, kind=ApprovalAwaited.__name__))


def titles(whole: Whole) -> list[str]:
    return [section.title for section in whole.sections if "." not in section.number]


def test_a_whole_run_waits_is_changed_and_is_written_from_what_the_user_made(shelf: Shelf) -> None:
    with shelf.begun(approve=True) as whole:
        whole.carry_out(standing_in())
        waiting, asked = whole.status, {call.node for call in whole.calls()}
        change(whole)
        whole.carry_out(standing_in())

        assert (waiting, asked) == ("waiting", {"brief", "outline"})
        assert (whole.status, titles(whole)) == ("done", TITLES)
        assert "\n## What bridges cost to keep\n" in whole.report
        assert "Trams and their use" not in whole.report


def test_an_outline_that_is_approved_as_it_is_makes_the_report_that_nobody_was_asked_for(shelf: Shelf) -> None:
    with shelf.done(standing_in()) as unasked, shelf.begun(approve=True) as whole:
        whole.carry_out(standing_in())
        whole.carry_out(standing_in())

        assert state(whole) == state(unasked)


@pytest.mark.parametrize("replies", [0, 1, 2])
def test_a_run_that_is_killed_before_it_waits_still_waits(shelf: Shelf, replies: int) -> None:
    with shelf.begun(approve=True) as whole:
        with suppress(Killed):
            whole.carry_out(Mortal(standing_in(), replies=replies))
        if whole.status != "waiting":
            whole.carry_out(standing_in())

        assert whole.status == "waiting"
        assert whole.calls("query", "draft") == []


@examples(3)
@given(
    seed=st.integers(0, 10**9),
    faults=st.sampled_from([0.0, 0.3]),
    before=st.integers(0, 120),
    replies=st.lists(st.integers(0, 20), max_size=2),
    writes=st.lists(st.integers(0, 500), max_size=2),
)
def test_whenever_it_is_killed_a_run_waits_once_for_its_outline_and_ends_the_same(
    shelf: Shelf, seed: int, faults: float, before: int, replies: list[int], writes: list[int]
) -> None:
    def model() -> Liar:
        return Liar(standing_in(), seed, faults)

    with shelf.begun(approve=True) as usual, shelf.begun(approve=True) as whole:
        usual.carry_out(model())
        with suppress(Killed), mortal(whole.database, before):
            whole.carry_out(model())
        if not told(whole):
            whole.carry_out(model())
        assert usual.status == "waiting"
        assert told(whole)
        assert whole.calls("query", "draft") == []
        change(usual)
        change(whole)
        usual.carry_out(model())
        killed_after_replies(whole, model(), replies)
        killed_before_writes(whole, model(), writes)

        assert titles(whole) == TITLES
        assert state(whole) == state(usual)


def test_a_change_between_two_kills_is_what_is_written(shelf: Shelf) -> None:
    llm = Wrapped(standing_in())
    with shelf.begun(approve=True) as whole:
        killed_after_replies(whole, llm, [1])
        change(whole)
        with suppress(Killed):
            whole.carry_out(Mortal(llm, replies=0))
        killed_after_replies(whole, llm, [1, 1])

        assert titles(whole) == TITLES
        assert len(set(llm.told)) == len(llm.told)
