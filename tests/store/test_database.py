"""The database under everything: built by its migrations, whole after faults, plain about what is wrong with it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, inspect
from sqlmodel import SQLModel

from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.errors import NoSuchRun, StoreFull, StoreUnusable
from redraft.store.migrations import MIGRATIONS
from redraft.store.models import Migration, Run, now
from redraft.store.sqlite import SQLite


def a_run(run_id: str = "a1b2c3d4", question: str = "What?") -> Run:
    return Run(id=run_id, question=question, status="running", settings={}, created_at=now())


def test_a_new_database_has_the_tables_of_the_models(database: Database) -> None:
    found = inspect(database.engine)
    built = {
        table: (
            {column["name"]: column["nullable"] for column in found.get_columns(table)},
            {index["name"] for index in found.get_indexes(table) if "duplicates_constraint" not in index},
        )
        for table in found.get_table_names()
        if not table.startswith(("passage_fts", "passage_words"))
    }
    assert built == {
        name: (
            {column.name: bool(column.nullable) for column in table.columns},
            {index.name for index in table.indexes},
        )
        for name, table in SQLModel.metadata.tables.items()
    }


def test_opening_a_database_again_changes_nothing(database: Database, place: Path | str) -> None:
    runs.create(database, a_run())

    with closing(Database(place)) as again:
        assert [run.id for run in runs.newest_first(again)] == ["a1b2c3d4"]


def test_a_database_of_a_newer_redraft_is_left_alone(database: Database, place: Path | str) -> None:
    with database.session() as session:
        session.add(Migration(name="m999_from_the_future"))

    with pytest.raises(StoreUnusable, match=r"newer redraft.*m999_from_the_future"):
        Database(place)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "redraft.db").write_text("This is a letter, and a rather long one at that." * 50)

    with pytest.raises(StoreUnusable, match=r"redraft\.db is damaged or no redraft database"):
        Database(tmp_path / "redraft.db")


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    database = Database(tmp_path / "redraft.db")
    runs.create(database, a_run())
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    database.close()  # the next connection finds the file as large as it may be

    with pytest.raises(StoreFull, match="no space left"):
        runs.create(database, a_run("ffffffff", "x" * 100_000))

    assert [run.id for run in runs.newest_first(Database(tmp_path / "redraft.db"))] == ["a1b2c3d4"]


def test_an_error_in_a_session_keeps_nothing_of_it(database: Database) -> None:
    def half_done() -> None:
        with database.session() as session:
            session.add(a_run())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()

    assert runs.newest_first(database) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnusable, match="cannot make the folder"):
        Database(tmp_path / "file" / "redraft.db")


def test_a_database_that_another_program_holds_is_waited_for(tmp_path: Path) -> None:
    database = Database(tmp_path / "redraft.db")
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    database.close()
    other = sqlite3.connect(tmp_path / "redraft.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnusable, match="stays locked"):
        runs.create(database, a_run())
    other.execute("ROLLBACK")
    other.close()

    assert runs.create(database, a_run()).id == "a1b2c3d4"


def test_a_run_is_found_by_how_its_id_begins(database: Database) -> None:
    runs.create(database, a_run("a1b2c3d4"))
    runs.create(database, a_run("a1ffffff"))

    assert runs.get(database, "a1b").id == "a1b2c3d4"
    for ambiguous in ("a1", "", "%", "zz"):
        with pytest.raises(NoSuchRun):
            runs.get(database, ambiguous)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_BUSY, StoreUnusable),
        (sqlite3.SQLITE_CORRUPT, StoreUnusable),
        (sqlite3.SQLITE_READONLY, StoreUnusable),
        (sqlite3.SQLITE_IOERR, StoreUnusable),
        (sqlite3.SQLITE_IOERR_WRITE, StoreUnusable),
        (sqlite3.SQLITE_ERROR, type(None)),
    ],
)
def test_what_sqlite_says_is_the_stores_own_error_or_a_fault_of_the_program(
    tmp_path: Path, code: int, kind: type
) -> None:
    error = sqlite3.OperationalError("said so")
    error.sqlite_errorcode = code

    told = SQLite(tmp_path / "redraft.db").translated(error)

    assert type(told) is kind
    assert told is None or str(tmp_path) in str(told)


def test_an_error_that_is_not_sqlites_is_left_alone() -> None:
    assert SQLite(Path("redraft.db")).translated(ValueError("no")) is None


def test_a_database_of_an_earlier_redraft_is_searched_as_before_and_keeps_its_evidence(tmp_path: Path) -> None:
    earlier = create_engine(f"sqlite:///{tmp_path / 'redraft.db'}")
    with earlier.begin() as connection:
        SQLModel.metadata.tables["migration"].create(connection)
        for change in MIGRATIONS[:4]:
            change(connection)
            connection.exec_driver_sql("INSERT INTO migration VALUES (?)", (change.__name__,))
        for statement in HELD.strip().split(";\n"):
            connection.exec_driver_sql(statement)
    earlier.dispose()

    database = Database(tmp_path / "redraft.db")

    found = library.search(database, "mine", ["rails", "东京"], limit=9)
    assert sorted(match.passage.text for match in found) == ["Trams run on rails.", "东京的电车。"]
    assert [exhibit.passage.text for exhibit in drafts.run_exhibits(database, "r1")] == ["Trams ran on rails."]


HELD = """
INSERT INTO page VALUES ('p', x'00');
INSERT INTO source (id, library, url, title, site, digest, page_digest, active, added_at) VALUES
    (1, 'mine', 'file:///1', 'A', 'B', 'd', 'p', FALSE, '2026-01-01'),
    (2, 'mine', 'file:///1', 'A', 'B', 'd', 'p', TRUE, '2026-01-01');
INSERT INTO passage VALUES
    (1, 1, 0, 19, '', 'Trams ran on rails.'),
    (2, 2, 0, 19, '', 'Trams run on rails.'),
    (3, 2, 20, 26, '', '东京的电车。');
INSERT INTO run VALUES ('r1', 'What?', 'done', '{}', NULL, '2026-01-01', '2026-01-01');
INSERT INTO evidence VALUES (1, 'r1', 1, 1)
"""
