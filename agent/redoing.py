"""What the user wants done again: a note on a section, for the rounds and for the closing steps to work on."""

from redraft.agent import archive, tree, waves
from redraft.agent.errors import UserError
from redraft.agent.gaps import Kind
from redraft.agent.history import Chapter, chapter
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.store.models import Gap

LONGEST_NOTE = 500
"""Characters: a note stands in prompts where a question does, which has some 100."""


def ask_again(database: Database, run_id: str, number: str, note: str) -> None:
    """Notes what is wrong with a section, so that the run, carried out again, works on it.

    In the summary and the conclusion nothing can be searched for: what stands there is stale for this reason, and their
    writer is told of the note. Whichever section it is on, the pass writes them anew if they are stale. Raises
    `UserError` for a note that is none, a section that is not there or locked, a run that is not finished, and a note
    that the section was given before; `RunBusy` while another process works on the run.
    """
    question = _checked(note)
    _check_finished(database, run_id)
    with archive.alone(database, run_id):
        found = chapter(database, run_id, number)
        _check_open(found)
        gap = Gap(
            run_id=run_id,
            number=0,
            kind=Kind.NOTE,
            section=number,
            question=question,
            priority="high",
            opened_by="user",
            opened_in=waves.current(database, run_id),
        )
        if not tree.body([found.section]):
            drafts.set_stale(database, found.section, question)
        (row,) = gaps.open_all(database, [gap])
    if row.state != "open":
        message = f"{found.name} was given this note before, which came out as {row.closing}: put it another way"
        raise UserError(message)


def _checked(note: str) -> str:
    question = " ".join(note.split())
    if not any(character.isalnum() for character in question):
        raise UserError("the note is empty: say with --note what is wrong with the section")
    if len(question) > LONGEST_NOTE:
        message = f"the note has {len(question)} characters, and at most {LONGEST_NOTE} are taken"
        raise UserError(message)
    return question


def _check_finished(database: Database, run_id: str) -> None:
    run = runs.get(database, run_id)
    if run.status != "done":
        message = f"run {run_id} is {archive.status(database, run)}: finish it first, with redraft resume {run_id}"
        raise UserError(message)


def _check_open(found: Chapter) -> None:
    section = found.section
    if section.locked:
        message = f"{found.name} is locked: unlock it first, with redraft unlock {section.run_id} {section.number}"
        raise UserError(message)
