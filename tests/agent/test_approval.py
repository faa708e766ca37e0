"""Gate 1: a run stops at its outline, the user changes it, and the run goes on with what they made of it."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, delete

from redraft.agent import approval, archive, outlining, run
from redraft.agent.contents import contents
from redraft.agent.errors import RunBusy, UserError
from redraft.agent.events import ApprovalAwaited, Event, RunFinished
from redraft.agent.llm import ScriptedLLM
from redraft.agent.outlining import Planned
from redraft.agent.prose import one_line
from redraft.agent.settings import Settings
from redraft.agent.state import RunState
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.store.models import Event as Announced
from redraft.store.models import Gap, Run, Section
from redraft.tests import rows
from redraft.tests.agent.desk import deps, runtime


def ignore(event: Event) -> None:
    pass


@pytest.fixture
def gated(settings: Settings) -> Settings:
    """The outline is approved, and nothing is done but drafting."""
    off = dict.fromkeys(("deepen", "denoise", "critique", "vote", "verify", "disputes", "cohere", "conclusion"), False)
    return settings.model_copy(update={"approve": True} | off)


@pytest.fixture
def writer(writer: ScriptedLLM) -> ScriptedLLM:
    """Writes what it is asked to, and has no more to say to it."""
    return ScriptedLLM({**writer.script, **dict.fromkeys(("shorten", "expand", "question"), lambda _: "No.")})


def row(number: str, title: str, *, origin: str = "model", words: int = 100) -> Section:
    return Section(run_id="", number=number, title=title, purpose=f"{title}.", words=words, origin=origin)


@pytest.fixture
def outlined(database: Database, settings: Settings, question: str) -> Run:
    """A run of which the outline stands: summary, three sections, conclusion."""
    created = run.create(database, question, settings)
    body = [row("1", "Rails"), row("2", "Wires", origin="code"), row("3", "Stops", words=160)]
    body[0].hypotheses = ["Rails last long."]
    sections = [row("0", "Summary", origin="summary"), *body, row("4", "Conclusion", origin="conclusion")]
    for section in sections:
        section.run_id = created.id
    runs.save_outline(database, created.id, sections)
    return created


def gap(run_id: str, opened_by: str) -> Gap:
    question = f"What else? Asks: {opened_by}."
    return rows.gap(run_id, question, kind="unsupported", priority="high", opened_by=opened_by)


def listed(sections: Sequence[Section]) -> list[tuple[str, str, str]]:
    return [(section.number, section.title, section.origin) for section in sections]


async def test_a_run_waits_at_its_outline_and_goes_on_when_it_is_taken_up_again(
    database: Database, gated: Settings, question: str, writer: ScriptedLLM
) -> None:
    created = run.create(database, question, gated)
    heard: list[Event] = []

    await run.carry_out(database, created.id, gated, heard.append, writer)
    waiting = runs.get(database, created.id)
    asked = {request.node for request in writer.requests}
    await run.carry_out(database, created.id, gated, heard.append, writer)

    assert (archive.status(database, waiting), waiting.finished_at, waiting.failure) == ("waiting", None, None)
    assert asked == {"brief", "outline"}
    titles = [section.title for section in runs.outline(database, created.id)[1:]]
    assert [event for event in heard if isinstance(event, ApprovalAwaited)] == [ApprovalAwaited(titles=titles)]
    assert isinstance(heard[-1], RunFinished)
    assert archive.status(database, runs.get(database, created.id)) == "done"


async def test_a_run_is_written_from_the_outline_that_the_user_made(
    database: Database, gated: Settings, question: str, writer: ScriptedLLM
) -> None:
    created = run.create(database, question, gated)
    await run.carry_out(database, created.id, gated, ignore, writer)

    approval.apply(database, created.id, "## 2. Cost of building\n\n## Passengers of an hour\n\nPurpose: Who rides.\n")
    await run.carry_out(database, created.id, gated, ignore, writer)

    titles = [part.section.title for part in archive.report(database, created.id).parts]
    assert titles == ["Summary", "Cost of building", "Passengers of an hour"]


async def test_a_run_that_nobody_was_told_to_approve_waits_once_more(
    database: Database, gated: Settings, question: str, writer: ScriptedLLM
) -> None:
    created = run.create(database, question, gated)
    await run.carry_out(database, created.id, gated, ignore, writer)
    # As if the process had been killed before it could say so.
    with database.session() as session:
        session.exec(delete(Announced).where(col(Announced.kind) == ApprovalAwaited.__name__))
    runs.set_status(database, created.id, "running")

    await run.carry_out(database, created.id, gated, ignore, ScriptedLLM({}))

    assert archive.status(database, runs.get(database, created.id)) == "waiting"


async def test_a_finished_run_is_carried_out_again_for_what_the_user_asks_and_not_else(
    database: Database, gated: Settings, question: str, writer: ScriptedLLM
) -> None:
    created = run.create(database, question, gated.model_copy(update={"approve": False}))
    heard: list[Event] = []
    await run.carry_out(database, created.id, gated, heard.append, writer)
    await run.carry_out(database, created.id, gated, heard.append, writer)
    before = len(heard)

    gaps.open_all(database, [gap(created.id, "diagnosis")])
    await run.carry_out(database, created.id, gated, heard.append, writer)
    for_others = len(heard)
    gaps.open_all(database, [gap(created.id, "user")])
    await run.carry_out(database, created.id, gated, heard.append, writer)

    assert for_others == before
    assert len(heard) > before
    assert archive.status(database, runs.get(database, created.id)) == "done"


async def test_the_gate_is_open_where_nobody_asked_for_it_or_the_writing_has_begun(
    database: Database, outlined: Run, gated: Settings
) -> None:
    state = RunState(run_id=outlined.id)
    drafts.save_queries(database, runs.section(database, outlined.id, "1").id or 0, ["rails"])

    assert await approval.approve(state, runtime(deps(database, outlined.id, ScriptedLLM({}), gated))) == {}


def test_a_changed_outline_keeps_what_was_not_changed(database: Database, outlined: Run) -> None:
    text = approval.text(database, outlined.id)
    text = text.replace("## 3. Stops", "## Tickets\n\n## 3. Halts").replace("## 1. Rails", "## 7th heaven")

    sections = approval.apply(database, outlined.id, text)

    assert (
        listed(runs.outline(database, outlined.id))
        == listed(sections)
        == [
            ("0", "Summary", "summary"),
            ("1", "7th heaven", "user"),
            ("2", "Wires", "code"),
            ("3", "Tickets", "user"),
            ("4", "Halts", "user"),
            ("5", "Conclusion", "conclusion"),
        ]
    )
    assert [section.words for section in sections] == [100, 100, 100, 120, 160, 100]
    assert sections[1].hypotheses == ["Rails last long."]
    assert sections[3].purpose == "What is known about it: Tickets"


def test_a_section_that_only_moved_is_still_the_models(database: Database, outlined: Run) -> None:
    sections = approval.change(database, outlined.id, lambda found: outlining.moved(found, "3", 1))

    assert listed(sections)[1:4] == [("1", "Stops", "model"), ("2", "Rails", "model"), ("3", "Wires", "code")]


def test_every_change_has_its_command(database: Database, outlined: Run) -> None:
    def change(found: list[Planned]) -> list[Planned]:
        found = outlining.renamed(found, "2", "Cables")
        found = outlining.resized(found, "2", 300)
        found = outlining.added(found, "Tickets")
        return outlining.dropped(found, "1")

    sections = approval.change(database, outlined.id, change)

    assert [(s.number, s.title, s.words, s.origin) for s in sections[1:-1]] == [
        ("1", "Cables", 300, "user"),
        ("2", "Stops", 160, "model"),
        ("3", "Tickets", 120, "user"),
    ]


def test_an_outline_that_is_being_written_is_not_changed(database: Database, outlined: Run) -> None:
    section = runs.section(database, outlined.id, "1")
    drafts.append(database, [drafts.version_of(section, "draft", "Rails.", accepted=True)])
    before = listed(runs.outline(database, outlined.id))

    with pytest.raises(UserError, match="its sections are being written"):
        approval.apply(database, outlined.id, "## Another\n")
    with pytest.raises(UserError, match="its sections are being written"):
        approval.text(database, outlined.id)

    assert listed(runs.outline(database, outlined.id)) == before


def test_an_outline_is_not_changed_under_the_hands_of_a_process(database: Database, outlined: Run) -> None:
    with archive.alone(database, outlined.id), pytest.raises(RunBusy):
        approval.apply(database, outlined.id, "## Another\n")


def test_a_run_without_an_outline_has_none_to_change(database: Database, settings: Settings, question: str) -> None:
    created = run.create(database, question, settings)

    with pytest.raises(UserError, match="no outline yet"):
        approval.apply(database, created.id, "## Another\n")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "an outline has 1 to 40 sections, and this one 0"),
        ("Purpose: None.\n", "line 1 of the outline: an outline begins with a section"),
        ("## Rails\n\nThey last.\n", "line 3 of the outline: neither a section"),
        ("## Rails\nWords: many\n", "line 2 of the outline: 'many' is no number of words"),
        ("## Rails\nWords: 5\n", "line 1 of the outline: a section has 20 to 10000 words"),
        ("## Rails\nWords: 50\nWords: 60\n", "line 3 of the outline: a section has one line Words:"),
        ("## Rails\nPurpose: One.\nPurpose: Two.\n", "line 3 of the outline: a section has one line Purpose:"),
        ("## Rails\n\n## rails\n", "line 3 of the outline: there are two sections 'rails'"),
        ("## 1. Rails\n\n## 1. Wires\n", "line 3 of the outline: there are two sections with the number 1"),
        ("## 1. \n", "line 1 of the outline: the section has no title"),
        ("## Summary\n", "line 1 of the outline: 'Summary' is a heading that the report has anyway"),
        ("## Schlussfolgerung\n", "line 1 of the outline: 'Schlussfolgerung' is a heading"),
        ("# Rails\n", "line 1 of the outline: neither a section"),
        ("\n".join(f"## Part {number}a" for number in range(41)), "and this one 41"),
    ],
)
def test_what_is_no_outline_is_refused_by_its_line(text: str, wrong: str) -> None:
    with pytest.raises(UserError) as error:
        outlining.parsed(text, ["1", "2"])

    assert wrong in str(error.value)


def test_a_line_that_an_editor_wrapped_is_one_line() -> None:
    text = "## 1. Rails\nPurpose: How long\n  they last.\n\n- They last\n  for ever.\n<!-- a note -->\n* Or not.\n"

    assert outlining.parsed(text, ["1"]) == [
        Planned(number="1", title="Rails", purpose="How long they last.", hypotheses=("They last for ever.", "Or not."))
    ]


LINE = st.text(max_size=260).map(outlining.plain)
TITLE = st.text(min_size=1, max_size=60).map(lambda text: one_line(f"T{text}"))
PLANNED = st.builds(
    Planned,
    title=TITLE,
    purpose=LINE,
    words=st.just(0) | st.integers(20, 10_000),
    hypotheses=st.lists(LINE.filter(bool), max_size=3).map(tuple),
)


@given(st.lists(PLANNED, min_size=1, max_size=5, unique_by=lambda section: section.title.casefold()))
def test_the_text_of_an_outline_says_the_same_sections_again(sections: list[Planned]) -> None:
    numbered = [Planned(**{**vars(section), "number": str(number)}) for number, section in enumerate(sections, start=1)]

    assert outlining.parsed(outlining.text_of(numbered), [section.number for section in numbered]) == numbered
    assert [section.title for section in outlining.parsed(outlining.text_of(sections), [])] == [
        section.title for section in sections
    ]


@given(st.text())
def test_any_text_is_an_outline_or_refused(text: str) -> None:
    with suppress(UserError):
        assert outlining.parsed(text, ["1", "2"])


def test_the_outline_tells_how_far_each_section_is(database: Database, outlined: Run) -> None:
    one, two, three = (runs.section(database, outlined.id, number) for number in ("1", "2", "3"))
    drafts.append(database, [drafts.version_of(one, "draft", "Rails last for thirty years.", accepted=True)])
    drafts.append(database, [drafts.version_of(two, "accept", "Wires do not.", accepted=True)])
    drafts.set_locked(database, three, locked=True)
    drafts.set_stale(database, runs.section(database, outlined.id, "4"), "There is newer evidence.")

    found = contents(database, outlined.id)

    assert [(entry.number, entry.state, entry.words, entry.wanted) for entry in found] == [
        ("0", "planned", 0, 100),
        ("1", "drafted", 5, 100),
        ("2", "approved", 3, 100),
        ("3", "locked", 0, 160),
        ("4", "stale", 0, 100),
    ]
