"""A whole run without a model: the stand-in writes a report on the made-up library, through the very state machine.

    python -m redraft.evals.rehearsal FOLDER [--preset standard]

FOLDER becomes a home of redraft's with that library and that run in it: `REDRAFT_HOME=FOLDER redraft rounds RUN` tells
how the report came about, and every other command works on it as on any run.
"""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from redraft.agent import archive, library, run
from redraft.agent.llm import LLM, ScriptedLLM
from redraft.agent.settings import Settings, load_settings
from redraft.evals import standin, standin_library
from redraft.store.database import Database

CONTEXT = 32_768
LIBRARY = "city"


def main(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    preset: Annotated[str, typer.Option()] = "standard",
) -> None:
    """Carry out a run, and print its id."""
    settings = load_settings(home=folder, preset=preset, library=LIBRARY, search=("none",))
    with closing(opened(settings, folder)) as database:
        typer.echo(asyncio.run(rehearsed(database, settings, writer())))


def opened(settings: Settings, folder: Path) -> Database:
    """A store with the library in it; the documents lie in `folder`."""
    documents = standin_library.documents(folder / "documents", len(standin_library.THINGS))
    database = archive.open_database(settings)
    library.add(database, settings.library, [str(documents)], lambda *_: None)
    return database


def writer() -> ScriptedLLM:
    return ScriptedLLM(dict.fromkeys(standin.STEPS, standin.reply), context=CONTEXT)


async def rehearsed(database: Database, settings: Settings, llm: LLM) -> str:
    """Carries out a run, and tells its id."""
    row = run.create(database, standin_library.QUESTION, settings)
    await run.carry_out(database, row.id, settings, lambda _: None, llm)
    return row.id


if __name__ == "__main__":
    typer.run(main)
