from collections.abc import Iterator
from pathlib import Path

import pytest

from redraft.agent.events import Event, TooOld
from redraft.agent.recency import Recency
from redraft.agent.settings import Settings
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.models import Run, now

URL = "https://rails.example/trams"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    for run_id, since in (("recent", "2024-03-09"), ("any", None)):
        snapshot = Settings.model_validate({"since": since}).snapshot()
        runs.create(database, Run(id=run_id, question="?", status="running", settings=snapshot, created_at=now()))
    yield database
    database.close()


@pytest.mark.parametrize(
    ("day", "may"),
    [
        ("2024", True),
        ("2023", False),
        ("2024-03", True),
        ("2024-02", False),
        ("2024-03-09", True),
        ("2024-03-08", False),
        ("March 2020", True),  # no date that is understood
        ("", True),
        (None, True),
    ],
)
def test_a_source_is_too_old_only_if_all_that_its_date_may_mean_is(
    database: Database, day: str | None, may: bool
) -> None:
    assert Recency(database, "recent", lambda _: None).admits(URL, day) is may
    assert Recency(database, "any", lambda _: None).admits(URL, day)


def test_a_source_is_told_of_once_however_it_is_spelled_and_whoever_meets_it(database: Database) -> None:
    heard: list[Event] = []

    def emit(event: Event) -> None:
        heard.append(event)
        runs.add_event(database, "recent", event.kind, event.data())

    one, other = Recency(database, "recent", emit), Recency(database, "recent", emit)
    for judge in (one, one, other):
        for url in (URL, f"{URL}/?utm_source=mail", "file:///library/trams.md"):
            assert not judge.admits(url, "1999")

    assert heard == [TooOld(url=URL, date="1999"), TooOld(url="file:///library/trams.md", date="1999")]
