"""The composition root: settings become a database, a model and a graph; a question becomes a run, a run a report."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, StateSnapshot

from redraft.agent import tree
from redraft.agent.archive import alone, report
from redraft.agent.briefing import known_length
from redraft.agent.checkpoints import open_checkpoints
from redraft.agent.client import connect
from redraft.agent.corpus import open_corpus
from redraft.agent.dense import open_meaning
from redraft.agent.drafting import smallest_context
from redraft.agent.endpoints import check_context
from redraft.agent.errors import RedraftError, UserError
from redraft.agent.events import (
    ApprovalAwaited,
    CallRetried,
    Emit,
    Event,
    RunFinished,
    RunStarted,
    ServerStep,
    ServerWarned,
)
from redraft.agent.graph import build
from redraft.agent.keeping import kept
from redraft.agent.languages import settled
from redraft.agent.llm import LLM, Request
from redraft.agent.planning import section_count
from redraft.agent.recording import Recorder
from redraft.agent.render import Report
from redraft.agent.research import no_evidence
from redraft.agent.retrying import Mend, Patience, leave
from redraft.agent.settings import Settings
from redraft.agent.state import Deps, RunState
from redraft.agent.transcripts import transcript
from redraft.agent.web import Web, open_web
from redraft.agent.world import World
from redraft.store import gaps, runs
from redraft.store.database import Database
from redraft.store.errors import StoreError
from redraft.store.models import Run, now
from redraft.tools.dense import Encoder

LONGEST_QUESTION = 4000
"""Characters. More is a document: it belongs into the library."""
STEPS = 10_000
"""LangGraph's own limit on steps, out of the way: every loop of the graph has a bound of its own."""


def create(database: Database, question: str, settings: Settings) -> Run:
    """A run, ready to be carried out. Raises `UserError` for a question that is none."""
    return runs.create(database, prepared(question, settings))


def prepared(question: str, settings: Settings) -> Run:
    """The same, kept nowhere yet."""
    question = question.strip()  # its lines stay: a list of demands is one
    if not any(character.isalnum() for character in question):
        raise UserError('the question is empty: give it in quotes, as in redraft research "What is …?"')
    if len(question) > LONGEST_QUESTION:
        message = f"the question has {len(question)} characters, and at most {LONGEST_QUESTION} are taken"
        raise UserError(message)
    snapshot = settled(settings, question).snapshot()
    return Run(id=secrets.token_hex(4), question=question, status="running", settings=snapshot, created_at=now())


async def carry_out(
    database: Database,
    run_id: str,
    settings: Settings,
    listen: Emit,
    llm: LLM | None = None,
    web: Web | None = None,
    encoder: Encoder | None = None,
    mend: Mend = leave,
) -> None:
    """Takes the run from where it stands to its end.

    What is written follows the run's own settings; `settings` says where the model is. Without an `llm`, the server it
    names is used, or the running one, or one is started for this run; without a `web`, the one that the run's settings
    describe; without an `encoder`, the model that was pulled, where they want one. `mend` is what whoever has started
    the server of the settings does when a call to it fails. Raises `RunBusy` when another process is at it. Whatever it
    raises, the run keeps what it has, and carrying it out again goes on from there.

    A run that is to be approved stops as `waiting` once its outline stands; carried out again, it is approved. One that
    is done is carried out again where the user has asked for something since.
    """
    run = runs.get(database, run_id)
    with alone(database, run.id):
        if runs.get(database, run.id).status == "done" and not _asked_for(database, run.id, "open"):
            return
        with _failure_noted(database, run.id):
            finished = await _work(database, run, settings.restored(run.settings), listen, llm, web, encoder, mend)
            runs.set_status(database, run.id, "done" if finished else "waiting")


async def _work(
    database: Database,
    run: Run,
    settings: Settings,
    listen: Emit,
    llm: LLM | None,
    web: Web | None,
    encoder: Encoder | None,
    mend: Mend,
) -> bool:
    """Whether the run is over; else it waits for the user."""

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
        needed = smallest_context(_as_known(database, run, settings))
        model = llm if llm else await stack.enter_async_context(_served(settings, needed, run.id, listen, emit, mend))
        check_context("the served model", model.context, needed)
        emit(_started(run, settings, model, resumed=resumed))
        together = settings.llm_concurrency * max(1, len(settings.llm_url))
        recorder = Recorder(model, database, run.id, emit, concurrency=together)
        world = World(web, database, run.id, emit)
        deps = Deps(llm=recorder, database=database, settings=settings, emit=emit, world=world, corpus=corpus)
        finished = await _run_graph(database, run.id, deps)
    emit(_finished(report(database, run.id)) if finished else _awaited(database, run.id))
    return finished


async def _run_graph(database: Database, run_id: str, deps: Deps) -> bool:
    """Whether it came to its end, and not to an interrupt."""
    config: RunnableConfig = {"configurable": {"thread_id": _thread(database, run_id)}, "recursion_limit": STEPS}
    async with open_checkpoints(database) as checkpointer:
        graph = build(checkpointer)
        state = await graph.aget_state(config)
        if state.interrupts and not _was_told(database, run_id):
            return False  # killed between the interrupt and the word of it: nobody can have approved
        # Each step is kept before the next begins: a kill costs the step in hand, and none of its replies.
        await graph.ainvoke(_start(state, run_id), config, context=deps, durability="sync")
        return not (await graph.aget_state(config)).interrupts


def _start(state: StateSnapshot, run_id: str) -> RunState | Command[bool] | None:
    """What the graph goes on with: the user's approval, what it has, or the run at its beginning."""
    if state.interrupts:
        return Command(resume=True)
    return None if state.created_at else RunState(run_id=run_id)


def _thread(database: Database, run_id: str) -> str:
    """LangGraph's name for this pass: what the user asks for begins a new one, whose steps find their rows."""
    asked = _asked_for(database, run_id)
    return f"{run_id}-{asked}" if asked else run_id


def _asked_for(database: Database, run_id: str, *states: str) -> int:
    """How much the user ever asked for, or of it what is in one of these states."""
    mine = [gap for gap in gaps.of_run(database, run_id) if gap.opened_by == "user"]
    return sum(not states or gap.state in states for gap in mine)


def _was_told(database: Database, run_id: str) -> bool:
    return any(event.kind == ApprovalAwaited.__name__ for event in runs.events(database, run_id))


@asynccontextmanager
async def _served(
    settings: Settings, needed: int, run_id: str, listen: Emit, emit: Emit, mend: Mend
) -> AsyncIterator[LLM]:
    """The model at the URLs of the settings, else at the running server, else at one started for this run alone."""

    def on_retry(request: Request, reason: str) -> None:
        emit(CallRetried(node=request.node, section=request.section, reason=reason))

    def on_step(text: str) -> None:
        listen(ServerStep(text=text))

    def warn(text: str) -> None:
        listen(ServerWarned(text=text))

    patience = Patience(tries=settings.llm_tries, silence=settings.llm_timeout)
    async with AsyncExitStack() as stack:
        urls, model = settings.llm_url, settings.llm_model
        if not urls:
            found = await stack.enter_async_context(kept(settings, on_step, warn=warn))
            urls, model, mend = (found.url,), None, found.mend
        client = connect(
            *urls,
            model=model,
            api_key=settings.llm_api_key,
            patience=patience,
            priority=settings.priority,
            concurrency=settings.llm_concurrency,
            needed=needed,
            on_retry=on_retry,
            fields=partial(_seeded, settings.seed),
            on_heard=transcript(settings.transcripts, run_id) if settings.transcripts else None,
            mend=mend,
        )
        yield await stack.enter_async_context(client)


def _seeded(seed: int | None, request: Request) -> dict[str, int | None]:
    return {"seed": None if seed is None else seed + request.attempt}


def _as_known(database: Database, run: Run, settings: Settings) -> Settings:
    """With the size of the report as far as it is known: by its outline, else by the length that is asked for."""
    top = [section for section in tree.body(runs.outline(database, run.id)) if tree.depth(section.number) == 1]
    length = known_length(run.question, settings)
    words = length.words if length else settings.size.words
    sections = len(top) or section_count(settings, words)
    if top:
        words = len(top) * max(section.words for section in top)
    return settings.model_copy(update={"sections": sections, "words": words})


def _started(run: Run, settings: Settings, llm: LLM, *, resumed: bool) -> RunStarted:
    return RunStarted(
        run=run.id,
        question=run.question,
        context=llm.context,
        library=settings.library,
        resumed=resumed,
        follows=run.follows,
        news=len(run.news),
    )


def _finished(report: Report) -> RunFinished:
    quoted = sum(part.version.op == "quote" for part in report.parts)
    parts, references = len(report.parts), len(report.references)
    return RunFinished(sections=parts, words=report.words, references=references, quoted=quoted)


def _awaited(database: Database, run_id: str) -> ApprovalAwaited:
    return ApprovalAwaited(titles=[section.title for section in tree.body(runs.outline(database, run_id))])


@contextmanager
def _failure_noted(database: Database, run_id: str) -> Iterator[None]:
    """Keeps how the run failed. An interrupted one stays `running`, just as if the process had been killed."""
    runs.set_status(database, run_id, "running")
    try:
        yield
    except Exception as error:
        known = isinstance(error, RedraftError | StoreError)
        # Where the store itself failed there may be no room for the note; the run then counts as interrupted.
        with suppress(StoreError):
            runs.set_status(database, run_id, "failed", str(error) if known else f"{type(error).__name__}: {error}")
        raise
