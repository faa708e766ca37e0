"""What a user does to a section, and that nothing of it is ever lost."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.agent import archive, run
from redraft.agent.archive import open_database
from redraft.agent.citations import cited
from redraft.agent.editing import edit, opened, undo
from redraft.agent.errors import RunBusy, UserError
from redraft.agent.events import Event, EvidenceGathered
from redraft.agent.history import chapter, chapters
from redraft.agent.library import add
from redraft.agent.llm import ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings, load_settings
from redraft.store import drafts, runs
from redraft.store.database import Database
from redraft.store.models import Version
from redraft.tests import faithful
from redraft.tests.conftest import BARE, DOCUMENTS
from redraft.tests.texts import TEXTS


class Finished(NamedTuple):
    """A run that has come to its end."""

    path: Path
    run_id: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    home, documents = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    chosen = load_settings(home=home, preset="quick", sections=2, words=200, library="cities", search="none", **BARE)
    database = open_database(chosen)
    add(database, chosen.library, [str(documents)], lambda *_: None)
    row = run.create(database, "What do trams and buses cost?", chosen)
    writer = ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda request: faithful.answer(request.messages[-1].content)))
    asyncio.run(run.carry_out(database, row.id, chosen, lambda _: None, writer))
    database.close()
    return Finished(database.folder / "redraft.db", row.id)


@pytest.fixture
def kept(finished: Finished, tmp_path: Path) -> Iterator[Database]:
    """A copy of it, to write to."""
    database = Database(Path(shutil.copy(finished.path, tmp_path / "redraft.db")))
    yield database
    database.close()


def rewrite(database: Database, run_id: str, number: str, text: str) -> Version | None:
    with opened(database, run_id, number) as mine:
        return edit(database, mine, text)


def take_back(database: Database, run_id: str, number: str) -> Version:
    with opened(database, run_id, number) as mine:
        return undo(database, mine)


def written(database: Database, run_id: str) -> str:
    return markdown(archive.report(database, run_id))


def standing(database: Database, run_id: str, number: str) -> str:
    newest = chapter(database, run_id, number).newest
    return newest.text if newest else ""


def test_an_edit_stands_in_the_report_and_locks_its_section(kept: Database, finished: Finished) -> None:
    version = rewrite(kept, finished.run_id, "1", "  Trams are my own choice【e1】, as Brno shows [E2,e1].\n")

    entry = chapter(kept, finished.run_id, "1")
    assert (version.op, version.number, entry.section.locked) == ("edit", 2, True)  # type: ignore[union-attr]
    assert entry.newest.text == "Trams are my own choice[e1], as Brno shows [e2, e1]."  # type: ignore[union-attr]
    assert re.search(
        r"\n\nTrams are my own choice\[\d\], as Brno shows \[[\d, ]+\]\.\n\n", written(kept, finished.run_id)
    )


@pytest.mark.parametrize(
    "mark",
    ["[e99]", "[e1, e99]", "[3]", "[1, 2]", "【e99】", "[[7]]", "[e1, p. 4]", "[see https://example.org]", "[e1,\n99]"],
)
def test_an_edit_that_cites_what_the_run_does_not_have_is_refused_and_changes_nothing(
    kept: Database, finished: Finished, mark: str
) -> None:
    before = written(kept, finished.run_id)

    with pytest.raises(UserError) as refused:
        rewrite(kept, finished.run_id, "1", f"Trams run [e1]. Ships sail {mark}.")

    assert mark.strip("[]") in str(refused.value)
    assert "[e1]: " not in str(refused.value)
    assert written(kept, finished.run_id) == before


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_edit_is_refused(kept: Database, finished: Finished, text: str) -> None:
    with pytest.raises(UserError, match="empty"):
        rewrite(kept, finished.run_id, "1", text)


def test_an_edit_that_changes_nothing_makes_no_version_and_no_lock(kept: Database, finished: Finished) -> None:
    assert rewrite(kept, finished.run_id, "1", standing(kept, finished.run_id, "1") + "\n") is None

    entry = chapter(kept, finished.run_id, "1")
    assert (len(entry.versions), entry.section.locked) == (1, False)


def test_an_undo_goes_back_one_version_and_the_next_one_further(kept: Database, finished: Finished) -> None:
    first = standing(kept, finished.run_id, "1")
    for text in ("Second.", "Third."):
        rewrite(kept, finished.run_id, "1", text)

    take_back(kept, finished.run_id, "1")
    second = standing(kept, finished.run_id, "1")
    take_back(kept, finished.run_id, "1")
    rewrite(kept, finished.run_id, "1", "Fourth.")
    take_back(kept, finished.run_id, "1")

    assert second == "Second."
    assert standing(kept, finished.run_id, "1") == first
    ops = [version.op for version in chapter(kept, finished.run_id, "1").versions]
    assert ops == ["draft", "edit", "edit", "undo", "undo", "edit", "undo"]
    with pytest.raises(UserError, match="nothing to undo"):
        take_back(kept, finished.run_id, "1")


def test_the_report_says_that_a_section_quotes_its_evidence_when_an_undo_has_brought_that_back(
    kept: Database, finished: Finished
) -> None:
    changed = chapter(kept, finished.run_id, "1").section
    drafts.revise(kept, changed, "quote", "“Trams run.” [e1]")
    rewrite(kept, finished.run_id, "1", "Trams run well [e1].")
    before = archive.report(kept, finished.run_id).limits

    take_back(kept, finished.run_id, "1")

    after = archive.report(kept, finished.run_id).limits
    assert [limit for limit in after if limit not in before] == [
        f"No draft of “{changed.title}” passed its checks: there the evidence is quoted instead."
    ]


def test_a_section_that_is_not_there_is_refused_with_those_that_are(kept: Database, finished: Finished) -> None:
    with pytest.raises(UserError, match=r"no section 9: its sections are 0, 1, 2"):
        rewrite(kept, finished.run_id, "9", "Trams.")


async def test_a_run_that_is_being_carried_out_cannot_be_edited(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    row = run.create(database, question, settings)
    refused: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, EvidenceGathered):
            with pytest.raises(RunBusy) as error:
                rewrite(database, row.id, "1", "Mine [e1].")
            refused.append(str(error.value))

    await run.carry_out(database, row.id, settings, listen, writer)

    assert refused == [f"another process is working on run {row.id}: wait for it, or end it first"]
    assert all(version.op == "draft" for version in drafts.versions(database, row.id))


class Killed(BaseException):
    """Ends a run as the system would."""


async def interrupted(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> str:
    """A run that has its evidence and no text."""
    row = run.create(database, question, settings)

    def die(event: Event) -> None:
        if isinstance(event, EvidenceGathered):
            raise Killed

    with pytest.raises(Killed):
        await run.carry_out(database, row.id, settings, die, writer)
    return row.id


async def test_what_the_user_wrote_or_locked_in_an_interrupted_run_is_written_by_nobody_else(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM
) -> None:
    run_id = await interrupted(database, settings, question, writer)
    rewrite(database, run_id, "1", "My own words on trams [e1].")
    with opened(database, run_id, "2") as mine:
        drafts.set_locked(database, mine.section, locked=True)

    await run.carry_out(database, run_id, settings, lambda _: None, writer)

    made = [(entry.section.number, [v.op for v in entry.versions]) for entry in chapters(database, run_id)]
    assert made == [("0", ["draft"]), ("1", ["edit"]), ("2", []), ("3", ["draft"])]
    assert "My own words on trams [1]." in written(database, run_id)
    assert {request.section for request in writer.requests if request.node == "draft"} == {"3"}


@pytest.mark.parametrize("unlocked", [True, False])
async def test_a_run_whose_sections_are_all_locked_writes_nothing_unless_one_is_unlocked(
    database: Database, settings: Settings, question: str, writer: ScriptedLLM, unlocked: bool
) -> None:
    run_id = await interrupted(database, settings, question, writer)
    for number in "0123":
        with opened(database, run_id, number) as mine:
            drafts.set_locked(database, mine.section, locked=True)
    if unlocked:
        with opened(database, run_id, "3") as mine:
            drafts.set_locked(database, mine.section, locked=False)

    await run.carry_out(database, run_id, settings, lambda _: None, writer)

    assert [part.section.number for part in archive.report(database, run_id).parts] == (["3"] if unlocked else [])
    assert runs.get(database, run_id).status == "done"


def cites(text: str, ids: Sequence[int]) -> str:
    return " ".join([text, *(f"[e{number}]" for number in ids)])


EDITS = st.builds(cites, TEXTS, st.lists(st.integers(1, 7), max_size=3))
STEPS = st.lists(st.tuples(st.sampled_from("012"), EDITS | st.none()), min_size=1, max_size=8)
"""An edit of a section, or for None an undo."""


@settings(deadline=None)  # each example copies a database
@given(steps=STEPS)
def test_no_series_of_edits_and_undos_loses_a_version_or_leaves_a_citation_that_leads_nowhere(
    finished: Finished, steps: list[tuple[str, str | None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(shutil.copy(finished.path, Path(folder) / "redraft.db")))
        for number, text in steps:
            before = drafts.versions(database, finished.run_id)
            done = attempt(database, finished.run_id, number, text)
            after = drafts.versions(database, finished.run_id)
            assert {v.id: v.model_dump() for v in before}.items() <= {v.id: v.model_dump() for v in after}.items()
            assert len(after) - len(before) == done
            assert_resolves(database, finished.run_id)
        database.close()


def attempt(database: Database, run_id: str, number: str, text: str | None) -> bool:
    """Whether a version came of it: neither a refusal nor an edit that changes nothing makes one."""
    try:
        made = take_back(database, run_id, number) if text is None else rewrite(database, run_id, number, text)
    except UserError:
        return False
    return made is not None


def assert_resolves(database: Database, run_id: str) -> None:
    """Every section shows its newest accepted text, and every citation leads to an entry of the list."""
    report = archive.report(database, run_id)
    assert [part.version.text for part in report.parts] == [standing(database, run_id, n) for n in "012"]
    listed = {exhibit.evidence.number for reference in report.references for exhibit in reference.exhibits}
    assert {number for part in report.parts for number in cited(part.version.text)} == listed
    body = markdown(report).rpartition("\n## References\n\n")[0]
    shown = {int(n) for mark in re.findall(r"\[(\d{1,3}(?:, \d{1,3})*)\]", body) for n in mark.split(", ")}
    assert shown == {reference.number for reference in report.references}
