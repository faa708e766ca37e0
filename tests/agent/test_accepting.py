"""What the user takes over, and what a change of the user's makes of the texts that sum it up."""

import pytest

from redraft.agent.editing import accept, edit, opened, set_lock, undo
from redraft.agent.errors import UserError
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.models import Version
from redraft.tests.agent.mended import RUN, mended, section, standing


def rewrite(database: Database, number: str, text: str) -> None:
    with opened(database, RUN, number) as mine:
        edit(database, mine, text)


@pytest.mark.parametrize("closing_locked", [True, False])
def test_what_sums_up_a_changed_section_is_stale_locked_or_not(database: Database, closing_locked: bool) -> None:
    mended(database)
    drafts.set_locked(database, section(database, "0"), locked=closing_locked)
    drafts.set_stale(database, section(database, "2.1"), "Its claims do not hold.")

    rewrite(database, "2.1", "Rails last long [e1].")

    told = {number: section(database, number).stale for number in ("0", "1", "2", "2.1", "3")}
    reason = "Section 2.1 was changed by the user (edit)."
    assert told == {"0": reason, "1": None, "2": None, "2.1": None, "3": reason}


def test_a_summary_that_the_user_writes_is_stale_no_more_and_makes_nothing_else_so(database: Database) -> None:
    mended(database)
    drafts.set_stale(database, section(database, "0"), "Section 1 was changed.")

    rewrite(database, "0", "Trams are better [e1].")

    assert [section(database, number).stale for number in ("0", "1", "2", "2.1", "3")] == [None] * 5


def offered(database: Database, number: str, text: str) -> Version:
    """A version that waits beside a locked text."""
    drafts.set_locked(database, section(database, number), locked=True)
    drafts.set_stale(database, section(database, number), "Its claims do not hold.")
    version = drafts.version_of(section(database, number), "denoise", text, accepted=False, wave=2)
    version.proposed = True
    drafts.append(database, [version])
    return version


def take(database: Database, number: str, version: int | None = None) -> Version:
    with opened(database, RUN, number) as mine:
        return accept(database, mine, version)


def test_a_proposed_version_that_is_accepted_stands_and_leaves_the_lock_as_it_is(database: Database) -> None:
    mended(database)
    offered(database, "2", "A kilometre costs 40 million euros [e1].")

    version = take(database, "2")

    assert (version.number, version.op, version.accepted, version.proposed) == (4, "accept", True, False)
    assert standing(database, "2").text == "A kilometre costs 40 million euros [e1]."
    after = section(database, "2")
    assert (after.locked, after.stale) == (True, None)
    assert section(database, "3").stale == "Section 2 was changed by the user (accept)."
    with opened(database, RUN, "2") as mine:
        assert undo(database, mine).text.startswith("Building a tram line")


def test_a_refused_version_can_be_accepted_by_its_number_and_locks_nothing(database: Database) -> None:
    mended(database)

    assert take(database, "1", 2).text == "Trams carry many [e1]."
    assert section(database, "1").locked is False


@pytest.mark.parametrize(
    ("number", "version", "told"),
    [
        ("1", None, "no version waits in section 1"),
        ("1", 7, "section 1 has no version 7"),
        ("1", 1, "stands in section 1 already"),
        ("2", 3, "version 3 of section 2 has no text"),
        ("3", 2, r"points to no evidence of the run: \[e99\]"),
    ],
)
def test_a_version_that_cannot_stand_is_refused_and_changes_nothing(
    database: Database, number: str, version: int | None, told: str
) -> None:
    mended(database)
    for where, text in (("2", ""), ("3", "Ships sail [e99].")):
        drafts.append(database, [drafts.version_of(section(database, where), "denoise", text, accepted=False)])
    before = drafts.versions(database, RUN)

    with pytest.raises(UserError, match=told):
        take(database, number, version)

    assert drafts.versions(database, RUN) == before
    assert section(database, "0").stale is None


def test_a_lock_is_noted_with_its_time(database: Database) -> None:
    mended(database)
    for locked in (True, False):
        with opened(database, RUN, "2.1") as mine:
            set_lock(database, mine, locked=locked)

    noted = runs.events(database, RUN, kind="SectionLocked")
    assert [event.data for event in noted] == [
        {"section": "2.1", "locked": True},
        {"section": "2.1", "locked": False},
    ]
    assert noted[0].at <= noted[1].at
    assert section(database, "2.1").locked is False
