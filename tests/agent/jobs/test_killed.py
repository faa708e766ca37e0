"""A turn whose process is killed at any of its transactions is done once, by whoever comes next."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from shutil import copy, copytree

import pytest
from sqlalchemy import Connection, event

from redraft.agent import archive, library
from redraft.agent.jobs.channels import Feed, Folder, Hook
from redraft.agent.jobs.outbox import LONGEST_TRY
from redraft.agent.jobs.tools import LEASE
from redraft.agent.llm import ScriptedLLM
from redraft.agent.settings import Settings
from redraft.store import calls, deliveries, jobs, runs
from redraft.store.database import Database
from redraft.tests import faithful
from redraft.tests.agent.jobs.clockwork import MONDAY, WEEK, Clock, Process, weekly
from redraft.tests.agent.whole import CITIES, Killed, Wrapped, settings_in

SECOND = timedelta(seconds=1)
FERRIES = """# Ferries in cities

The capacity of a river ferry is up to 600 passengers an hour in each direction, a slow way to travel. Ferries, trams,
buses and cycle paths carry people in cities.
"""
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
FORMATS = ("md", "html", "json")
SMALL = {"rounds": 1} | dict.fromkeys(("critique", "verify", "disputes", "cohere", "fit", "conclusion"), False)
HEAD, STEP, TAIL = 5, 6, 9
POINTS = [*range(HEAD), *range(HEAD, 28, STEP), *range(-TAIL, 0)]
"""It is killed at each of the first writes of a turn (its tick, its claim, the run that follows another), at each of
the last (what is known, its outcome, two for each of three deliveries), and at some between, where runs that are killed
have tests of their own. All 37 of this turn would take twice as long."""


@dataclass
class Desk:
    """A job with a report, a library that has news since, and a model that notes what it was asked."""

    folder: Path
    settings: Settings
    database: Database
    clock: Clock = field(default_factory=lambda: Clock(MONDAY + WEEK))

    def __post_init__(self) -> None:
        self.llm = Wrapped(
            ScriptedLLM(dict.fromkeys(faithful.STEPS, lambda r: faithful.answer(r.messages[-1].content)))
        )

    def process(self, number: int) -> Process:
        return Process(self.database, self.settings, self.llm, self.clock, holder=f"elsewhere {number} 0")


@contextmanager
def writing(database: Database, on_write: Callable[[int], None]) -> Iterator[None]:
    """Tells before each transaction that writes is kept how many were before it. Those that only read lose nothing."""
    dirty: set[Connection] = set()
    written = count()

    def executed(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            dirty.add(connection)

    def kept(connection: Connection) -> None:
        if connection in dirty:
            dirty.remove(connection)
            on_write(next(written))

    listeners = ("before_cursor_execute", executed), ("commit", kept)
    for name, listener in listeners:
        event.listen(database.engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(database.engine, name, listener)


def desk(folder: Path) -> Desk:
    settings = settings_in(folder / "home", library=CITIES, **SMALL)
    settings.folders.data.mkdir(parents=True, exist_ok=True)
    return Desk(folder, settings, archive.open_database(settings))


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory, libraries: Path) -> Path:
    """A folder with a desk."""
    made = tmp_path_factory.mktemp("killed")
    data = settings_in(made / "home").folders.data
    data.mkdir(parents=True)
    copy(libraries, data / "redraft.db")
    with closing((new := desk(made)).database) as database:
        weekly(database, QUESTION, made / "reports", channels=[])
        new.clock.now = MONDAY
        (turn,) = new.process(1).run_due()
        assert turn.state == "done"
        (made / "ferries.md").write_text(FERRIES)
        library.add(database, CITIES, [str(made / "ferries.md")], lambda *_: None)
    return made


@contextmanager
def begun(reported: Path, folder: Path) -> Iterator[Desk]:
    """A copy of that desk, with three places where reports are sent."""
    copytree(reported, folder, dirs_exist_ok=True)
    places = [
        Folder(path=folder / "reports", formats=FORMATS),
        Feed(path=folder / "feed.xml"),
        Hook(command=("sh", "-c", f'echo "$REDRAFT_RUN" >> {folder}/hooked')),
    ]
    new = desk(folder)
    with closing(new.database) as database:
        channels = [place.model_dump(mode="json") for place in places]
        jobs.change(database, jobs.get(database, "weekly"), channels=channels)
        yield new


@pytest.fixture(scope="module")
def writes(reported: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many there are in a turn that nobody kills."""
    told: list[int] = []
    with begun(reported, tmp_path_factory.mktemp("unharmed")) as unharmed, writing(unharmed.database, told.append):
        unharmed.process(1).run_due()
    return len(told)


def end(desk: Desk) -> None:
    """Another process goes on, once the lease is over, and then with what the killed one was sending."""
    other = desk.process(2)
    for pause in (LEASE + SECOND, LONGEST_TRY):
        desk.clock.now += pause
        other.run_due()


def check(desk: Desk) -> None:
    """That all was done, and nothing twice."""
    database = desk.database
    new, old = jobs.of_job(database, jobs.get(database, "weekly"))
    assert (new.state, old.state, new.tries <= 2) == ("done", "done", True)
    assert {run.id: run.status for run in runs.newest_first(database)} == {new.run_id: "done", old.run_id: "done"}
    sent = deliveries.of_turn(database, new.id or 0)
    assert [(each.channel["kind"], each.state) for each in sent] == [
        (kind, "done") for kind in ("folder", "feed", "hook")
    ]
    assert sum(each.tries for each in sent) <= len(sent) + 1
    filed = [path.name for path in (desk.folder / "reports").iterdir() if not path.is_symlink()]
    assert sorted(filed) == sorted(f"weekly-2026-03-09-{new.run_id}.{ending}" for ending in FORMATS)
    assert (desk.folder / "feed.xml").read_text().count("<entry>") == 2
    hooked = (desk.folder / "hooked").read_text().split()
    assert set(hooked) == {new.run_id}
    assert len(hooked) == sent[-1].tries


@pytest.mark.parametrize("place", POINTS)
def test_a_turn_that_is_killed_at_a_write_is_done_once(reported: Path, writes: int, tmp_path: Path, place: int) -> None:
    def perhaps_die(write: int) -> None:
        if write == place % writes:
            raise Killed

    with begun(reported, tmp_path) as killed, writing(killed.database, perhaps_die), pytest.raises(Killed):
        killed.process(1).run_due()
    with closing((mine := desk(tmp_path)).database):
        end(mine)
        check(mine)
        answered = Counter([*killed.llm.told, *mine.llm.told])
        run_id = runs.newest_first(mine.database)[0].id
        assert max(Counter(call.key for call in calls.of_run(mine.database, run_id)).values()) == 1
        assert answered.total() - len(answered) <= 1, "the reply that was about to be kept"
