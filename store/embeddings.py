"""Vectors of passages, made once for each model, and searched by brute force: exact, and quick enough for a library.

This alone of the store needs NumPy, which comes with what makes the vectors: import it where dense retrieval is on.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, func, text
from sqlmodel import Session, col, select

from redraft.store.database import Database
from redraft.store.models import Embedding, Passage, Source

Vectors = NDArray[np.float32]

_STORED = np.dtype("<f2")
"""Half the space of single precision. Of normalised vectors of 384 numbers it moves a cosine by 0.0001."""


class _State(NamedTuple):
    """What tells that neither the library nor the vectors have changed."""

    sources: int
    newest: datetime | None
    vectors: int
    last: int | None


class _Matrix(NamedTuple):
    state: _State
    passage_ids: Sequence[int]
    rows: Vectors


_COUNT = {
    "sqlite": text("SELECT (SELECT count(*) FROM embedding), (SELECT max(rowid) FROM embedding)"),
    "postgresql": text("SELECT count(*), max(passage_id) FROM embedding"),
}
"""SQLite answers each of two queries from an index alone, and gives out the ids of passages again; PostgreSQL does not.
"""

_MATRICES: dict[tuple[str, str, str], _Matrix] = {}
"""By database, model and library: 100,000 vectors of 384 numbers take 154 MB and 0.4 s to read."""


def missing(database: Database, model: str, library: str, *, limit: int) -> Sequence[Passage]:
    """Some of the passages that a library has now and for which this model has made no vector yet; none at the end."""
    statement = select(Passage).join(Source).where(_lacks(model, library)).order_by(col(Passage.id)).limit(limit)
    with database.session() as session:
        return session.exec(statement).all()


def count_missing(database: Database, model: str, library: str) -> int:
    """How many passages `missing` would find in all."""
    with database.session() as session:
        return session.exec(select(func.count()).select_from(Passage).join(Source).where(_lacks(model, library))).one()


def save(database: Database, model: str, passage_ids: Sequence[int], vectors: Vectors) -> None:
    """Keeps one row of `vectors`, each of length 1, for each passage; one that has a vector of this model keeps it."""
    with database.session(lock=True) as session:
        known = set(_stored(session, model, passage_ids))
        session.add_all(
            Embedding(passage_id=passage_id, model=model, vector=vector.astype(_STORED).tobytes())
            for passage_id, vector in dict(zip(passage_ids, vectors, strict=True)).items()
            if passage_id not in known
        )


def vectors(database: Database, model: str, passage_ids: Sequence[int]) -> dict[int, Vectors]:
    """The vectors there are of these passages, in their order."""
    with database.session() as session:
        stored = _stored(session, model, passage_ids)
    return {passage_id: _rows([stored[passage_id]])[0] for passage_id in passage_ids if passage_id in stored}


def nearest(database: Database, model: str, vector: Vectors, library: str, *, limit: int) -> list[int]:
    """The passages of a library whose vectors have the largest product with this one, best first.

    Of equals the first by URL and place comes first. What has no vector is not found.
    """
    matrix = _matrix(database, model, library)
    if not matrix.passage_ids:
        return []
    return [matrix.passage_ids[place] for place in _largest(matrix.rows @ vector, limit)]


def _lacks(model: str, library: str) -> ColumnElement[bool]:
    known = select(Embedding.passage_id).where(Embedding.model == model)
    return and_(col(Source.library) == library, col(Source.active).is_(True), col(Passage.id).not_in(known))


def _largest(scores: Vectors, limit: int) -> list[int]:
    """The places of the largest, in order; of equals the earlier ones."""
    least = np.partition(scores, -limit)[-limit] if limit < len(scores) else -np.inf
    places = np.flatnonzero(scores >= least)  # sorting these few instead of all saves 20 ms of 100,000
    order: list[int] = places[np.argsort(-scores[places], kind="stable")][:limit].tolist()
    return order


def _stored(session: Session, model: str, passage_ids: Sequence[int]) -> dict[int, bytes]:
    # As JSON they are one value, however many they are.
    asked = _AMONG[session.get_bind().dialect.name].bindparams(ids=json.dumps(list(passage_ids)))
    found = session.exec(select(Embedding).where(Embedding.model == model, asked))
    return {row.passage_id: row.vector for row in found}


_AMONG = {
    "sqlite": text("passage_id IN (SELECT value FROM json_each(:ids))"),
    "postgresql": text("passage_id IN (SELECT value::int FROM json_array_elements_text(CAST(:ids AS json)))"),
}


def _rows(blobs: Sequence[bytes]) -> Vectors:
    return np.frombuffer(b"".join(blobs), _STORED).reshape(len(blobs), -1).astype(np.float32)


def _matrix(database: Database, model: str, library: str) -> _Matrix:
    """The vectors of a library, read again when it has changed."""
    key = (database.backend.name, model, library)
    with database.session() as session:
        state = _state(session, library)
        if key not in _MATRICES or _MATRICES[key].state != state:
            _MATRICES[key] = _read(session, model, library, state)
    return _MATRICES[key]


def _state(session: Session, library: str) -> _State:
    of_library = select(func.count(), func.max(col(Source.added_at)))
    sources, newest = session.exec(of_library.where(Source.library == library, col(Source.active).is_(True))).one()
    connection = session.connection()
    counted, last = connection.execute(_COUNT[connection.dialect.name]).one()
    return _State(sources, newest, counted, last)


def _read(session: Session, model: str, library: str, state: _State) -> _Matrix:
    statement = (
        select(Embedding.passage_id, Embedding.vector)
        .join(Passage)
        .join(Source)
        .where(Embedding.model == model, Source.library == library, col(Source.active).is_(True))
        .order_by(col(Source.url), col(Passage.start))
    )
    found = session.exec(statement).all()
    rows = _rows([vector for _, vector in found]) if found else np.empty((0, 0), np.float32)
    return _Matrix(state, [passage_id for passage_id, _ in found], rows)
