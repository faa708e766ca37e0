"""Work for other processes: they import it, and cannot import a test."""

import time
from pathlib import Path

from redraft.store import pacing
from redraft.store.database import Database

INTERVAL = 0.001


def take_turns(place: Path | str, count: int) -> list[float]:
    """The moments of `count` turns, taken as fast as this process can."""
    database = Database(place)
    turns = [pacing.reserve(database, "arxiv", INTERVAL, now=time.time()) or 0.0 for _ in range(count)]
    database.close()
    return turns
