"""Reports on the tasks of benchmarks, and the scores that they were given."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from redraft.store.models.columns import moment


class EvalRun(SQLModel, table=True):
    """One writer's reports on tasks of one benchmark."""

    __tablename__ = "eval_run"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    benchmark: str
    writer: str
    """`redraft`, or what the other program is called."""
    settings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What its reports depend on: of redraft the settings, of another program its command and options."""
    made_with: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What else it takes to repeat it: versions, prompts, the model, the data's digests."""
    token_limit: int | None = None
    """Tokens of all tasks together after which no further task is begun."""
    created_at: datetime = moment()


class EvalTask(SQLModel, table=True):
    """A task of an evaluation run, and the report on it."""

    __tablename__ = "eval_task"
    __table_args__ = (UniqueConstraint("eval_run_id", "task_id", "repeat"),)

    id: int | None = Field(default=None, primary_key=True)
    eval_run_id: int = Field(foreign_key="eval_run.id", index=True)
    number: int
    """Its place among the tasks of the run, from 0."""
    task_id: str
    """As the benchmark calls it."""
    repeat: int = 0
    """Counts from 0: the same task is written on again with another seed."""
    prompt: str
    language: str
    topic: str = ""
    state: str = "waiting"
    """`waiting`, also while it is worked on; `done` or `failed`."""
    run_id: str | None = Field(default=None, foreign_key="run.id")
    """The run that writes its report, where redraft does."""
    article: str = ""
    """The report in Markdown; empty until it is done, and where it failed."""
    failure: str = ""
    """Why it failed, in a sentence."""
    seconds: float | None = None
    tokens: int | None = None


class Scoring(SQLModel, table=True):
    """The scores of an evaluation run by one protocol."""

    __table_args__ = (UniqueConstraint("eval_run_id", "protocol"),)

    id: int | None = Field(default=None, primary_key=True)
    eval_run_id: int = Field(foreign_key="eval_run.id", index=True)
    protocol: str
    """`metrics` for what takes no judge, `official` for what a benchmark's own scripts have found, else the judge's."""
    stamp: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """All that the numbers depend on beside the reports: the judge with its parameters, prompts, references."""
    label: str = ""
    """`gated` or `ungated` where a judge has scored."""
    created_at: datetime = moment()


class Score(SQLModel, table=True):
    """One number."""

    id: int | None = Field(default=None, primary_key=True)
    scoring_id: int = Field(foreign_key="scoring.id", index=True)
    task_id: str = ""
    """Empty for a number of the whole evaluation run."""
    repeat: int = 0
    measure: str
    value: float | None = None
    """None where there is no telling."""
    problem: str = ""
    """Why there is none, where the judge failed."""
