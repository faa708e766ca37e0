"""APPROVE: the run stops once its outline stands, until the user takes it up again; till then the outline is theirs."""

from collections.abc import Callable, Sequence

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from redraft.agent import outlining, tree
from redraft.agent.archive import alone
from redraft.agent.errors import UserError
from redraft.agent.languages import labels_of_run
from redraft.agent.outlining import Planned
from redraft.agent.state import Deps, RunState, Update
from redraft.store import outlines, runs
from redraft.store.database import Database
from redraft.store.models import Section

Change = Callable[[list[Planned]], list[Planned]]
"""From the sections as they stand to what the user makes of them."""


async def approve(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Gate 1. LangGraph keeps the interrupt with the checkpoint: the run waits however often the program ends."""
    deps, run_id = runtime.context, state["run_id"]
    if deps.settings.approve and not outlines.is_begun(deps.database, run_id):
        interrupt(run_id)
    return {}


def planned(database: Database, run_id: str) -> list[Planned]:
    """The sections of the outline, without the two that every report has. Raises `UserError` before there is one."""
    return [_planned(section) for section in tree.body(_outline(database, run_id))]


def text(database: Database, run_id: str) -> str:
    """The outline as a text that `apply` takes back. Raises `UserError` where it cannot be changed any more."""
    sections = planned(database, run_id)
    if outlines.is_begun(database, run_id):
        raise _too_late(run_id)
    return outlining.text_of(sections)


def apply(database: Database, run_id: str, text: str) -> list[Section]:
    """Puts the outline of an edited text in the place of the run's. Returns all sections, as they are now.

    Raises `UserError` for a text that is no outline, naming the line, and where something is written or searched for
    already; `RunBusy` while another process works on the run.
    """
    return change(database, run_id, lambda sections: outlining.parsed(text, [section.number for section in sections]))


def change(database: Database, run_id: str, change: Change) -> list[Section]:
    """Puts what `change` makes of the sections in their place, likewise."""
    with alone(database, run_id):
        before = _outline(database, run_id)
        rows = _rows(database, run_id, before, change([_planned(section) for section in tree.body(before)]))
        if not outlines.replace(database, run_id, rows):
            raise _too_late(run_id)
    return rows


def _outline(database: Database, run_id: str) -> Sequence[Section]:
    found = runs.outline(database, run_id)
    if not found:
        message = f"run {run_id} has no outline yet: redraft resume {run_id}"
        raise UserError(message)
    return found


def _too_late(run_id: str) -> UserError:
    message = f"the outline of run {run_id} stands: its sections are being written"
    return UserError(message)


def _planned(section: Section) -> Planned:
    return Planned(
        number=section.number,
        title=section.title,
        purpose=outlining.plain(section.purpose),
        words=section.words,
        hypotheses=tuple(map(outlining.plain, section.hypotheses)),
    )


def _rows(database: Database, run_id: str, before: Sequence[Section], wanted: Sequence[Planned]) -> list[Section]:
    """New rows, numbered anew: those of sections as they were, those the user made, and the two of every report."""
    known = {section.number: section for section in tree.body(before)}
    usual = sum(section.words for section in known.values()) // max(1, len(known))
    purpose = labels_of_run(runs.get(database, run_id)).purpose
    rows = []
    for number, section in enumerate(wanted, start=1):
        old = known.get(section.number)
        if old is None or _planned(old) != section:
            told = section.purpose or purpose.format(title=section.title)
            rows.append(_row(run_id, number, section, told, section.words or usual, "user"))
        else:
            rows.append(_row(run_id, number, section, old.purpose, old.words, old.origin))
    first = [_again(section, "0") for section in before if section.origin == "summary"]
    last = [_again(section, str(len(rows) + 1)) for section in before if section.origin == "conclusion"]
    return [*first, *rows, *last]


def _row(run_id: str, number: int, section: Planned, purpose: str, words: int, origin: str) -> Section:
    return Section(
        run_id=run_id,
        number=str(number),
        title=section.title,
        purpose=purpose,
        words=words,
        origin=origin,
        hypotheses=list(section.hypotheses),
    )


def _again(section: Section, number: str) -> Section:
    return Section(**section.model_dump(exclude={"id", "number"}), number=number)
