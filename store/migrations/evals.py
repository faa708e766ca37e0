"""The changes for evaluation: runs over the tasks of benchmarks, and their scores."""

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)


def m010_evaluation_runs(connection: Connection) -> None:
    """By SQLAlchemy, which knows how each database numbers its rows."""
    tables = MetaData()
    Table("run", tables, Column("id", String, primary_key=True))  # stands already: keys point to it
    new = [_eval_run(tables), _eval_task(tables), _scoring(tables), _score(tables)]
    tables.create_all(connection, tables=new)


def _eval_run(tables: MetaData) -> Table:
    return Table(
        "eval_run",
        tables,
        Column("id", Integer, primary_key=True),
        Column("name", String, nullable=False, unique=True),
        Column("benchmark", String, nullable=False),
        Column("writer", String, nullable=False),
        Column("settings", JSON, nullable=False),
        Column("made_with", JSON, nullable=False),
        Column("token_limit", Integer),
        Column("created_at", DateTime, nullable=False),
    )


def _eval_task(tables: MetaData) -> Table:
    return Table(
        "eval_task",
        tables,
        Column("id", Integer, primary_key=True),
        Column("eval_run_id", Integer, ForeignKey("eval_run.id"), nullable=False, index=True),
        Column("number", Integer, nullable=False),
        Column("task_id", String, nullable=False),
        Column("repeat", Integer, nullable=False),
        Column("prompt", String, nullable=False),
        Column("language", String, nullable=False),
        Column("topic", String, nullable=False),
        Column("state", String, nullable=False),
        Column("run_id", String, ForeignKey("run.id")),
        Column("article", String, nullable=False),
        Column("failure", String, nullable=False),
        Column("seconds", Float),
        Column("tokens", Integer),
        UniqueConstraint("eval_run_id", "task_id", "repeat"),
    )


def _scoring(tables: MetaData) -> Table:
    return Table(
        "scoring",
        tables,
        Column("id", Integer, primary_key=True),
        Column("eval_run_id", Integer, ForeignKey("eval_run.id"), nullable=False, index=True),
        Column("protocol", String, nullable=False),
        Column("stamp", JSON, nullable=False),
        Column("label", String, nullable=False),
        Column("created_at", DateTime, nullable=False),
        UniqueConstraint("eval_run_id", "protocol"),
    )


def _score(tables: MetaData) -> Table:
    return Table(
        "score",
        tables,
        Column("id", Integer, primary_key=True),
        Column("scoring_id", Integer, ForeignKey("scoring.id"), nullable=False, index=True),
        Column("task_id", String, nullable=False),
        Column("repeat", Integer, nullable=False),
        Column("measure", String, nullable=False),
        Column("value", Float),
        Column("problem", String, nullable=False),
    )
