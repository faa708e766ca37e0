"""What a step of a run is given, for tests that call one step alone."""

from functools import partial

from langgraph.runtime import Runtime

from redraft.agent.corpus import open_corpus
from redraft.agent.events import Event
from redraft.agent.llm import LLM
from redraft.agent.recording import Recorder
from redraft.agent.settings import Settings
from redraft.agent.state import Deps
from redraft.agent.web import Web
from redraft.agent.world import World
from redraft.store.database import Database
from redraft.tests.canned import FreePacer, understand


def deps(
    database: Database,
    run_id: str,
    llm: LLM,
    settings: Settings,
    events: list[Event] | None = None,
    web: Web | None = None,
) -> Deps:
    """The run's own, with what it announces put into `events`."""
    emit = events.append if events is not None else _nobody
    return Deps(
        llm=Recorder(llm, database, run_id, emit, concurrency=4),
        database=database,
        settings=settings,
        emit=emit,
        world=World(
            web or Web(providers=[], pacer=FreePacer(), get=None, understand=understand), database, run_id, emit
        ),
        corpus=partial(open_corpus, database, run_id, settings.library, None, emit),
    )


def runtime(given: Deps) -> Runtime[Deps]:
    return Runtime(context=given)


def _nobody(_: Event) -> None:
    pass
