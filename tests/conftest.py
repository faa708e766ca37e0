"""What all tests share: a home of their own, a small library, and a model that does its work well."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.archive import open_database
from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.settings import Settings, load_settings
from redraft.store.database import Database
from redraft.tests import faithful

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


@pytest.fixture
def settings(home: Path) -> Settings:
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
