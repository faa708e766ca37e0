"""The store on a server: made at once, plain about what is wrong with it, and shared by processes."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.errors import lookup
from pydantic import SecretStr

from redraft.agent import library, run
from redraft.agent.archive import alone, open_database, status
from redraft.agent.checkpoints import open_checkpoints
from redraft.agent.errors import RunBusy
from redraft.evals import standin_library
from redraft.store import calls, drafts, runs
from redraft.store.database import Database
from redraft.store.errors import StoreFull, StoreUnusable
from redraft.store.migrations import MIGRATIONS
from redraft.store.models import Call, Run, now
from redraft.tests.agent.whole import TOWN, Shelf, Whole, killed_after_replies, settings_in, standing_in, state
from redraft.tests.postgres import GUARDED, Server
from redraft.tests.store.opening import hold, open_all

SPAWN = multiprocessing.get_context("spawn")
SECRET = "s3cr3t-and-wrong"


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with server.database() as url:
        yield url


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Database]:
    with closing(Database(url, tmp_path)) as database:
        yield database


def a_run(run_id: str = "a1b2c3d4") -> Run:
    return Run(id=run_id, question="?", status="running", settings={}, created_at=now())


def test_processes_that_open_a_new_database_at_once_all_find_it_whole(server: Server) -> None:
    with server.database(empty=True) as url, SPAWN.Pool(3) as pool:
        assert pool.map(open_all, [url] * 3) == [len(MIGRATIONS)] * 3


def test_a_package_that_is_not_installed_is_named() -> None:
    opening = "from redraft.store.database import Database; Database('postgresql+psycopg://me:no@host/name')"
    without = f"import sys; sys.modules['psycopg'] = None; {opening}"

    told = subprocess.run([sys.executable, "-c", without], check=False, capture_output=True, text=True)

    assert "StoreUnusable: psycopg is needed" in told.stderr
    assert told.stderr.rstrip().endswith("pip install 'redraft[postgres]'")


def test_what_keeps_a_database_from_being_opened_is_told_in_a_line_without_the_password(server: Server) -> None:
    places = {
        "No such file": "postgresql+psycopg://me:{}@/name?host=/nowhere",
        "Connection refused": "postgresql+psycopg://me:{}@127.0.0.1:1/name",
        "does not exist": server.url("nobodys", "postgres:{}"),
        "password authentication failed": server.url("opened", GUARDED + ":{}"),
        "one is needed like": "mysql://me:{}@host/name",
        "needed like postgresql": "me:{}",
    }
    for reason, place in places.items():
        with pytest.raises(StoreUnusable, match=reason) as told:
            Database(place.format(SECRET))
        assert SECRET not in str(told.value)
        assert "\n" not in str(told.value)


def test_the_right_password_is_used(server: Server) -> None:
    with server.database(empty=True) as url:
        name = url.partition("@/")[2].partition("?")[0]
        server.run(f"ALTER DATABASE {name} OWNER TO {GUARDED}")

        with closing(Database(server.url(name, f"{GUARDED}:secret"))) as database:
            assert "secret" not in repr(database.engine)
            assert runs.newest_first(database) == []


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", StoreFull),
        ("53300", StoreUnusable),
        ("57P01", StoreUnusable),
        ("25006", StoreUnusable),
        ("55P03", StoreUnusable),
        ("42601", type(None)),
        ("23505", type(None)),
    ],
)
def test_what_a_server_says_is_the_stores_own_error_or_a_fault_of_the_program(
    opened: Database, state: str, kind: type
) -> None:
    told = opened.backend.translated(lookup(state)("said so"))

    assert type(told) is kind
    assert told is None or opened.backend.name in str(told)


def test_a_connection_that_was_lost_is_made_again(opened: Database, server: Server) -> None:
    runs.create(opened, a_run())

    server.disconnect(opened.engine.url.database)

    assert [run.id for run in runs.newest_first(opened)] == ["a1b2c3d4"]


def test_a_text_with_a_character_that_no_server_takes_is_kept_without_it_and_at_its_length(opened: Database) -> None:
    runs.create(opened, a_run())
    messages = [{"role": "user", "content": "What\0?"}]
    call = Call(
        run_id="a1b2c3d4",
        key="k",
        node="n",
        attempt=1,
        messages=messages,
        text="Trams\0run.",
        model="m\0",
        finish_reason="stop",
        prompt_tokens=1,
        cached_tokens=0,
        output_tokens=1,
        ms=1,
        created_at=now(),
    )
    calls.record(opened, [call])

    (kept,) = calls.answered(opened, "a1b2c3d4", "k")

    assert (kept.text, kept.model) == ("Trams\ufffdrun.", "m\ufffd")
    assert kept.messages == messages


def test_a_process_holds_a_run_alone_until_it_is_gone_however_it_ends(place: Path | str, tmp_path: Path) -> None:
    with closing(Database(place, tmp_path)) as database:
        row = runs.create(database, a_run())
        here, there = SPAWN.Pipe()
        other = SPAWN.Process(target=hold, args=(place, row.id, there))
        other.start()
        assert here.recv() is True

        assert status(database, row) == "running"
        with pytest.raises(RunBusy, match="another process"), alone(database, row.id):
            pass

        other.kill()
        other.join()
        while database.is_held(row.id):
            os.sched_yield()
        assert status(database, row) == "interrupted"
        with alone(database, row.id), pytest.raises(RunBusy), alone(database, row.id):
            pass
        with alone(database, row.id):
            assert not database.is_held("another")


async def test_a_server_that_goes_away_in_the_middle_of_a_run_is_named(opened: Database, server: Server) -> None:
    async def cut_off() -> None:
        async with open_checkpoints(opened) as checkpoints:
            server.disconnect(opened.engine.url.database)
            await checkpoints.aget({"configurable": {"thread_id": "none"}})

    with pytest.raises(StoreUnusable, match="cannot be used"):
        await cut_off()


def test_a_run_that_is_killed_and_taken_up_again_is_the_same_on_a_server_as_in_a_file(
    shelf: Shelf, url: str, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path / "home", database=SecretStr(url))
    with closing(open_database(settings)) as database, shelf.done(standing_in()) as in_file:
        library.add(database, TOWN, [str(shelf.made.parent / TOWN)], lambda *_: None)
        on_server = Whole(database, settings, run.create(database, standin_library.QUESTION, settings).id)

        killed_after_replies(on_server, standing_in(), [7, 9])

        assert on_server.status == "done"
        assert drafts.run_exhibits(database, on_server.run_id)
        assert state(on_server) == state(in_file)
