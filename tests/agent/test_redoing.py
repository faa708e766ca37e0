"""A note of the user: it becomes the most urgent of the gaps, or says why it does not."""

import pytest

from redraft.agent import archive
from redraft.agent.errors import RunBusy, UserError
from redraft.agent.redoing import LONGEST_NOTE, ask_again
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.tests.agent.mended import RUN, mended, section


@pytest.fixture
def run_id(database: Database) -> str:
    return mended(database)


def test_a_note_is_an_urgent_gap_of_its_section_from_after_the_last_wave(database: Database, run_id: str) -> None:
    ask_again(database, run_id, "2.1", "  It does not say\nwhat rails cost. ")

    gap = gaps.of_run(database, run_id)[-1]
    assert (gap.kind, gap.section, gap.priority, gap.opened_by, gap.state) == ("note", "2.1", "high", "user", "open")
    assert (gap.question, gap.opened_in) == ("It does not say what rails cost.", 1)
    assert section(database, "2.1").stale is None


@pytest.mark.parametrize("number", ["0", "3"])
def test_a_note_on_the_summary_or_the_conclusion_makes_it_stale(database: Database, run_id: str, number: str) -> None:
    ask_again(database, run_id, number, "It leaves out the cost.")

    assert section(database, number).stale == "It leaves out the cost."
    assert gaps.of_run(database, run_id)[-1].section == number


@pytest.mark.parametrize(
    ("number", "note", "told"),
    [
        ("9", "Wrong.", "no section 9"),
        ("1", "Wrong.", "section 1 is locked: unlock it first, with redraft unlock mended00 1"),
        ("2", " … ", "the note is empty"),
        ("2", "x" * (LONGEST_NOTE + 1), "501 characters"),
    ],
)
def test_a_note_that_cannot_be_worked_on_is_refused_and_changes_nothing(
    database: Database, run_id: str, number: str, note: str, told: str
) -> None:
    drafts.set_locked(database, section(database, "1"), locked=True)
    before = gaps.of_run(database, run_id)

    with pytest.raises(UserError, match=told):
        ask_again(database, run_id, number, note)

    assert gaps.of_run(database, run_id) == before


@pytest.mark.parametrize(("status", "told"), [("running", "interrupted"), ("failed", "failed"), ("waiting", "waiting")])
def test_a_run_that_is_not_finished_is_finished_first(database: Database, run_id: str, status: str, told: str) -> None:
    runs.set_status(database, run_id, status)

    with pytest.raises(UserError, match=f"run {RUN} is {told}: finish it first, with redraft resume {RUN}"):
        ask_again(database, run_id, "2", "It is wrong.")


def test_a_run_that_another_process_works_on_takes_no_note(database: Database, run_id: str) -> None:
    with archive.alone(database, run_id), pytest.raises(RunBusy):
        ask_again(database, run_id, "2", "It is wrong.")


def test_the_same_note_again_says_what_came_of_it(database: Database, run_id: str) -> None:
    ask_again(database, run_id, "2", "It is wrong.")
    gaps.close(database, gaps.of_run(database, run_id)[-1].id or 0, "nothing_new")

    with pytest.raises(UserError, match="this note before, which came out as nothing_new"):
        ask_again(database, run_id, "2", "It is  wrong.")
