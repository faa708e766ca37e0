"""The composition root: settings become a database, a model and a graph; a question becomes a run, a run a report."""

import secrets
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from redraft.agent import server
from redraft.agent.archive import alone, report
from redraft.agent.client import Patience, connect
from redraft.agent.corpus import open_corpus
from redraft.agent.dense import open_meaning
from redraft.agent.drafting import smallest_context
from redraft.agent.errors import ContextTooSmall, RedraftError, UserError
from redraft.agent.events import CallRetried, Emit, Event, RunFinished, RunStarted, ServerStep
from redraft.agent.graph import build
from redraft.agent.languages import settled
from redraft.agent.llm import LLM, Request
from redraft.agent.recording import Recorder
from redraft.agent.render import Report
from redraft.agent.research import no_evidence
from redraft.agent.settings import Settings
from redraft.agent.state import Deps, RunState
from redraft.agent.web import Web, open_web
from redraft.agent.world import World
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.errors import StoreError, translated
from redraft.store.models import Run, now
from redraft.tools.dense import Encoder

LONGEST_QUESTION = 4000
"""Characters. More is a document: it belongs into the library."""
STEPS = 10_000
"""LangGraph's own limit on steps, out of the way: the graph has no loop that could run on."""


def create(database: Database, question: str, settings: Settings) -> Run:
    """A run, ready to be carried out. Raises `UserError` for a question that is none."""
    question = " ".join(question.split())
    if not any(character.isalnum() for character in question):
        raise UserError('the question is empty: give it in quotes, as in redraft research "What is …?"')
    if len(question) > LONGEST_QUESTION:
        message = f"the question has {len(question)} characters, and at most {LONGEST_QUESTION} are taken"
        raise UserError(message)
    snapshot = settled(settings, question).snapshot()
    run = Run(id=secrets.token_hex(4), question=question, status="running", settings=snapshot, created_at=now())
    return runs.create(database, run)


async def carry_out(
    database: Database,
    run_id: str,
    settings: Settings,
    listen: Emit,
    llm: LLM | None = None,
    web: Web | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Takes the run from where it stands to its end.

    What is written follows the run's own settings; `settings` says where the model is. Without an `llm`, the server it
    names is used, or the running one, or one is started for this run; without a `web`, the one that the run's settings
    describe; without an `encoder`, the model that was pulled, where they want one. Raises `RunBusy` when another
    process is at it. Whatever it raises, the run keeps what it has, and carrying it out again goes on from there.
    """
    run = runs.get(database, run_id)
    with alone(database, run.id):
        if runs.get(database, run.id).status == "done":
            return
        with _noted(database, run.id):
            await _work(database, run, settings.restored(run.settings), listen, llm, web, encoder)


async def _work(
    database: Database,
    run: Run,
    settings: Settings,
    listen: Emit,
    llm: LLM | None,
    web: Web | None,
    encoder: Encoder | None,
) -> None:
    def emit(event: Event) -> None:
        runs.add_event(database, run.id, event.kind, event.data())
        listen(event)

    resumed = bool(runs.events(database, run.id))
    async with AsyncExitStack() as stack:
        if web is None:
            web = await stack.enter_async_context(open_web(settings, database))
        meaning = open_meaning(settings, database, encoder)
        corpus = partial(open_corpus, database, run.id, settings.library, meaning, emit)
        # Opened before a server takes the processor: to encode a library may take minutes.
        known = (await corpus()).known()
        if not web.providers and not known:
            # Without evidence there is no report: no server need be started.
            raise no_evidence(database, settings.library, run.id)
        model = llm if llm else await stack.enter_async_context(_served(settings, listen, emit))
        _check_context(model, settings)
        emit(_started(run, settings, model, resumed=resumed))
        recorder = Recorder(model, database, run.id, emit, concurrency=settings.llm_concurrency)
        world = World(web, database, run.id, emit)
        deps = Deps(llm=recorder, database=database, settings=settings, emit=emit, world=world, corpus=corpus)
        await _run_graph(database, run.id, deps)
    emit(_finished(report(database, run.id)))


async def _run_graph(database: Database, run_id: str, deps: Deps) -> None:
    config: RunnableConfig = {"configurable": {"thread_id": run_id}, "recursion_limit": STEPS}
    path = database.path.with_name("checkpoints.db")
    try:
        async with AsyncSqliteSaver.from_conn_string(str(path)) as checkpointer:
            graph = build(checkpointer)
            begun = (await graph.aget_state(config)).created_at is not None
            start = None if begun else RunState(run_id=run_id)
            # Each step is on disk before the next begins: a kill costs the step in hand, and none of its replies.
            await graph.ainvoke(start, config, context=deps, durability="sync")
    except sqlite3.Error as error:
        raise translated(error, str(path)) or error from error


@asynccontextmanager
async def _served(settings: Settings, listen: Emit, emit: Emit) -> AsyncIterator[LLM]:
    """The model at the URL of the settings, else at the running server, else at one started for this run alone."""

    def on_retry(request: Request, reason: str) -> None:
        emit(CallRetried(node=request.node, section=request.section, reason=reason))

    def on_step(text: str) -> None:
        listen(ServerStep(text=text))

    patience = Patience(tries=settings.llm_tries, silence=settings.llm_timeout)
    async with AsyncExitStack() as stack:
        url, model = settings.llm_url, settings.llm_model
        if url is None:
            url, model = stack.enter_context(server.reached(settings, on_step)), None
        client = connect(url, model=model, api_key=settings.llm_api_key, patience=patience, on_retry=on_retry)
        yield await stack.enter_async_context(client)


def _check_context(llm: LLM, settings: Settings) -> None:
    """Before the first call, not in the middle of the run."""
    needed = smallest_context(settings.size)
    if llm.context < needed:
        message = (
            f"the served model holds {llm.context} tokens of context, and this run needs {needed}: "
            "serve it with a larger --context, or ask for fewer --words"
        )
        raise ContextTooSmall(message)


def _started(run: Run, settings: Settings, llm: LLM, *, resumed: bool) -> RunStarted:
    library = settings.library
    return RunStarted(run=run.id, question=run.question, context=llm.context, library=library, resumed=resumed)


def _finished(report: Report) -> RunFinished:
    quoted = sum(part.version.op == "quote" for part in report.parts)
    parts, references = len(report.parts), len(report.references)
    return RunFinished(sections=parts, words=report.words, references=references, quoted=quoted)


@contextmanager
def _noted(database: Database, run_id: str) -> Iterator[None]:
    """Keeps how the run ended. An interrupted one stays `running`, just as if the process had been killed."""
    runs.set_status(database, run_id, "running")
    try:
        yield
    except Exception as error:
        known = isinstance(error, RedraftError | StoreError)
        # Where the store itself failed there may be no room for the note; the run then counts as interrupted.
        with suppress(StoreError):
            runs.set_status(database, run_id, "failed", str(error) if known else f"{type(error).__name__}: {error}")
        raise
    runs.set_status(database, run_id, "done")
