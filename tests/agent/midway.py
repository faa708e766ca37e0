"""A run in the middle of its rounds, made by hand: three drafted sections, and rounds whose questions are answered."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from sqlmodel import col, select

from redraft.agent.settings import Settings
from redraft.store import drafts, gaps, rounds, runs
from redraft.store.database import Database
from redraft.store.drafts import Finding
from redraft.store.models import Gap, Passage, Round, Run, Section, now
from redraft.tests import rows
from redraft.tests.agent import standing

RUN = "midway"
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
TRAMS, BUSES, CYCLING = "1", "2", "3"
TEXTS = {
    TRAMS: (
        "A tram line carries up to 9,000 passengers an hour in each direction [e1]. Trams run on rails in the street "
        "and draw their power from an overhead wire [e1]."
    ),
    BUSES: (
        "A bus lane carries up to 4,000 passengers an hour in each direction [e2]. Buses can change their route when "
        "a street is closed [e2]."
    ),
    CYCLING: (
        "A cycle path carries up to 14,000 people an hour in each direction [e3]. Cyclists need no fuel, and safe "
        "paths bring more of them [e3]."
    ),
}
COST_QUESTION = "What does building a tram line cost a kilometre?"
COST = (
    "Building a tram line costs between 15 and 40 million euros a kilometre [e4]. The rails last for about thirty "
    "years [e4]."
)
"""The answer to it, from the one piece of evidence that is not cited yet."""


def begin(database: Database, settings: Settings, *, words: int = 60) -> None:
    """A run with e1 to e3 cited in one section each. Its documents' other halves are no evidence yet."""
    row = Run(id=RUN, question=QUESTION, status="running", settings=settings.snapshot(), created_at=now())
    runs.create(database, row)
    runs.save_brief(database, rows.brief(RUN))
    titles = {"0": "Summary", TRAMS: "Trams in the street", BUSES: "Bus lanes", CYCLING: "Cycle paths"}
    runs.save_outline(
        database,
        RUN,
        [
            Section(
                run_id=RUN,
                number=number,
                title=title,
                purpose=f"What {title.lower()} carry.",
                words=words,
                origin="model" if number != "0" else "summary",
            )
            for number, title in titles.items()
        ],
    )
    body = [section(database, number) for number in TEXTS]
    capacity = [passage(database, said).id or 0 for said in ("tram line carries", "bus lane carries", "path carries")]
    found = [Finding(row.id or 0, {}, [passage_id]) for row, passage_id in zip(body, capacity, strict=True)]
    drafts.save_findings(database, RUN, found)
    drafts.append(database, [drafts.version_of(row, "draft", TEXTS[row.number], accepted=True) for row in body])


def passage(database: Database, said: str) -> Passage:
    with database.session() as session:
        return session.exec(select(Passage).where(col(Passage.text).contains(said))).one()


def section(database: Database, number: str) -> Section:
    return runs.section(database, RUN, number)


def gap(database: Database, kind: str, number: str, question: str = COST_QUESTION, priority: str = "high") -> Gap:
    return gaps.open_all(database, [rows.gap(RUN, question, kind=kind, section=number, priority=priority)])[0]


def wave(database: Database, *worked_on: Gap, number: int = 1) -> list[Round]:
    """The next wave, with a round for each gap: asked, searched and answered."""
    rounds.begin(database, RUN, number, [(row.section, row.id) for row in worked_on])
    for row, about in zip(rounds.of_wave(database, RUN, number), worked_on, strict=True):
        rounds.file_evidence(database, row, [passage(database, "Building a tram line").id or 0])
        rounds.update(database, row, question=about.question, answer=COST, novelty=1.0)
    return list(rounds.of_wave(database, RUN, number))


def routed(database: Database, route: str, kind: str, number: str = TRAMS, question: str = COST_QUESTION) -> Round:
    """A round that is to divide a section or write it anew."""
    (row,) = wave(database, gap(database, kind, number, question))
    rounds.update(database, row, route=route, section=number)
    return rounds.get(database, RUN, row.number)


@contextmanager
def copied(database: Database, folder: Path) -> Iterator[Database]:
    """The store as it is once more, to be written to by one example of a property."""
    path = folder / f"{uuid4()}.db"
    with closing(sqlite3.connect(database.folder / "redraft.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    copy = Database(path)
    yield copy
    copy.close()
    path.unlink()


def texts(database: Database) -> dict[str, str]:
    """What stands in each section."""
    return standing.texts(database, RUN)
