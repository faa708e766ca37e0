"""Programs that a test needs beside the one it tests: `faithful.py` and `site.py`, each behind a port of its own."""

import subprocess
import sys
import time
from pathlib import Path

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
