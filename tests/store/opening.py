"""More work for other processes, which import the agent for it."""

import asyncio
import time
from multiprocessing.connection import Connection
from pathlib import Path

from sqlmodel import select

from redraft.agent.checkpoints import open_checkpoints
from redraft.store.database import Database
from redraft.store.models import Migration


def hold(place: Path | str, name: str, ready: Connection) -> None:
    """Holds a name until it is killed."""
    with Database(place).hold(name) as mine:
        ready.send(mine)
        time.sleep(60)


def open_all(url: str) -> int:
    """Opens a database and its checkpoints, which may be there or not; how many migrations it has seen then."""
    database = Database(url)

    async def opened() -> None:
        async with open_checkpoints(database) as checkpoints:
            assert await checkpoints.aget({"configurable": {"thread_id": "none"}}) is None

    asyncio.run(opened())
    with database.session() as session:
        count = len(session.exec(select(Migration)).all())
    database.close()
    return count
