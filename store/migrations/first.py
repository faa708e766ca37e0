"""The changes up to the research stack: runs, sections, evidence, the web, libraries, embeddings."""

from sqlalchemy import Connection, text

from redraft.store import index
from redraft.store.models import WEB


def m001_first_tables(connection: Connection) -> None:
    for statement in _FIRST_TABLES.strip().split(";\n"):
        connection.execute(text(statement))


def m002_passages_can_be_searched(connection: Connection) -> None:
    # An external-content index: the text stays in `passage`, the triggers keep the index true to it. Porter stemming
    # lets "drafting" find "draft"; diacritics are folded, as people leave them out of queries.
    connection.execute(
        text(
            "CREATE VIRTUAL TABLE passage_fts USING fts5(heading, text, content='passage', content_rowid='id', "
            "tokenize='porter unicode61 remove_diacritics 2')"
        )
    )
    insert = "INSERT INTO passage_fts(rowid, heading, text) VALUES (new.id, new.heading, new.text);"
    remove = (
        "INSERT INTO passage_fts(passage_fts, rowid, heading, text) VALUES ('delete', old.id, old.heading, old.text);"
    )
    for name, moment, body in (
        ("passage_added", "INSERT", insert),
        ("passage_removed", "DELETE", remove),
        ("passage_changed", "UPDATE", remove + insert),
    ):
        connection.execute(text(f"CREATE TRIGGER {name} AFTER {moment} ON passage BEGIN {body} END"))


def m003_a_library_holds_a_document_once(connection: Connection) -> None:
    connection.execute(text("CREATE UNIQUE INDEX ux_source_active ON source (library, url) WHERE active"))


def m004_the_web(connection: Connection) -> None:
    for statement in _WEB_TABLES.strip().split(";\n"):
        connection.execute(text(statement))


def m005_an_index_for_each_library(connection: Connection) -> None:
    # One index for all let every document, and every page of the web, weigh in the ranking of every library, and took
    # a run of Chinese or Japanese for one word. With as many documents as are held now, a text must also be found by
    # its digest without looking at each.
    for trigger in ("passage_added", "passage_removed", "passage_changed"):
        connection.execute(text(f"DROP TRIGGER {trigger}"))
    connection.execute(text("DROP TABLE passage_fts"))
    connection.execute(text("CREATE INDEX ix_source_page_digest ON source (page_digest)"))
    libraries = set(connection.scalars(text("SELECT DISTINCT library FROM source WHERE active")))
    for library in sorted(libraries | {WEB}):
        index.make(connection, library)


def m006_embeddings(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE embedding (passage_id INTEGER NOT NULL, model VARCHAR NOT NULL, vector BLOB NOT NULL, "
            "PRIMARY KEY (passage_id, model), FOREIGN KEY(passage_id) REFERENCES passage (id) ON DELETE CASCADE)"
        )
    )


def m007_sections_can_be_locked(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE section ADD COLUMN locked BOOLEAN NOT NULL DEFAULT FALSE"))


_WEB_TABLES = """
ALTER TABLE source ADD COLUMN author VARCHAR;
ALTER TABLE source ADD COLUMN size BIGINT;
ALTER TABLE source ADD COLUMN modified_ns BIGINT;
ALTER TABLE source ADD COLUMN missing_since DATETIME;
CREATE TABLE search (
    id INTEGER NOT NULL,
    run_id VARCHAR,
    provider VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    hits JSON NOT NULL,
    note VARCHAR NOT NULL,
    failure VARCHAR,
    detail VARCHAR NOT NULL,
    ms INTEGER NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, provider, "key"),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_search_run_id ON search (run_id);
CREATE INDEX ix_search_key ON search ("key");
CREATE TABLE fetch (
    id INTEGER NOT NULL,
    url_key VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    final_url VARCHAR,
    status INTEGER,
    content_type VARCHAR,
    etag VARCHAR,
    last_modified VARCHAR,
    source_id INTEGER,
    links JSON NOT NULL,
    failure VARCHAR,
    detail VARCHAR NOT NULL,
    ms INTEGER NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(source_id) REFERENCES source (id)
);
CREATE INDEX ix_fetch_url_key ON fetch (url_key);
CREATE INDEX ix_fetch_source_id ON fetch (source_id);
CREATE TABLE visit (
    run_id VARCHAR NOT NULL,
    url_key VARCHAR NOT NULL,
    fetch_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    via VARCHAR NOT NULL,
    depth INTEGER NOT NULL,
    PRIMARY KEY (run_id, url_key),
    FOREIGN KEY(run_id) REFERENCES run (id),
    FOREIGN KEY(fetch_id) REFERENCES fetch (id)
);
CREATE INDEX ix_visit_fetch_id ON visit (fetch_id);
CREATE TABLE pace (
    provider VARCHAR NOT NULL,
    next_at FLOAT NOT NULL,
    closed_until FLOAT NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (provider)
);
"""
_FIRST_TABLES = """
CREATE TABLE page (
    digest VARCHAR NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (digest)
);
CREATE TABLE run (
    id VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    settings JSON NOT NULL,
    failure VARCHAR,
    created_at DATETIME NOT NULL,
    finished_at DATETIME,
    PRIMARY KEY (id)
);
CREATE TABLE brief (
    run_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    intent VARCHAR NOT NULL,
    points JSON NOT NULL,
    PRIMARY KEY (run_id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE TABLE call (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    node VARCHAR NOT NULL,
    section INTEGER,
    attempt INTEGER NOT NULL,
    messages JSON NOT NULL,
    text VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    finish_reason VARCHAR NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, "key"),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_call_run_id ON call (run_id);
CREATE TABLE event (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    data JSON NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_event_run_id ON event (run_id);
CREATE TABLE section (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    parent_id INTEGER,
    number INTEGER NOT NULL,
    title VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    words INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    FOREIGN KEY(run_id) REFERENCES run (id),
    FOREIGN KEY(parent_id) REFERENCES section (id)
);
CREATE INDEX ix_section_run_id ON section (run_id);
CREATE TABLE source (
    id INTEGER NOT NULL,
    library VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    date VARCHAR,
    digest VARCHAR NOT NULL,
    page_digest VARCHAR NOT NULL,
    active BOOLEAN NOT NULL,
    added_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(page_digest) REFERENCES page (digest)
);
CREATE INDEX ix_source_library ON source (library);
CREATE INDEX ix_source_url ON source (url);
CREATE TABLE passage (
    id INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(source_id) REFERENCES source (id)
);
CREATE INDEX ix_passage_source_id ON passage (source_id);
CREATE TABLE "query" (
    id INTEGER NOT NULL,
    section_id INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    hits INTEGER,
    PRIMARY KEY (id),
    FOREIGN KEY(section_id) REFERENCES section (id)
);
CREATE INDEX ix_query_section_id ON "query" (section_id);
CREATE TABLE version (
    id INTEGER NOT NULL,
    section_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    op VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    accepted BOOLEAN NOT NULL,
    problems JSON NOT NULL,
    invented INTEGER NOT NULL,
    unsupported INTEGER NOT NULL,
    call_id INTEGER,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (section_id, number),
    FOREIGN KEY(section_id) REFERENCES section (id),
    FOREIGN KEY(call_id) REFERENCES call (id)
);
CREATE INDEX ix_version_section_id ON version (section_id);
CREATE TABLE evidence (
    id INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    passage_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, number),
    UNIQUE (run_id, passage_id),
    FOREIGN KEY(run_id) REFERENCES run (id),
    FOREIGN KEY(passage_id) REFERENCES passage (id)
);
CREATE INDEX ix_evidence_passage_id ON evidence (passage_id);
CREATE INDEX ix_evidence_run_id ON evidence (run_id);
CREATE TABLE section_evidence (
    section_id INTEGER NOT NULL,
    evidence_id INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    PRIMARY KEY (section_id, evidence_id),
    FOREIGN KEY(section_id) REFERENCES section (id),
    FOREIGN KEY(evidence_id) REFERENCES evidence (id)
);
"""
