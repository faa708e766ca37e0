"""The versions of a section, listed and compared."""

import pytest

from redraft.agent import run
from redraft.agent.editing import edit, opened, undo
from redraft.agent.errors import UserError
from redraft.agent.history import as_data, chapter, chapters, difference
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import drafts
from redraft.store.database import Database
from redraft.tests import faithful
from redraft.tests.agent.mended import RUN, mended, section


@pytest.fixture
async def run_id(database: Database, settings: Settings, question: str, writer: ScriptedLLM) -> str:
    """A finished run whose drafts were refused once."""

    def improve(request: Request) -> str:
        return faithful.answer(request.messages[-1].content) if request.attempt else "No idea."

    row = run.create(database, question, settings)
    await run.carry_out(database, row.id, settings, lambda _: None, ScriptedLLM({**writer.script, "draft": improve}))
    return row.id


def rewrite(database: Database, run_id: str, text: str, number: str = "1") -> None:
    with opened(database, run_id, number) as opened_section:
        edit(database, opened_section, text)


async def test_every_version_of_every_section_is_listed_with_what_the_guard_said(
    database: Database, run_id: str
) -> None:
    rewrite(database, run_id, "Trams run on rails [e1]. They last [e1, e2].")

    told = [as_data(entry, version) for entry in chapters(database, run_id) for version in entry.versions]

    kept = ("section", "version", "op", "accepted", "stands", "words", "citations")
    assert [tuple(data[name] for name in kept) for data in told if data["section"] == "1"] == [
        ("1", 1, "draft", False, False, 2, 0),
        ("1", 2, "draft", True, False, told[2]["words"], told[2]["citations"]),
        ("1", 3, "edit", True, True, 9, 2),
    ]
    assert [data["section"] for data in told] == list("01112233")
    assert told[1]["problems"] == ["The text has 2 words. Write about 68 words of running text."]
    assert [data["locked"] for data in told] == [data["section"] == "1" for data in told]


async def test_a_difference_shows_the_sentences_that_changed_and_no_other(database: Database, run_id: str) -> None:
    rewrite(database, run_id, "Trams run on rails. They carry many people.\n\nThey last.")
    rewrite(database, run_id, "Trams run on rails. They carry few people.\n\nThey last.")

    assert difference(chapter(database, run_id, "1")) == [
        "--- section 1, version 3 (edit)",
        "+++ section 1, version 4 (edit)",
        "@@ -1,4 +1,4 @@",
        " Trams run on rails.",
        "-They carry many people.",
        "+They carry few people.",
        " ",
        " They last.",
    ]


async def test_an_undo_is_compared_with_what_it_took_back(database: Database, run_id: str) -> None:
    rewrite(database, run_id, "Mine.")
    with opened(database, run_id, "1") as mine:
        undo(database, mine)

    lines = difference(chapter(database, run_id, "1"))

    assert lines[:2] == ["--- section 1, version 3 (edit)", "+++ section 1, version 4 (undo)"]
    assert "-Mine." in lines
    assert difference(chapter(database, run_id, "1"), 2, 4) == []


async def test_any_two_versions_can_be_compared_refused_ones_too(database: Database, run_id: str) -> None:
    assert "-No idea." in difference(chapter(database, run_id, "1"), 1, 2)
    assert "+No idea." in difference(chapter(database, run_id, "1"), 2, 1)


@pytest.mark.parametrize(
    ("versions", "told"),
    [((), "no accepted version before version 2"), ((1, 7), "no version 7"), ((0,), "no version 0")],
)
async def test_versions_that_are_not_there_cannot_be_compared(
    database: Database, run_id: str, versions: tuple[int, ...], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        difference(chapter(database, run_id, "1"), *versions)


def test_what_a_version_was_to_mend_and_when_is_told_and_which_one_waits(database: Database) -> None:
    mended(database)
    drafts.set_locked(database, section(database, "2.1"), locked=True)
    offer = drafts.version_of(section(database, "2.1"), "denoise", "Rails last [e1].", accepted=False, wave=2)
    offer.proposed, offer.reason = True, "How long do rails last?"
    drafts.append(database, [offer])

    entry = chapter(database, RUN, "2.1")
    first, second = (as_data(entry, version) for version in entry.versions)

    assert (first["wave"], first["proposed"], first["stands"]) == (1, False, True)
    assert (second["wave"], second["proposed"], second["reason"]) == (2, True, "How long do rails last?")
    assert entry.offered is not None
    assert entry.offered.number == 2
    assert chapter(database, RUN, "1").offered is None


def test_what_was_proposed_before_the_text_that_stands_waits_no_more(database: Database) -> None:
    mended(database)
    offer = drafts.version_of(section(database, "2.1"), "denoise", "Rails last [e1].", accepted=False)
    offer.proposed = True
    drafts.append(database, [offer])
    rewrite(database, RUN, "Trams run.", "2.1")

    assert chapter(database, RUN, "2.1").offered is None


def test_sections_are_told_in_the_order_of_the_tree_and_named_where_one_is_not_there(database: Database) -> None:
    mended(database)

    assert [entry.section.number for entry in chapters(database, RUN)] == ["0", "1", "2", "2.1", "3"]
    with pytest.raises(UserError, match=r"no section 2\.2: its sections are 0, 1, 2, 2\.1, 3"):
        chapter(database, RUN, "2.2")


def test_a_run_without_an_outline_has_no_sections(database: Database, settings: Settings, question: str) -> None:
    row = run.create(database, question, settings)

    assert chapters(database, row.id) == []
    with pytest.raises(UserError, match="it has no outline yet"):
        chapter(database, row.id, "0")
