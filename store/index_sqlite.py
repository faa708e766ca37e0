"""The word index of each library in a file: an FTS5 table of its own, so that only its own documents weigh in its
ranking. See `redraft.store.index`."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from redraft.store.ranking import HEADING_WEIGHT, Ranked, divided
from redraft.store.segment import is_lone, segment

POSTINGS = 20_000
"""Of the words of a query, the rarest choose the passages that are ranked, up to this many occurrences together.
Ranking costs 0.5 µs an occurrence, and looking at a commoner word 0.03 µs. On 140,000 passages of words distributed as
in language, 60 queries of 2 to 12 common words took 29 ms at the 95th percentile (all words: 77 ms), and 99 % of the
first 30 passages were those of the full ranking; with 10,000 it was 21 ms and 88 %, with 40,000 42 ms and 100 %. A
fifth of the passages, which this is of 100,000, also left what the 63 titles of DeepScholar-Bench find of the 1,630
works cited there as it was (recall in the first ten: 0.543); a tenth made it 0.532."""


def make(connection: Connection, library: str) -> None:
    if _exists(connection, library):
        return
    name = library.replace("'", "''")
    for statement in _INDEX.strip().split("\n\n"):
        connection.exec_driver_sql(statement.format(index=_table(library), library=name))


# Contentless: the text stays in `passage`, and an entry is taken out by saying again what was put in. Porter stemming
# lets "drafting" find "draft"; diacritics are folded, as people leave them out of queries.
_INDEX = """
CREATE VIRTUAL TABLE {index}
USING fts5(heading, text, content='', tokenize='porter unicode61 remove_diacritics 2')

INSERT INTO {index}(rowid, heading, text)
SELECT p.id, segment(p.heading), segment(p.text) FROM source s JOIN passage p ON p.source_id = s.id
WHERE s.library = '{library}' AND s.active ORDER BY p.id

CREATE TRIGGER {index}_passage_added AFTER INSERT ON passage
WHEN EXISTS (SELECT 1 FROM source WHERE id = new.source_id AND library = '{library}' AND active)
BEGIN
    INSERT INTO {index}(rowid, heading, text) VALUES (new.id, segment(new.heading), segment(new.text));
END

CREATE TRIGGER {index}_passage_removed AFTER DELETE ON passage
WHEN EXISTS (SELECT 1 FROM source WHERE id = old.source_id AND library = '{library}' AND active)
BEGIN
    INSERT INTO {index}({index}, rowid, heading, text)
    VALUES ('delete', old.id, segment(old.heading), segment(old.text));
END

CREATE TRIGGER {index}_source_retired AFTER UPDATE OF active ON source
WHEN old.library = '{library}' AND old.active AND NOT new.active
BEGIN
    INSERT INTO {index}({index}, rowid, heading, text)
    SELECT 'delete', id, segment(heading), segment(text) FROM passage WHERE source_id = old.id;
END
"""


def fill(connection: Connection, library: str, source_ids: Iterable[int]) -> None:
    """The triggers have done it."""


def search(connection: Connection, library: str, words: Sequence[str], limit: int) -> list[Ranked]:
    if not _exists(connection, library):
        return []
    table = _table(library)
    choosing, others = _divided(connection, table, _tokens(words))
    if not choosing:
        return []
    queries = [_any(choosing)]
    if others:  # two parts, so that each word counts once
        queries = [f"({_any(choosing)}) AND ({_any(others)})", f"({_any(choosing)}) NOT ({_any(others)})"]
    part = f"SELECT rowid, bm25({table}, {HEADING_WEIGHT}, 1.0) AS score FROM {table} WHERE {table} MATCH "  # noqa: S608
    parts = " UNION ALL ".join(f"{part} :query{number}" for number in range(len(queries)))
    values = {f"query{number}": query for number, query in enumerate(queries)} | {"limit": limit}
    return [Ranked(*row) for row in connection.execute(text(f"{parts} ORDER BY score, rowid LIMIT :limit"), values)]


def _divided(connection: Connection, table: str, tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    count = text(f"SELECT count(*) FROM {table} WHERE {table} MATCH :query")  # noqa: S608
    counted = [(connection.scalar(count, {"query": token}) or 0, token) for token in tokens]
    passages = connection.scalar(text(f"SELECT count(*) FROM {table}_docsize")) or 0  # noqa: S608
    return divided(counted, passages, POSTINGS)


def _tokens(words: Sequence[str]) -> list[str]:
    """Each word as a term of FTS5's query language. Quoted, it is data whatever characters it holds; only NUL would end
    the query."""
    parts = dict.fromkeys(part for word in words for part in segment(word.replace("\0", " ")).split())
    return ['"' + part.replace('"', '""') + '"' + ("*" if is_lone(part) else "") for part in parts]


def _any(tokens: Sequence[str]) -> str:
    return " OR ".join(tokens)


def _exists(connection: Connection, library: str) -> bool:
    known = text("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :name")
    return bool(connection.scalar(known, {"name": _table(library)}))


def _table(library: str) -> str:
    """A name that SQL can take, whatever the user called the library."""
    return f"passage_fts_{hashlib.sha256(library.encode()).hexdigest()[:16]}"
