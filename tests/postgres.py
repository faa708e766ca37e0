"""A PostgreSQL server for the tests: of a session, in a folder of its own, gone with the process that started it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from redraft.store.database import Database

MISSING = (
    "NOT TESTED: PostgreSQL. Its server is not on this machine: install it (Debian and Ubuntu: apt-get install "
    "postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql)"
)
GUARDED = "guarded"
"""A role that must give a password, which is `secret`; all others are trusted."""
_SERVER = """
"$1"/postgres -D "$2"/data -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c logging_collector=off > "$2"/log 2>&1 < /dev/null &
read -r line
kill -QUIT $!
wait
rm -rf "$2"
"""
"""Ends when its standard input does, which is when the process that holds the other end is gone, however it went."""
_BEGUN = 30.0
"""Seconds within which a server answers; it takes half of one."""


@dataclass(frozen=True)
class Server:
    """A server that is running: `folder` has its socket."""

    folder: Path
    numbers: Iterator[int]

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@/{name}?host={self.folder}"

    def run(self, statement: str) -> None:
        with self._connected() as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a database that goes at the end; one that redraft has opened already unless it is `empty`."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name}{'' if empty else ' TEMPLATE opened'}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def disconnect(self, name: str | None) -> None:
        """Ends all connections to a database."""
        self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True)


@contextmanager
def running() -> Iterator[Server]:
    """A server, or the test is skipped and says what is missing."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="redraft-pg-", dir="/tmp"))
    user = _user()
    if user:
        shutil.chown(folder, user)
    _made(programs, folder, user)
    command = ("sh", "-c", _SERVER, "sh", str(programs), str(folder))
    # In a session of its own: Ctrl-C is not for it.
    with subprocess.Popen(command, stdin=subprocess.PIPE, user=user, cwd=folder, start_new_session=True) as supervisor:
        try:
            yield _answering(Server(folder, count(1)))
        finally:
            supervisor.communicate()


def _made(programs: Path, folder: Path, user: str | None) -> None:
    options = "-U postgres -A trust -E UTF8 --locale=C -N"
    command = (str(programs / "initdb"), "-D", str(folder / "data"), *options.split())
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    access = folder / "data" / "pg_hba.conf"
    access.write_text(f"local all {GUARDED} scram-sha-256\nlocal all all trust\n")


def _answering(server: Server) -> Server:
    end = time.monotonic() + _BEGUN
    while True:
        try:
            server.run(f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'secret'")
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            break
    server.run("CREATE DATABASE opened")
    Database(server.url("opened"), server.folder).close()
    return server


def _programs() -> Path:
    """The folder that has `initdb` and `postgres`."""
    found = shutil.which("initdb")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    folders = [Path(path).resolve().parent for path in ([found] if found else []) + packaged[::-1]]
    fitting = [folder for folder in folders if (folder / "postgres").exists()]
    if not fitting:
        pytest.skip(MISSING)
    return fitting[0]


def _user() -> str | None:
    """Who runs the server: it refuses to be run by root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
