"""The changes for the writer: a tree of sections, rounds that mend them, and what became of every claim."""

from sqlalchemy import Connection

from redraft.store.migrations.script import execute


def m008_rounds(connection: Connection) -> None:
    execute(connection, _NEW_TABLES + _NEW_COLUMNS + _SECTION + _CALL)


_NEW_TABLES = """
CREATE TABLE gap (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    section VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    priority VARCHAR NOT NULL,
    opened_by VARCHAR NOT NULL,
    opened_in INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    closing VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_gap_run_id ON gap (run_id);
CREATE TABLE round (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    focus VARCHAR NOT NULL,
    gap_id INTEGER,
    question VARCHAR NOT NULL,
    parts JSON NOT NULL,
    queries JSON NOT NULL,
    searched BOOLEAN NOT NULL,
    answer VARCHAR,
    novelty FLOAT,
    route VARCHAR,
    section VARCHAR NOT NULL,
    outcome VARCHAR,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    FOREIGN KEY(run_id) REFERENCES run (id),
    FOREIGN KEY(gap_id) REFERENCES gap (id)
);
CREATE INDEX ix_round_run_id ON round (run_id);
CREATE TABLE round_evidence (
    round_id INTEGER NOT NULL,
    evidence_id INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    fresh BOOLEAN NOT NULL,
    PRIMARY KEY (round_id, evidence_id),
    FOREIGN KEY(round_id) REFERENCES round (id),
    FOREIGN KEY(evidence_id) REFERENCES evidence (id)
);
CREATE TABLE claim (
    id INTEGER NOT NULL,
    version_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    evidence JSON NOT NULL,
    question VARCHAR NOT NULL,
    answer VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (version_id, number),
    FOREIGN KEY(version_id) REFERENCES version (id)
);
CREATE INDEX ix_claim_version_id ON claim (version_id);
CREATE TABLE dispute (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    section VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    one VARCHAR NOT NULL,
    other VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_dispute_run_id ON dispute (run_id);
CREATE TABLE snapshot (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    wave INTEGER NOT NULL,
    versions JSON NOT NULL,
    counts JSON NOT NULL,
    chosen BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, name),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_snapshot_run_id ON snapshot (run_id);
"""

_NEW_COLUMNS = """
ALTER TABLE run ADD COLUMN stopped VARCHAR;
ALTER TABLE brief ADD COLUMN audience VARCHAR NOT NULL DEFAULT '';
ALTER TABLE brief ADD COLUMN constraints JSON NOT NULL DEFAULT '[]';
ALTER TABLE brief ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
ALTER TABLE brief ADD COLUMN words_from VARCHAR NOT NULL DEFAULT 'preset';
ALTER TABLE brief ADD COLUMN checklist JSON NOT NULL DEFAULT '[]';
ALTER TABLE brief ADD COLUMN style JSON NOT NULL DEFAULT '[]';
UPDATE brief SET checklist = (
    SELECT json_group_array(json_object(
        'dimension', 'comprehensiveness', 'text', value, 'weight', 2, 'origin', 'model'
    )) FROM json_each(brief.points)
);
ALTER TABLE brief DROP COLUMN points;
ALTER TABLE version ADD COLUMN proposed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE version ADD COLUMN wave INTEGER NOT NULL DEFAULT 0;
ALTER TABLE version ADD COLUMN reason VARCHAR NOT NULL DEFAULT '';
"""

# SQLite cannot change a column's type or a constraint: the table is built anew. Foreign keys are off while migrating.
_SECTION = """
CREATE TABLE section_new (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    words INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    hypotheses JSON NOT NULL,
    wave INTEGER NOT NULL,
    locked BOOLEAN NOT NULL,
    stale VARCHAR,
    dropped BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
INSERT INTO section_new (id, run_id, number, title, purpose, words, origin, hypotheses, wave, locked, dropped)
    SELECT id, run_id, CAST(number AS VARCHAR), title, purpose, words,
        CASE origin WHEN 'plan' THEN 'summary' ELSE origin END, '[]', 0, locked, FALSE
    FROM section;
DROP TABLE section;
ALTER TABLE section_new RENAME TO section;
CREATE INDEX ix_section_run_id ON section (run_id);
"""

_CALL = """
CREATE TABLE call_new (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    node VARCHAR NOT NULL,
    section VARCHAR,
    attempt INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    messages JSON NOT NULL,
    text VARCHAR NOT NULL,
    reasoning VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    finish_reason VARCHAR NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, "key", variant),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
INSERT INTO call_new
    SELECT id, run_id, "key", node, CAST(section AS VARCHAR), attempt, 0, messages, text, '', model, finish_reason,
        prompt_tokens, cached_tokens, output_tokens, ms, created_at
    FROM call;
DROP TABLE call;
ALTER TABLE call_new RENAME TO call;
CREATE INDEX ix_call_run_id ON call (run_id)
"""
