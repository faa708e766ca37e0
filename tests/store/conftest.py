"""The store's tests are made twice: in a file, and on a server."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from redraft.store.database import Database
from redraft.tests.postgres import Server

Place = Path | str
KINDS = ["sqlite", "postgresql"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where the database of this test is: the path of a file, or a URL."""
    with _placed(request, tmp_path) as place:
        yield place


@pytest.fixture
def database(place: Place, tmp_path: Path) -> Iterator[Database]:
    """The store of this test, with nothing in it."""
    with closing(Database(place, tmp_path)) as database:
        yield database


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property: opening one takes longer than a hundred writes."""
    folder = tmp_path_factory.mktemp("shared")
    with _placed(request, folder) as place, closing(Database(place, folder)) as database:
        yield database


@contextmanager
def _placed(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield folder / "redraft.db"
    else:
        server: Server = request.getfixturevalue("server")
        with server.database() as url:
            yield url
