"""The word index of each library on a server: for each passage the words in it, in a partition of the library's own, so
that only its own documents weigh in its ranking. See `redraft.store.index`.

PostgreSQL ranks by how near words stand, and knows of no other passages: BM25 is reckoned here.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from redraft.store.ranking import HEADING_WEIGHT, Ranked, divided
from redraft.store.segment import is_lone, segment

POSTINGS = 10_000
"""Of the words of a query, the rarest choose the passages that are ranked, up to this many occurrences together.
Ranking takes 13 µs for each passage, as all its words are read. On 40,000 passages of words distributed as in language,
30 queries of 2 to 12 common words took 164 ms at the 95th percentile; with 5,000 108 ms, with 20,000 260 ms."""
K1, B = 1.2, 0.75
"""What FTS5 takes: how fast a word that comes again says less, and how much the length of a passage takes away."""


def create(connection: Connection) -> None:
    """Makes what the indexes of all libraries are part of."""
    for statement in _CREATION.strip().split("\n\n"):
        connection.exec_driver_sql(statement)


# The words come divided and folded already, so that a server's own ideas of them do not matter. Porter stemming lets
# "drafting" find "draft", and no word is too common to be found.
_CREATION = """
CREATE TEXT SEARCH DICTIONARY redraft_stem (TEMPLATE = snowball, LANGUAGE = porter)

CREATE TEXT SEARCH CONFIGURATION redraft (COPY = simple)

ALTER TEXT SEARCH CONFIGURATION redraft ALTER MAPPING FOR asciiword, word, numword WITH redraft_stem

CREATE TABLE passage_words (
    passage_id INTEGER NOT NULL REFERENCES passage (id) ON DELETE CASCADE,
    library VARCHAR COLLATE "C" NOT NULL,
    length INTEGER NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (passage_id, library)
) PARTITION BY LIST (library)

CREATE INDEX ix_passage_words_words ON passage_words USING gin (words)

CREATE FUNCTION passage_words_retired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM passage_words WHERE passage_id IN (SELECT id FROM passage WHERE source_id = OLD.id);
    RETURN NULL;
END $$

CREATE TRIGGER passage_words_retired AFTER UPDATE OF active ON source
FOR EACH ROW WHEN (OLD.active AND NOT NEW.active) EXECUTE FUNCTION passage_words_retired()
"""


def make(connection: Connection, library: str) -> None:
    table = f"passage_words_{hashlib.sha256(library.encode()).hexdigest()[:16]}"
    if connection.scalar(text("SELECT to_regclass(:table) IS NULL"), {"table": table}):
        name = library.replace("'", "''").replace("%", "%%")
        connection.exec_driver_sql(f"CREATE TABLE {table} PARTITION OF passage_words FOR VALUES IN ('{name}')")


def fill(connection: Connection, library: str, source_ids: Iterable[int]) -> None:
    found = connection.execute(_ADDED, {"source_ids": list(source_ids)})
    if rows := [_row(library, *passage) for passage in found]:
        connection.execute(_FILL, rows)


_ADDED = text("SELECT id, heading, text FROM passage WHERE source_id = ANY(:source_ids) ORDER BY id")
_FILL = text(
    "INSERT INTO passage_words (passage_id, library, length, words) VALUES (:passage_id, :library, :length, "
    "setweight(to_tsvector('redraft', :heading), 'A') || to_tsvector('redraft', :text))"
)


def _row(library: str, passage_id: int, heading: str, content: str) -> dict[str, object]:
    above, below = _words(heading), _words(content)
    return {
        "passage_id": passage_id,
        "library": library,
        "length": len(above) + len(below),
        "heading": _indexed(above),
        "text": _indexed(below),
    }


def _words(content: str) -> list[str]:
    """Its runs of letters and digits, as FTS5's unicode61 takes them: in small letters, and without the diacritics that
    people leave out of queries."""
    if not content.isascii():
        bare = _DIACRITICS.sub("", unicodedata.normalize("NFD", content))
        content = segment(unicodedata.normalize("NFC", bare))
    return _WORD.findall(content.lower())


_DIACRITICS = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"[^\W_]+")


def _indexed(words: Iterable[str]) -> str:
    """With the first character of each pair beside it: by that a lone one is found, as by the beginning of a word."""
    return " ".join(f"{word} {word[0]}" if len(word) > 1 and is_lone(word[0]) else word for word in words)


def search(connection: Connection, library: str, words: Sequence[str], limit: int) -> list[Ranked]:
    query = " ".join(part for word in words for part in _words(word))
    counted = {word: number for number, word in connection.execute(_COUNT, {"library": library, "query": query})}
    passages, average = connection.execute(_SIZE, {"library": library}).one()
    choosing, others = divided([(number, word) for word, number in counted.items()], passages, POSTINGS)
    if not choosing:
        return []
    weighing = [*choosing, *others]
    values = {
        "library": library,
        "choosing": " | ".join(f"'{word}'" for word in choosing),
        "words": weighing,
        "weights": [_weight(counted[word], passages) for word in weighing],
        "average": average,
        "limit": limit,
    }
    return [Ranked(*row) for row in connection.execute(_SEARCH, values)]


def _weight(number: int, passages: int) -> float:
    """How much a word says that stands in so many of the passages; next to nothing where it is every second one."""
    return max(math.log((passages - number + 0.5) / (number + 0.5)), 1e-6)


_COUNT = text(
    "SELECT (SELECT count(*) FROM passage_words WHERE library = :library AND words @@ quote_literal(word)::tsquery), "
    "word FROM unnest(tsvector_to_array(to_tsvector('redraft', :query))) AS word"
)
_SIZE = text("SELECT count(*), avg(length)::float8 FROM passage_words WHERE library = :library")
# Rounded, as a sum depends on its order in the last digits, and equals must be equal.
_SEARCH = text(
    f"""
SELECT passage_id, round(-sum(weight * {K1 + 1} * n / (n + {K1} * ({1 - B} + {B} * length / :average)))::numeric, 9)
FROM passage_words, unnest(words) AS found (word, places, labels)
JOIN unnest(CAST(:words AS text[]), CAST(:weights AS float8[])) AS weighing (word, weight) USING (word),
LATERAL (
    SELECT cardinality(places) + {HEADING_WEIGHT - 1} * cardinality(array_positions(labels, 'A'))::float8
) AS counted (n)
WHERE library = :library AND words @@ CAST(:choosing AS tsquery)
GROUP BY passage_id ORDER BY 2, 1 LIMIT :limit
"""  # noqa: S608 - numbers of this module
)
