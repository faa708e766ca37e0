"""A run: its question, its brief, what the model was asked and what it announced."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment


class Migration(SQLModel, table=True):
    """A change of the schema that this database has seen."""

    name: str = Field(primary_key=True)


class Run(SQLModel, table=True):
    """One question on its way to a report."""

    id: str = Field(primary_key=True)
    question: str
    status: str
    """`running` until it ends as `done` or `failed`, or stops as `waiting` for the user to approve its outline.

    A running one that no process holds was interrupted."""
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the text depends on, as `Settings.snapshot` gives it."""
    failure: str | None = None
    stopped: str | None = None
    """Why its rounds ended, as `redraft.agent.stopping.Reason` names it; None until they have."""
    follows: str | None = Field(default=None, foreign_key="run.id")
    """The run whose report this one brings up to date."""
    news: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """What was found before it began that the report it follows did not have, as `redraft.agent.jobs.news.Item`."""
    created_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class Brief(SQLModel, table=True):
    """What the question asks for."""

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    title: str
    intent: str
    audience: str
    """For whom it is written; empty where nothing tells."""
    constraints: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What the question demands of the form or leaves out, each in a sentence."""
    words: int
    """Wanted length of the whole report."""
    words_from: str
    """Who set that length: `user`, `question`, `model`, or `preset`."""
    checklist: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """What a good report does, as `redraft.agent.checklist.Item` has it, the points of a specification among them."""
    style: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Rules of tone and form that were read from the user's samples."""


class Call(SQLModel, table=True):
    """A question to the model and its reply. The key is what was asked: the same key is never asked twice in a run."""

    __table_args__ = (UniqueConstraint("run_id", "key", "variant"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    key: str
    node: str
    section: str | None = None
    """The number of the section it was made for."""
    attempt: int
    variant: int = 0
    """Counts from 0 among the replies to one request for several."""
    messages: list[dict[str, str]] = Field(sa_column=Column(JSON, nullable=False))
    text: str
    reasoning: str = ""
    """What the model thought before it spoke: never part of a text."""
    model: str
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    ms: int
    created_at: datetime = moment()


class Event(SQLModel, table=True):
    """Something that a run announced, in order."""

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    kind: str
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = moment()
