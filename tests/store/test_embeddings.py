"""Vectors of passages in the store."""

from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from redraft.store import embeddings, library
from redraft.store.database import Database
from redraft.store.models import Embedding, Passage, Source, now

MODEL = "model"
EAST, NORTH, BETWEEN = (np.array(v, np.float32) for v in ([1, 0], [0, 1], [0.6, 0.8]))


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database(tmp_path / "store.db")


def put(store: Database, *texts: str, url: str = "file:///a", name: str = "mine") -> list[int]:
    """A document with these passages; their ids."""
    source = Source(library=name, url=url, title="A", site="here", digest="d", page_digest="", added_at=now())
    page = "\n".join(texts)
    passages = [
        Passage(source_id=0, start=page.index(t), end=page.index(t) + len(t), heading="", text=t) for t in texts
    ]
    library.add(store, source, page, passages)
    with store.session() as session:
        return [p.id or 0 for p in session.exec(select(Passage).where(Passage.source_id == source.id))]


def nearest(store: Database, vector: embeddings.Vectors, *, name: str = "mine", limit: int = 9) -> list[int]:
    return embeddings.nearest(store, MODEL, vector, name, limit=limit)


def test_the_nearest_passages_come_first(store: Database) -> None:
    east, north, between = put(store, "east", "north", "between")
    embeddings.save(store, MODEL, [between, east, north], np.stack([BETWEEN, EAST, NORTH]))

    assert nearest(store, NORTH) == [north, between, east]
    assert nearest(store, EAST, limit=2) == [east, between]
    assert nearest(store, EAST, limit=0) == []


def test_of_equals_the_first_by_place_comes_first(store: Database) -> None:
    later = put(store, "d", url="file:///b")
    first = put(store, "a", "b", "c")
    embeddings.save(store, MODEL, [*later, *reversed(first)], np.stack([EAST] * 4))

    assert nearest(store, EAST, limit=3) == first


def test_a_search_stays_within_its_library_and_its_model(store: Database) -> None:
    (mine,), (other,) = put(store, "mine"), put(store, "other", name="other")
    embeddings.save(store, MODEL, [mine, other], np.stack([NORTH, EAST]))
    embeddings.save(store, "another", [mine], np.array([[1, 0, 0]], np.float32))

    assert (nearest(store, EAST), nearest(store, EAST, name="other")) == ([mine], [other])
    assert nearest(store, EAST, name="empty") == []


def test_a_vector_is_kept_to_three_digits_and_once(store: Database) -> None:
    (passage,) = put(store, "between")
    embeddings.save(store, MODEL, [passage], BETWEEN[None])

    embeddings.save(store, MODEL, [passage], EAST[None])

    kept = embeddings.vectors(store, MODEL, [passage, 99])
    assert list(kept) == [passage]
    np.testing.assert_allclose(kept[passage], BETWEEN, atol=1e-3)
    assert kept[passage].dtype == np.float32


def test_vectors_come_in_the_order_in_which_they_are_asked_for(store: Database) -> None:
    a, b, c = put(store, "a", "b", "c")
    embeddings.save(store, MODEL, [a, b, c], np.stack([EAST] * 3))

    assert list(embeddings.vectors(store, MODEL, [c, a])) == [c, a]
    assert embeddings.vectors(store, MODEL, list(range(100_000, 200_000))) == {}


def test_what_is_missing_is_told_until_it_is_there(store: Database) -> None:
    put(store, "not asked for", name="other")
    a, b, c = put(store, "a", "b", "c")

    assert [p.id for p in embeddings.missing(store, MODEL, "mine", limit=2)] == [a, b]
    assert embeddings.count_missing(store, MODEL, "mine") == 3
    embeddings.save(store, MODEL, [a, b], np.stack([EAST, EAST]))
    assert [p.id for p in embeddings.missing(store, MODEL, "mine", limit=2)] == [c]
    assert embeddings.count_missing(store, MODEL, "mine") == 1
    assert [p.id for p in embeddings.missing(store, "another", "mine", limit=9)] == [a, b, c]


def test_a_search_knows_at_once_what_has_changed(store: Database) -> None:
    (old,) = put(store, "old")
    embeddings.save(store, MODEL, [old], EAST[None])
    assert nearest(store, EAST) == [old]

    (new,) = put(store, "new")  # in place of the old state
    assert nearest(store, EAST) == []

    # By another process, as it were: SQLite gives out the old passage's id again.
    embeddings.save(Database(store.path), MODEL, [new], NORTH[None])
    assert nearest(store, EAST) == [new]

    library.remove(store, "mine", "file:///a")
    assert nearest(store, EAST) == []


def test_a_passage_takes_its_vectors_with_it(store: Database) -> None:
    (passage,) = put(store, "a")
    embeddings.save(store, MODEL, [passage], EAST[None])

    library.remove(store, "mine", "file:///a")

    with store.session() as session:
        assert session.exec(select(Embedding)).all() == []
