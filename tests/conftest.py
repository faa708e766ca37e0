"""What all tests share: a home of their own, a small library, and a model that does its work well."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

from redraft.agent import library
from redraft.agent.archive import open_database
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings, load_settings
from redraft.evals import standin_library
from redraft.store.database import Database
from redraft.tests import faithful
from redraft.tests.agent.whole import CITIES, SOAK, TOWN, Shelf
from redraft.tests.postgres import Server, running

hypothesis.settings.register_profile(SOAK, max_examples=2000, deadline=None)
# The same examples each time: what passed here passes elsewhere. A soak looks for others.
hypothesis.settings.register_profile("usual", derandomize=True, deadline=None)
hypothesis.settings.load_profile("usual")
DOCUMENTS = {
    "trams.md": """# Trams in cities

A tram line carries up to 9,000 passengers an hour in each direction. Trams run on rails in the street and draw their
power from an overhead wire.

## Cost

Building a tram line costs between 15 and 40 million euros a kilometre. The rails last for about thirty years.
""",
    "buses.md": """# Buses in cities

A bus lane carries up to 4,000 passengers an hour in each direction. Buses can change their route when a street is
closed.

## Cost

Building a bus lane costs about one million euros a kilometre. A battery bus lasts for about twelve years.
""",
    "cycling.md": """# Cycling in cities

A cycle path carries up to 14,000 people an hour in each direction. Cyclists need no fuel, and safe paths bring more of
them.

## Cost

Building a cycle path costs between 0.2 and 1 million euros a kilometre. The paint lasts for about five years.
""",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that no test shares with another, let alone with the user."""
    for name in [name for name in os.environ if name.startswith("REDRAFT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REDRAFT_SEARCH", "none")
    return tmp_path / "home"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with three documents on getting about in cities."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def question() -> str:
    return "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"


BARE = {"rounds": 0} | dict.fromkeys(("critique", "verify", "disputes", "cohere", "fit", "conclusion"), False)
"""A run that ends with its first drafts and their summary."""


@pytest.fixture
def settings(home: Path) -> Settings:
    """Of a small run without rounds: what is planned, found and drafted is what stands at its end."""
    return load_settings(home=home, preset="quick", sections=3, words=240, library="cities", **BARE)


@pytest.fixture
def whole(home: Path) -> Settings:
    """Of a small run with all that mends a report."""
    return load_settings(home=home, preset="quick", sections=3, words=240, library="cities")


@pytest.fixture
def database(settings: Settings, documents: Path) -> Iterator[Database]:
    """The store of this test, with the three documents in the library of its settings."""
    database = open_database(settings)
    library.add(database, settings.library, [str(documents)], lambda *_: None)
    yield database
    database.close()


@pytest.fixture
def writer() -> ScriptedLLM:
    """Answers every step well."""

    def answer(request: Request) -> str:
        return faithful.answer(request.messages[-1].content)

    return ScriptedLLM(dict.fromkeys(faithful.STEPS, answer))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server. Where there is none the test is skipped."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the libraries of whole runs in it: made once, and copied for each run."""
    folder = tmp_path_factory.mktemp("libraries")
    cities = folder / CITIES
    cities.mkdir()
    for name, text in DOCUMENTS.items():
        (cities / name).write_text(text)
    town = standin_library.documents(folder / TOWN, 6)
    with closing(Database(folder / "redraft.db")) as database:
        library.add(database, CITIES, [str(cities)], lambda *_: None)
        library.add(database, TOWN, [str(town)], lambda *_: None)
    return folder / "redraft.db"


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, libraries: Path) -> Shelf:
    """Makes whole runs."""
    return Shelf(tmp_path_factory.mktemp("runs"), libraries)
