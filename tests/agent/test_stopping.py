"""When the rounds end, and that neither failure nor self-praise ends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.stopping import Reason, reason_to_stop
from redraft.store.models import Gap, Round
from redraft.tests.rows import gap


def rounds(*outcomes: str, lanes: int = 1, gap: int | None = 1) -> list[Round]:
    """So many rounds in a row, those without a gap on the report as a whole."""
    focus = "" if gap is None else "1"
    return [
        Round(run_id="r", number=at + 1, wave=at // lanes + 1, focus=focus, gap_id=gap, outcome=outcome)
        for at, outcome in enumerate(outcomes)
    ]


def a_gap(priority: str, state: str = "open") -> Gap:
    return gap("r", "?", priority=priority, state=state)


def stop(done: list[Round], *gaps: Gap, limit: int = 9, spent: int = 0, budget: int | None = None) -> Reason | None:
    return reason_to_stop(done, gaps, limit=limit, spent=spent, budget=budget)


def test_without_rounds_there_is_nothing_to_stop() -> None:
    assert stop([], limit=0) is Reason.OFF


def test_the_rounds_end_when_as_many_as_allowed_are_done() -> None:
    assert stop(rounds("accepted", "accepted"), limit=2) is Reason.ROUNDS
    assert stop(rounds("accepted", "accepted"), limit=3) is None


def test_two_dry_rounds_in_a_row_end_them_and_one_does_not() -> None:
    assert stop(rounds("accepted", "dry", "dry")) is Reason.DRY
    assert stop(rounds("dry", "accepted", "dry")) is None


def test_of_a_wave_all_rounds_must_be_dry() -> None:
    assert stop(rounds("accepted", "dry", "dry", "dry", lanes=4)) is None
    assert stop(rounds("accepted", "dry", "dry", "dry", lanes=2)) is Reason.DRY


@given(
    st.lists(st.sampled_from(["accepted", "refused", "failed", "proposed"]), min_size=1, max_size=8), st.integers(1, 4)
)
def test_a_round_that_failed_is_never_taken_for_done(outcomes: list[str], lanes: int) -> None:
    assert stop(rounds(*outcomes, "failed", lanes=lanes), limit=99) is None


def test_nothing_lacking_ends_them_only_while_nothing_urgent_is_open() -> None:
    satisfied = rounds("dry", gap=None)

    assert stop(satisfied) is Reason.COMPLETE
    assert stop(satisfied, a_gap("medium")) is Reason.COMPLETE
    assert stop(satisfied, a_gap("high", "closed")) is Reason.COMPLETE
    assert stop(satisfied, a_gap("high")) is None


def test_nothing_lacking_in_one_section_says_nothing_of_the_others() -> None:
    row = rounds("dry", gap=None)[0]
    row.focus = "2"

    assert stop([row, *rounds("failed")]) is None


def test_nothing_lacking_beside_a_round_that_changed_something_goes_on() -> None:
    assert stop([*rounds("dry", gap=None, lanes=2), *rounds("accepted", lanes=2)]) is None


@pytest.mark.parametrize(("spent", "expected"), [(1_000, None), (40_000, Reason.TOKENS)])
def test_a_wave_that_would_eat_what_closing_needs_does_not_begin(spent: int, expected: Reason | None) -> None:
    assert stop(rounds("accepted"), spent=spent, budget=100_000) is expected


def test_a_budget_is_checked_before_the_first_wave_too() -> None:
    assert stop([], spent=60_000, budget=80_000) is Reason.TOKENS
