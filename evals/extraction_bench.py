"""How much faster two processes read pages than one.

    python -m redraft.evals.extraction_bench [--folder FOLDER] [--pages 200] [--rounds 5]

Both pools are started and warm before the clock runs, and read the same pages in turns. A process that has read its
share makes room for a new one, as in a run.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from redraft.evals.bench_pages import pages
from redraft.evals.turns import Turns, in_turns
from redraft.tools.errors import PageFailed
from redraft.tools.extract.page import extract_page
from redraft.tools.pool import Pool
from redraft.tools.types import Content

WORKERS = 2


def main(
    folder: Annotated[Path | None, typer.Option(help="HTML pages to use; else made up ones.")] = None,
    count: Annotated[int, typer.Option("--pages", min=1)] = 200,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    """Print how long each pool takes, and how many times as long the smaller one."""
    read = pages(folder, count)
    table = Table(title=f"{len(read)} pages, {rounds} rounds")
    for name in ("1 worker", f"{WORKERS} workers", "ratio", "from … to"):
        table.add_column(name, justify="right")
    table.add_row(*measure(read, rounds).cells())
    Console().print(table)


def measure(read: Mapping[str, bytes], rounds: int) -> Turns:
    """One worker and several. Raises `RuntimeError` where no page can be read."""
    with Pool(1) as one, Pool(WORKERS) as several:
        if not (_read(one, read) and _read(several, read)):  # which warms them up
            raise RuntimeError("no page was read: there is nothing to compare")
        return in_turns(partial(_read, one, read), partial(_read, several, read), rounds)


def _read(pool: Pool, read: Mapping[str, bytes]) -> int:
    """Pages that say something."""
    tasks = [
        pool.submit(extract_page, data, f"https://pages.example{path}", "text/html") for path, data in read.items()
    ]
    return sum(map(_says_something, tasks))


def _says_something(task: Future[Content]) -> bool:
    try:
        task.result()
    except PageFailed:
        return False
    return True


if __name__ == "__main__":
    typer.run(main)
