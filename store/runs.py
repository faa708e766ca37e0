"""Runs, their briefs, their outlines and what they announced."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from redraft.store.database import Database
from redraft.store.errors import NoSuchRun
from redraft.store.models import Brief, Event, Run, Section, now


def create(database: Database, run: Run) -> Run:
    with database.session() as session:
        session.add(run)
    return run


def get(database: Database, run_id: str) -> Run:
    """The run whose id is `run_id` or begins with it. Raises `NoSuchRun` for none, and for more than one."""
    with database.session() as session:
        found = session.exec(select(Run).where(col(Run.id).startswith(run_id, autoescape=True)).limit(2)).all()
    if len(found) == 1 and run_id:
        return found[0]
    wrong = "more than one run has an id that begins with" if found and run_id else "no run has the id"
    message = f"{wrong} {run_id!r}: `redraft runs` lists them"
    raise NoSuchRun(message)


def newest_first(database: Database) -> Sequence[Run]:
    with database.session() as session:
        return session.exec(select(Run).order_by(col(Run.created_at).desc(), col(Run.id))).all()


def set_status(database: Database, run_id: str, status: str, failure: str | None = None) -> None:
    """Notes how the run stands. Ending it as `done` or `failed` also notes when."""
    with database.session() as session:
        run = session.get_one(Run, run_id)
        run.status, run.failure = status, failure
        run.finished_at = now() if status in ("done", "failed") else None
        session.add(run)


def set_stopped(database: Database, run_id: str, reason: str) -> None:
    """Notes why the rounds of a run ended."""
    with database.session() as session:
        session.get_one(Run, run_id).stopped = reason


def save_brief(database: Database, brief: Brief) -> None:
    """Keeps the brief; a run that has one keeps it."""
    with database.session() as session:
        if session.get(Brief, brief.run_id) is None:
            session.add(brief)


def brief(database: Database, run_id: str) -> Brief | None:
    with database.session() as session:
        return session.get(Brief, run_id)


def save_outline(database: Database, run_id: str, sections: Sequence[Section]) -> None:
    """Keeps the sections in one transaction; a run that has an outline keeps it."""
    with database.session() as session:
        if session.exec(select(Section).where(Section.run_id == run_id).limit(1)).first() is None:
            session.add_all(sections)


def outline(database: Database, run_id: str, *, dropped: bool = False) -> Sequence[Section]:
    """The sections in the order of the report: the summary comes first, children follow their parent.

    With `dropped` also those that are no longer part of it.
    """
    with database.session() as session:
        rows = session.exec(select(Section).where(Section.run_id == run_id)).all()
    return sorted((row for row in rows if dropped or not row.dropped), key=lambda section: place(section.number))


def place(number: str) -> tuple[int, ...]:
    """A section's number as its place among others: `10` comes after `9`, `2.1` between `2` and `3`."""
    return tuple(map(int, number.split(".")))


def section(database: Database, run_id: str, number: str) -> Section:
    """Raises `NoResultFound` for a number that the outline does not have: no step asks for one."""
    with database.session() as session:
        return session.exec(select(Section).where(Section.run_id == run_id, Section.number == number)).one()


def add_event(database: Database, run_id: str, kind: str, data: dict[str, Any]) -> None:
    with database.session() as session:
        session.add(Event(run_id=run_id, kind=kind, data=data, at=now()))


def events(database: Database, run_id: str, *, kind: str | None = None) -> Sequence[Event]:
    """What a run announced, in order; with `kind` that kind alone."""
    statement = select(Event).where(Event.run_id == run_id)
    if kind is not None:
        statement = statement.where(Event.kind == kind)
    with database.session() as session:
        return session.exec(statement.order_by(col(Event.id))).all()
