"""How much faster pages become evidence here than in a plain loop.

    python -m redraft.evals.gather_bench [--folder FOLDER] [--pages 40] [--rounds 5]

The plain loop gets a page with httpx and reads it with trafilatura, one after the other, as most programs do. Ours gets
them side by side, safely and politely, reads them in worker processes, keeps them in a database, cuts them into
passages and searches these; starting the workers is part of it. Both meet the same site on loopback, in turns. There a
new connection costs nothing: on a real line ours pays a round trip or two a page for it, where the loop keeps the
connection to a site.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx
import trafilatura
import typer
from rich.console import Console
from rich.table import Table

from redraft.agent.reading import Reader
from redraft.agent.settings import Settings
from redraft.agent.web import open_web
from redraft.evals.bench_pages import pages, site
from redraft.evals.turns import Turns, in_turns
from redraft.store import library
from redraft.store.database import Database
from redraft.store.models import WEB
from redraft.tools.retrieve import search_words

LATENCIES = (0.0, 0.05, 0.2)
"""Seconds before an answer: none, as on this machine; a near site; a site on another continent."""
QUERIES = ("What limits the speed?", "cost of building", "which settings should an operator watch")
PASSAGES = 10
"""Asked for with each query."""


def main(
    folder: Annotated[Path | None, typer.Option(help="HTML pages to use; else made up ones.")] = None,
    count: Annotated[int, typer.Option("--pages", min=1)] = 40,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    """Print how long each takes, and how many times as long the plain loop."""
    served = pages(folder, count)
    table = Table(title=f"{len(served)} pages, {rounds} rounds")
    for name in ("latency", "plain loop", "redraft", "ratio", "from … to"):
        table.add_column(name, justify="right")
    for latency in LATENCIES:
        table.add_row(f"{latency * 1000:.0f} ms", *measure(served, latency, rounds).cells())
    Console().print(table)


def measure(served: Mapping[str, bytes], latency: float, rounds: int) -> Turns:
    """The plain loop and ours. Raises `RuntimeError` where one of them reads less than the other."""
    with site(served, latency) as host:
        urls = [f"http://{host}{path}" for path in served]
        read = {_plain(urls), _ours(urls, host)}
        if len(read) > 1:
            message = f"not the same work: the plain loop and ours read {sorted(read)} pages"
            raise RuntimeError(message)
        return in_turns(partial(_plain, urls), partial(_ours, urls, host), rounds)


def _plain(urls: Sequence[str]) -> int:
    """Pages read."""
    with httpx.Client() as client:
        texts = [trafilatura.extract(client.get(url).content, output_format="markdown") for url in urls]
    return sum(bool(text) for text in texts)


def _ours(urls: Sequence[str], host: str) -> int:
    """Pages read, kept and searched."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), allow_hosts=host, search=("none",))
        database = Database(Path(folder, "bench.db"))
        read = asyncio.run(_read(settings, database, urls))
        for query in QUERIES:
            library.search(database, WEB, search_words(query), limit=PASSAGES)
        database.close()
    return read


async def _read(settings: Settings, database: Database, urls: Sequence[str]) -> int:
    async with open_web(settings, database) as web:
        reader = Reader(database, web.get, web.understand)
        fetches = await asyncio.gather(*map(reader.page, urls))
    return sum(fetch.source_id is not None for fetch in fetches)


if __name__ == "__main__":
    typer.run(main)
