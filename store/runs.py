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
        run.finished_at = None if status == "running" else now()
        session.add(run)


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


def outline(database: Database, run_id: str) -> Sequence[Section]:
    """The sections by number: the summary, if it is planned, comes first."""
    with database.session() as session:
        return session.exec(select(Section).where(Section.run_id == run_id).order_by(col(Section.number))).all()


def add_event(database: Database, run_id: str, kind: str, data: dict[str, Any]) -> None:
    with database.session() as session:
        session.add(Event(run_id=run_id, kind=kind, data=data, at=now()))


def events(database: Database, run_id: str) -> Sequence[Event]:
    with database.session() as session:
        return session.exec(select(Event).where(Event.run_id == run_id).order_by(col(Event.id))).all()
