"""The changes for scheduled reports: jobs, their runs, and reports that follow others."""

from sqlalchemy import Connection

from redraft.store.migrations.script import execute


def m009_jobs(connection: Connection) -> None:
    execute(connection, _NEW_TABLES + _NEW_COLUMNS)


_NEW_TABLES = """
CREATE TABLE job (
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    cron VARCHAR,
    every INTEGER,
    zone VARCHAR NOT NULL,
    settings JSON NOT NULL,
    channels JSON NOT NULL,
    jitter INTEGER NOT NULL,
    most_failures INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    paused VARCHAR,
    next_at DATETIME,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);
CREATE TABLE job_run (
    id INTEGER NOT NULL,
    job_id INTEGER NOT NULL,
    due_at DATETIME NOT NULL,
    by_hand BOOLEAN NOT NULL,
    missed INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    not_before DATETIME NOT NULL,
    tries INTEGER NOT NULL,
    run_id VARCHAR,
    holder VARCHAR,
    held_until DATETIME,
    server VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    started_at DATETIME,
    finished_at DATETIME,
    PRIMARY KEY (id),
    UNIQUE (job_id, due_at),
    FOREIGN KEY(job_id) REFERENCES job (id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_job_run_job_id ON job_run (job_id);
CREATE UNIQUE INDEX ux_job_run_active ON job_run (job_id) WHERE state IN ('ready', 'running', 'interrupted');
CREATE TABLE seen (
    job_id INTEGER NOT NULL,
    url_key VARCHAR NOT NULL,
    PRIMARY KEY (job_id, url_key),
    FOREIGN KEY(job_id) REFERENCES job (id)
);
CREATE TABLE delivery (
    id INTEGER NOT NULL,
    job_run_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    channel JSON NOT NULL,
    state VARCHAR NOT NULL,
    not_before DATETIME NOT NULL,
    tries INTEGER NOT NULL,
    error VARCHAR NOT NULL,
    finished_at DATETIME,
    PRIMARY KEY (id),
    UNIQUE (job_run_id, number),
    FOREIGN KEY(job_run_id) REFERENCES job_run (id)
);
CREATE INDEX ix_delivery_job_run_id ON delivery (job_run_id);
"""

_NEW_COLUMNS = """
ALTER TABLE run ADD COLUMN follows VARCHAR REFERENCES run (id);
ALTER TABLE run ADD COLUMN news JSON NOT NULL DEFAULT '[]';
"""
