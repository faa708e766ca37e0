"""What the question of a round is made from, and the prompt that asks for it.

All of it stood before the wave began: rounds that go side by side are asked the same, whoever is first.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from redraft.agent import coverage, digest, tree, waves
from redraft.agent.candidates import Bounds
from redraft.agent.checklist import items
from redraft.agent.citations import without_marks
from redraft.agent.gaps import NATURES, Kind, ranked
from redraft.agent.llm import Message
from redraft.agent.prompting import messages
from redraft.agent.state import Deps
from redraft.prompts.labels import labels
from redraft.store import gaps, pages, rounds, runs
from redraft.store.models import Gap, Round, Run, Section
from redraft.tools.retrieve import terms
from redraft.tools.suspicion import harmless

GAPS_SHOWN, UNREAD_SHOWN = 8, 5
"""More would crowd out the report."""


class View(NamedTuple):
    """What a question is made from."""

    row: Round
    gap: Gap | None
    """What the round was begun for."""
    sections: Sequence[Section]
    open: Sequence[Gap]
    bounds: Bounds


def view_of(deps: Deps, row: Round) -> View:
    run = runs.get(deps.database, row.run_id)
    sections = tree.body(runs.outline(deps.database, run.id))
    known = gaps.of_run(deps.database, run.id)
    others = [other for other in rounds.of_run(deps.database, run.id) if other.id != row.id]
    # What the other rounds of the wave ask may stand in the ledger already, or not yet.
    opened = [gap for gap in ranked(known) if gap.opened_by != "question" or gap.opened_in < row.wave]
    choices = [row.focus] if row.focus else _free(sections, {other.focus for other in others if other.wave == row.wave})
    return View(
        row,
        next((gap for gap in known if gap.id == row.gap_id), None),
        sections,
        opened,
        Bounds(
            choices=choices,
            asked=[other.question for other in others if other.wave < row.wave and other.question],
            urgent=[gap for gap in opened if gap.priority == "high" and gap.section in choices],
            about=_matter(deps, run, sections, opened),
        ),
    )


def prompts(deps: Deps, view: View) -> Iterator[tuple[Message, ...]]:
    """From the fullest to the barest: first the other sections go, then most of the text in question."""
    texts = waves.settled_texts(deps.database, view.row.run_id)
    text = harmless(without_marks(texts.get(view.row.focus, ""))).text
    report = digest.report(view.sections, texts)
    for said, shown in ((report, text), ("", text), ("", digest.gist(text))):
        yield _prompt(deps, view, said, shown)


def _prompt(deps: Deps, view: View, report: str, text: str) -> tuple[Message, ...]:
    row, gap = view.row, view.gap
    task: dict[str, Any] = (
        {"gap": gap, "meaning": NATURES[Kind(gap.kind)].meaning}
        if gap
        else {
            "subject": f"section {row.focus}" if row.focus else "the report",
            "choices": ", ".join(view.bounds.choices),
            "kinds": [(kind, nature.meaning) for kind, nature in NATURES.items() if kind is not Kind.NOTE],
        }
    )
    return messages(
        deps.database,
        row.run_id,
        "question_gap" if gap else "question",
        report=report,
        focus=next((section for section in view.sections if section.number == row.focus), None),
        text=text,
        asked=view.bounds.asked,
        gaps=[other for other in view.open if other.id != row.gap_id][:GAPS_SHOWN],
        uncovered=_uncovered(deps, view),
        unread=_unread(deps, row.run_id),
        **task,
    )


def _matter(deps: Deps, run: Run, sections: Sequence[Section], opened: Sequence[Gap]) -> set[str]:
    """What a question can be about: the terms of all that was asked for, planned, written and found lacking."""
    brief = runs.brief(deps.database, run.id)
    wanted = [brief.title, brief.intent, *(item["text"] for item in brief.checklist)] if brief else []
    planned = [text for section in sections for text in (section.title, section.purpose, *section.hypotheses)]
    written = waves.settled_texts(deps.database, run.id).values()
    return terms("\n".join((run.question, *wanted, *planned, *written, *(gap.question for gap in opened))))


def _free(sections: Sequence[Section], taken: set[str]) -> list[str]:
    """The sections that no other round of the wave works on; all, where none is left."""
    numbers = [section.number for section in sections]
    return [number for number in numbers if number not in taken] or numbers


def _uncovered(deps: Deps, view: View) -> list[str]:
    """The points of the brief that no section speaks of, and that are not among the open gaps already."""
    brief = runs.brief(deps.database, view.row.run_id)
    points = coverage.measurable(items(brief)) if brief else []
    covered = coverage.coverage(points, waves.settled_texts(deps.database, view.row.run_id))
    noted = {gap.question for gap in view.open}
    return [entry.item.text for entry in covered if entry.place is None and entry.item.text not in noted]


def _unread(deps: Deps, run_id: str) -> list[str]:
    """Sites with a page that could not be had, and why: what they know has to be asked of others."""
    reasons = labels("en").reasons
    missing = [
        entry.fetch for entry in pages.visited(deps.database, run_id) if entry.source is None and entry.fetch.failure
    ]
    told = [f"{urlsplit(fetch.url).hostname}: {reasons.get(fetch.failure or '', fetch.failure)}" for fetch in missing]
    return list(dict.fromkeys(told))[:UNREAD_SHOWN]
