from typing import Any

import pytest
from sqlmodel import col, select

from redraft.store import claims, drafts, following, gaps, jobs, library, runs
from redraft.store.database import Database
from redraft.store.models import Claim, Dispute, JobRun, Passage, Run, Section, Source, Version
from redraft.tests import rows
from redraft.tests.store.turning import SEVEN, held

SAID = ("Trams run on rails.", "Buses run on roads.", "Ferries swim.")


def a_run(run_id: str, **more: Any) -> Run:
    return Run(id=run_id, question="?", status="running", settings={}, created_at=SEVEN, **more)


def passages(database: Database) -> list[int]:
    page = "\n".join(SAID)
    source = Source(library="cities", url="file:///a", title="A", site="", digest="", page_digest="", added_at=SEVEN)
    places = [(page.index(text), text) for text in SAID]
    spans = [Passage(source_id=0, start=at, end=at + len(text), heading="", text=text) for at, text in places]
    library.add(database, source, page, spans)
    with database.session() as session:
        return list(session.exec(select(Passage.id).order_by(col(Passage.start))))  # type: ignore[arg-type]


@pytest.fixture
def turn(database: Database) -> JobRun:
    return held(database)


@pytest.fixture
def old(database: Database) -> list[Section]:
    """The outline of the run `old`: a summary of two sections, one of which the user has written anew."""
    runs.create(database, a_run("old"))
    runs.save_brief(database, rows.brief("old"))
    outline = [rows.section("0", origin="summary"), rows.section("1"), rows.section("2")]
    for section in outline:
        section.id, section.run_id = None, "old"
    runs.save_outline(database, "old", outline)
    summary, one, two = runs.outline(database, "old")
    taken = passages(database)
    drafts.take(database, two, taken[2:])
    drafts.take(database, one, taken[:2])
    drafts.append(database, [drafts.version_of(one, "draft", "Trams [e2].", accepted=True, wave=1)])
    drafts.append(database, [drafts.version_of(one, "draft", "Worse.", accepted=False, wave=1)])
    drafts.append(database, [drafts.version_of(two, "edit", "Ferries [e1].", accepted=True)])
    drafts.append(database, [drafts.version_of(summary, "draft", "Both.", accepted=True)])
    claim: dict[str, Any] = {
        "number": 1,
        "text": "Trams.",
        "evidence": [2],
        "question": "?",
        "answer": "Yes.",
        "action": "kept",
    }
    standing = drafts.accepted(database, "old")[one.id or 0]
    claims.save(database, [Claim(version_id=standing.id or 0, verdict="supported", **claim)])
    dispute = Dispute(run_id="old", number=1, section="1", topic="Rails", one="Yes [e1].", other="No [e2].")
    claims.save_disputes(database, "old", [dispute])
    return [summary, one, two]


def test_a_turn_has_one_run_however_often_it_is_begun(database: Database, turn: JobRun) -> None:
    first = following.begin(database, turn, a_run("first"), [rows.gap("first", "What is new?", number=1)])
    again = following.begin(database, turn, a_run("second"), [rows.gap("second", "What is new?", number=1)])

    assert first.id == again.id == "first"
    assert jobs.turn(database, turn.id or 0).run_id == "first"
    assert [run.id for run in runs.newest_first(database)] == ["first"]
    assert [gap.question for gap in gaps.of_run(database, "first")] == ["What is new?"]


def test_a_run_that_follows_another_has_its_texts_its_verdicts_and_its_evidence(
    database: Database, turn: JobRun, old: list[Section]
) -> None:
    following.begin(database, turn, a_run("new", follows="old"))

    brief = runs.brief(database, "new")
    assert brief is not None
    assert brief.title == rows.brief("old").title
    outline = runs.outline(database, "new")
    assert [(s.number, s.title, s.origin) for s in outline] == [(s.number, s.title, s.origin) for s in old]
    assert standing(database, "new") == [("carry", "Both."), ("carry", "Trams [e2]."), ("edit", "Ferries [e1].")]
    assert [(c.text, c.verdict) for c in claims.of_run(database, "new")] == [("Trams.", "supported")]
    assert [d.topic for d in claims.disputes(database, "new")] == ["Rails"]
    for run_id in ("old", "new"):
        evidence = {e.evidence.number: e.passage.text for e in drafts.run_exhibits(database, run_id)}
        assert evidence == {1: SAID[2], 2: SAID[0], 3: SAID[1]}
    assert [e.evidence.number for e in drafts.exhibits(database, outline[1].id or 0)] == [2, 3]


def test_what_is_done_to_the_new_run_leaves_the_old_one_as_it_was(
    database: Database, turn: JobRun, old: list[Section]
) -> None:
    before = standing(database, "old")
    following.begin(database, turn, a_run("new", follows="old"))

    drafts.revise(database, runs.section(database, "new", "1"), "edit", "Trams are gone.")

    assert standing(database, "old") == before
    assert ("edit", "Trams are gone.") in standing(database, "new")


def test_the_summary_that_is_carried_over_is_older_than_no_section(
    database: Database, turn: JobRun, old: list[Section]
) -> None:
    following.begin(database, turn, a_run("new", follows="old"))

    summary, *others = texts(database, "new")

    assert all((summary.id or 0) > (text.id or 0) for text in others)


def texts(database: Database, run_id: str) -> list[Version]:
    accepted = drafts.accepted(database, run_id)
    return [accepted[section.id or 0] for section in runs.outline(database, run_id)]


def standing(database: Database, run_id: str) -> list[tuple[str, str]]:
    return [(text.op, text.text) for text in texts(database, run_id)]
