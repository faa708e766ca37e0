"""Programs that a test runs: redraft itself, and `faithful.py` and `site.py`, each behind a port of its own."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

REDRAFT = [sys.executable, "-m", "redraft.cli"]
BARE = {"REDRAFT_ROUNDS": "0"} | {
    f"REDRAFT_{name}": "false" for name in ("CRITIQUE", "VERIFY", "DISPUTES", "COHERE", "FIT", "CONCLUSION")
}
"""A run that ends with its first drafts and their summary."""
FAITHFUL, SITE = (Path(__file__).with_name(name) for name in ("faithful.py", "site.py"))


class Program:
    """A program that was started with the names of two files: for its port, and for what it is asked."""

    def __init__(self, script: Path, folder: Path, *arguments: str) -> None:
        folder.mkdir(exist_ok=True)
        port, self._log = folder / "port", folder / "log"
        self._log.touch()
        self._process = subprocess.Popen([sys.executable, str(script), str(port), str(self._log), *arguments])
        while not (port.exists() and port.read_text()):
            time.sleep(0.02)
        self.place = f"127.0.0.1:{port.read_text()}"
        self.url = f"http://{self.place}"

    @property
    def asked(self) -> list[str]:
        """A line for each request so far."""
        return self._log.read_text().splitlines()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Shell:
    """Runs redraft with settings of its own; without others, `BARE` ones."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        started = self.start(*arguments)
        out, err = started.communicate(timeout=50)
        return subprocess.CompletedProcess(arguments, started.returncode, out, err)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        bare = {name: value for name, value in os.environ.items() if not name.startswith("REDRAFT_")}
        environment = bare | BARE | {"REDRAFT_HOME": str(self.home)} | self.settings
        return subprocess.Popen(
            [*REDRAFT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    def with_settings(self, **settings: str) -> "Shell":
        return Shell(self.home, self.settings | settings)

    def rows(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(f"file:{self.home}/data/redraft.db?mode=ro", uri=True)) as database:
            return database.execute(statement).fetchall()


def shell(home: Path, site: Program) -> Shell:
    """One that searches and may read this site, and nothing else."""
    return Shell(home, {"REDRAFT_SEARXNG_URL": site.url, "REDRAFT_ALLOW_HOSTS": site.place, "REDRAFT_SEARCH": "auto"})
