"""What is new in a run that follows another, on runs made by hand."""

from datetime import UTC, datetime

import pytest

from redraft.agent.changes import Change, Changes, Group
from redraft.agent.settings import Settings
from redraft.agent.since import changes_since
from redraft.store import claims, drafts, runs
from redraft.store.database import Database
from redraft.store.models import Claim, Dispute, Run
from redraft.tests.agent.standing import begin, write

TRAMS, BUSES = "Trams carry up to 9,000 passengers an hour [e1].", "Buses carry up to 4,000 passengers an hour [e2]."
FEWER = "Counted again, trams carry at most 6,500 passengers an hour [e3]."
OLD = {1: "Trams carry 9,000.", 2: "Buses carry 4,000."}
TEXTS = {"1": TRAMS, "2": BUSES}


@pytest.fixture
def followed(database: Database, settings: Settings) -> Run:
    """A run that has just begun with all that the run `old`, of the 7th of September, came to."""
    begin(database, settings, TEXTS, OLD, run_id="old")
    begin(database, settings, TEXTS, {**OLD, 3: "They carry 6,500."}, run_id="new")
    with database.session() as session:
        old, new = session.get_one(Run, "old"), session.get_one(Run, "new")
        old.status, old.finished_at = "done", datetime(2026, 9, 7, 23, 30, tzinfo=UTC)
        new.follows = "old"
    return runs.get(database, "new")


def test_a_run_that_only_carries_over_has_no_news(database: Database, followed: Run) -> None:
    assert changes_since(database, followed) == Changes("2026-09-07")


def test_what_the_rounds_made_of_a_section_is_held_against_what_was_carried_over(
    database: Database, followed: Run
) -> None:
    write(database, "new", "1", FEWER, "denoise")

    made = changes_since(database, followed)

    assert made is not None
    assert made.contradicted == Group((Change(TRAMS, FEWER),))
    assert [source.url for source in made.sources] == ["file:///new.md"]


def test_what_is_made_of_the_old_report_afterwards_is_no_news(database: Database, followed: Run) -> None:
    write(database, "old", "2", "Buses are not counted any more [e2].", "edit")

    assert changes_since(database, followed) == Changes("2026-09-07")


def test_the_summary_and_the_conclusion_are_not_compared(database: Database, settings: Settings) -> None:
    origins = {"0": "summary", "3": "conclusion"}
    begin(database, settings, {"1": TRAMS}, OLD, run_id="old", ends=origins)
    begin(database, settings, {"1": TRAMS}, OLD, run_id="new", ends=origins)
    runs.set_status(database, "old", "done")
    new = runs.get(database, "new").model_copy(update={"follows": "old"})
    for number in origins:
        write(database, "new", number, BUSES)

    made = changes_since(database, new)

    assert made is not None
    assert made.texts == []


def test_verdicts_and_disputes_of_the_new_run_count(database: Database, followed: Run) -> None:
    version = drafts.versions(database, "new")[1]
    row = Claim(
        version_id=version.id or 0,
        number=1,
        text=BUSES,
        evidence=[2],
        question="",
        answer="",
        verdict="contradicted",
        action="kept",
    )
    claims.save(database, [row])
    boxed = Dispute(run_id="new", number=0, section="1", topic="use", one=TRAMS, other=FEWER)
    claims.save_disputes(database, "new", [boxed])

    made = changes_since(database, followed)

    assert made is not None
    assert made.contradicted == Group((Change(TRAMS, FEWER), Change(BUSES)))


@pytest.mark.parametrize("follows", [None, "gone"])
def test_a_run_that_follows_none_that_is_there_has_none(database: Database, followed: Run, follows: str | None) -> None:
    assert changes_since(database, followed.model_copy(update={"follows": follows})) is None


@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_run_that_follows_one_without_an_end_has_none(database: Database, followed: Run, status: str) -> None:
    runs.set_status(database, "old", status)

    assert changes_since(database, followed) is None
