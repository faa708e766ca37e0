"""A run whose first drafts stand, for tests of what its rounds do."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from redraft.agent import run
from redraft.agent.checklist import demanded
from redraft.agent.settings import Settings
from redraft.store import drafts, gaps, rounds, runs
from redraft.store.database import Database
from redraft.store.models import Brief, Gap, Passage, Round, Section
from redraft.tests import rows

QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
TEXTS = {
    "1": "A tram line carries up to 9,000 passengers an hour in each direction [e1]. Trams are pleasant.",
    "2": "A bus lane carries up to 4,000 passengers an hour in each direction [e2].",
    "3": "A cycle path carries up to 14,000 people an hour in each direction [e3].",
}
"""What stands in its sections, by number. `e1` to `e3` are of the documents on trams, buses and cycling."""
_TITLES = {"1": "Trams", "2": "Buses", "3": "Cycling"}


def begun(database: Database, settings: Settings, focuses: Sequence[tuple[str, int | None]] = (("", None),)) -> str:
    """The id of the run, with a first wave of these rounds: section and gap."""
    row = run.create(database, QUESTION, settings)
    runs.save_brief(database, _brief(row.id))
    runs.save_outline(database, row.id, [_section(row.id, number) for number in TEXTS])
    kept = runs.outline(database, row.id)
    ids = passage_ids(database)
    drafts.save_findings(
        database,
        row.id,
        [drafts.Finding(section.id or 0, {}, [ids[at]]) for at, section in enumerate(kept)],
    )
    texts = [drafts.version_of(section, "draft", TEXTS[section.number], accepted=True) for section in kept]
    drafts.append(database, texts)
    rounds.begin(database, row.id, 1, focuses)
    return row.id


def open_gap(database: Database, run_id: str, question: str, **fields: Any) -> Gap:
    """A gap that the diagnosis found before the first wave, unless `fields` say otherwise."""
    return gaps.open_all(database, [rows.gap(run_id, question, **{"opened_by": "diagnosis"} | fields)])[0]


def passage_ids(database: Database) -> list[int]:
    """The first passage of each document, in the order of the sections, then all others."""
    with database.session() as session:
        passages = session.exec(select(Passage).order_by(col(Passage.id))).all()
    starts = [
        row
        for name in ("tram line carries", "bus lane carries", "cycle path carries")
        for row in passages
        if name in row.text
    ]
    return list(dict.fromkeys(row.id or 0 for row in (*starts, *passages)))


def the_round(database: Database, run_id: str, number: int = 1) -> Round:
    return rounds.get(database, run_id, number)


def _brief(run_id: str) -> Brief:
    points = demanded(["What each one carries.", "Who owns and who runs the networks."], "question")
    return rows.brief(run_id, words=240, words_from="preset", checklist=[point.to_dict() for point in points])


def _section(run_id: str, number: str) -> Section:
    title = _TITLES[number]
    return Section(
        run_id=run_id,
        number=number,
        title=title,
        purpose=f"What {title.lower()} carry and cost.",
        words=80,
        origin="model",
        hypotheses=[f"{title} are cheap."],
    )
