"""Vectors of passages in the store."""

from contextlib import closing
from pathlib import Path

import numpy as np
from sqlmodel import select

from redraft.store import embeddings, library
from redraft.store.database import Database
from redraft.store.models import Embedding, Passage, Source, now

MODEL = "model"
EAST, NORTH, BETWEEN = (np.array(v, np.float32) for v in ([1, 0], [0, 1], [0.6, 0.8]))


def put(database: Database, *texts: str, url: str = "file:///a", name: str = "mine") -> list[int]:
    """A document with these passages; their ids."""
    source = Source(library=name, url=url, title="A", site="here", digest="d", page_digest="", added_at=now())
    page = "\n".join(texts)
    passages = [
        Passage(source_id=0, start=page.index(t), end=page.index(t) + len(t), heading="", text=t) for t in texts
    ]
    library.add(database, source, page, passages)
    with database.session() as session:
        return [p.id or 0 for p in session.exec(select(Passage).where(Passage.source_id == source.id))]


def nearest(database: Database, vector: embeddings.Vectors, *, name: str = "mine", limit: int = 9) -> list[int]:
    return embeddings.nearest(database, MODEL, vector, name, limit=limit)


def test_the_nearest_passages_come_first(database: Database) -> None:
    east, north, between = put(database, "east", "north", "between")
    embeddings.save(database, MODEL, [between, east, north], np.stack([BETWEEN, EAST, NORTH]))

    assert nearest(database, NORTH) == [north, between, east]
    assert nearest(database, EAST, limit=2) == [east, between]
    assert nearest(database, EAST, limit=0) == []


def test_of_equals_the_first_by_place_comes_first(database: Database) -> None:
    later = put(database, "d", url="file:///b")
    first = put(database, "a", "b", "c")
    embeddings.save(database, MODEL, [*later, *reversed(first)], np.stack([EAST] * 4))

    assert nearest(database, EAST, limit=3) == first


def test_a_search_stays_within_its_library_and_its_model(database: Database) -> None:
    (mine,), (other,) = put(database, "mine"), put(database, "other", name="other")
    embeddings.save(database, MODEL, [mine, other], np.stack([NORTH, EAST]))
    embeddings.save(database, "another", [mine], np.array([[1, 0, 0]], np.float32))

    assert (nearest(database, EAST), nearest(database, EAST, name="other")) == ([mine], [other])
    assert nearest(database, EAST, name="empty") == []


def test_a_vector_is_kept_to_three_digits_and_once(database: Database) -> None:
    (passage,) = put(database, "between")
    embeddings.save(database, MODEL, [passage], BETWEEN[None])

    embeddings.save(database, MODEL, [passage], EAST[None])

    kept = embeddings.vectors(database, MODEL, [passage, 99])
    assert list(kept) == [passage]
    np.testing.assert_allclose(kept[passage], BETWEEN, atol=1e-3)
    assert kept[passage].dtype == np.float32


def test_vectors_come_in_the_order_in_which_they_are_asked_for(database: Database) -> None:
    a, b, c = put(database, "a", "b", "c")
    embeddings.save(database, MODEL, [a, b, c], np.stack([EAST] * 3))

    assert list(embeddings.vectors(database, MODEL, [c, a])) == [c, a]
    assert embeddings.vectors(database, MODEL, list(range(100_000, 200_000))) == {}


def test_what_is_missing_is_told_until_it_is_there(database: Database) -> None:
    put(database, "not asked for", name="other")
    a, b, c = put(database, "a", "b", "c")

    assert [p.id for p in embeddings.missing(database, MODEL, "mine", limit=2)] == [a, b]
    assert embeddings.count_missing(database, MODEL, "mine") == 3
    embeddings.save(database, MODEL, [a, b], np.stack([EAST, EAST]))
    assert [p.id for p in embeddings.missing(database, MODEL, "mine", limit=2)] == [c]
    assert embeddings.count_missing(database, MODEL, "mine") == 1
    assert [p.id for p in embeddings.missing(database, "another", "mine", limit=9)] == [a, b, c]


def test_a_search_knows_at_once_what_has_changed(database: Database, place: Path | str) -> None:
    (old,) = put(database, "old")
    embeddings.save(database, MODEL, [old], EAST[None])
    assert nearest(database, EAST) == [old]

    (new,) = put(database, "new")  # in place of the old state
    assert nearest(database, EAST) == []

    # By another process, as it were: SQLite gives out the old passage's id again.
    with closing(Database(place)) as other:
        embeddings.save(other, MODEL, [new], NORTH[None])
    assert nearest(database, EAST) == [new]

    library.remove(database, "mine", "file:///a")
    assert nearest(database, EAST) == []


def test_a_passage_takes_its_vectors_with_it(database: Database) -> None:
    (passage,) = put(database, "a")
    embeddings.save(database, MODEL, [passage], EAST[None])

    library.remove(database, "mine", "file:///a")

    with database.session() as session:
        assert session.exec(select(Embedding)).all() == []
