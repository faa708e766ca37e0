"""Where an evaluation run begins, or is taken up again: what it is made of, and who writes its reports."""

import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from redraft.agent.client import server_root
from redraft.agent.errors import UserError
from redraft.agent.keeping import kept as keep
from redraft.agent.llm import LLM
from redraft.agent.process import OnStep
from redraft.agent.retrying import Mend, leave
from redraft.agent.settings import Settings
from redraft.evals import provenance, writers
from redraft.evals.benchmarks.base import Benchmark
from redraft.evals.choosing import Choice, chosen, planned
from redraft.evals.closed import closed_settings, fill
from redraft.evals.peers.program import Means
from redraft.evals.peers.runner import PATIENCE, CommandWriter
from redraft.evals.provenance import Facts
from redraft.evals.writers import OWN, OwnWriter, Writer
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun, now


class Peer(NamedTuple):
    """Another program that writes the reports."""

    name: str
    line: str
    """Its command, as it is typed."""
    variables: Sequence[str] = ()
    """Of our environment, that it is given."""
    patience: float = PATIENCE
    """Seconds for one report."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an evaluation run is to be."""

    name: str
    benchmark: Benchmark
    folder: Path
    """With the benchmark's files."""
    settings: Settings
    choice: Choice = field(default_factory=Choice)
    closed: bool = False
    """Whether its reports draw on the benchmark's closed world alone."""
    peer: Peer | None = None
    token_limit: int | None = None
    about: Facts = field(default_factory=dict)
    """What else is noted in `made_with`."""


@asynccontextmanager
async def begun(
    database: Database,
    plan: Plan,
    on_step: OnStep,
    *,
    parallel: int = 1,
    llm: LLM | None = None,
    mend: Mend = leave,
) -> AsyncIterator[tuple[EvalRun, Writer]]:
    """The evaluation run of the plan's name, where it is what the plan says, else a new one; and its writer.

    The model server is that of the settings, which `mend` is for where the caller has started it; else the running one;
    else one that is started for as long as this is entered, and again for all tasks together as often as
    `redraft.agent.keeping` has it. With an `llm` none is asked. Raises `UserError` naming the first difference, and for
    data or tasks that are not there.
    """
    tasks, settings = planned(chosen(plan.benchmark.load(plan.folder), plan.choice), plan.choice.repeats), plan.settings
    kept = evals.find(database, plan.name)
    if kept is not None:  # before a server is started
        provenance.check_same(kept, {"benchmark": plan.benchmark.name})
        provenance.check_tasks(kept, evals.tasks(database, kept), tasks)
    if plan.closed:
        fill(database, plan.benchmark, plan.folder)
        settings = closed_settings(settings, plan.benchmark)
    if kept is not None and plan.peer is None:
        own = OwnWriter(database=database, base=settings)
        provenance.check_same(kept, {"writer": own.name, "settings": own.settings})
    async with _writing(database, settings, plan.peer, on_step, parallel, llm, mend) as (writer, served):
        asked = _asked(plan, writer, served)
        if kept is None:
            kept = evals.create(database, asked, tasks)
        provenance.check_same(kept, asked.model_dump())
        yield kept, writer


@asynccontextmanager
async def again(
    database: Database,
    kept: EvalRun,
    settings: Settings,
    on_step: OnStep,
    *,
    given: Facts | None = None,
    parallel: int = 1,
) -> AsyncIterator[tuple[EvalRun, Writer]]:
    """An evaluation run that was begun, and its writer; `settings` say where the model is.

    Raises `UserError` where the program or the model is another now, or where settings that were `given` are others.
    """
    provenance.check_same(kept, {"settings": given or {}, "made_with": provenance.of_program()})
    if kept.writer == OWN:
        peer, settings = None, settings.restored(kept.settings)
    else:
        peer, settings = _peer(kept), settings.model_copy(update={"words": kept.settings["words"]})
    async with _writing(database, settings, peer, on_step, parallel) as (writer, served):
        provenance.check_same(kept, {"made_with": served})
        yield kept, writer


def _asked(plan: Plan, writer: Writer, served: Facts) -> EvalRun:
    settings = dict(writer.settings)
    tasks = provenance.of_tasks(plan.benchmark, plan.folder, plan.choice, int(settings.get("seed") or 0))
    return EvalRun(
        name=plan.name,
        benchmark=plan.benchmark.name,
        writer=writer.name,
        settings=settings,
        made_with={**provenance.of_program(), **served, **tasks, **plan.about},
        token_limit=plan.token_limit,
        created_at=now(),
    )


@asynccontextmanager
async def _writing(
    database: Database,
    settings: Settings,
    peer: Peer | None,
    on_step: OnStep,
    parallel: int,
    llm: LLM | None = None,
    mend: Mend = leave,
) -> AsyncIterator[tuple[Writer, Facts]]:
    """The writer, and what its model server says of itself."""
    async with AsyncExitStack() as stack:
        if llm is not None:
            yield await stack.enter_async_context(writers.opened(database, settings, llm)), {}
            return
        if not settings.llm_url:
            url, mend = await stack.enter_async_context(keep(settings, on_step))
            settings = settings.model_copy(update={"llm_url": (url,), "llm_model": None})
        served = await provenance.of_server(settings, mend)
        if peer is None:
            yield await stack.enter_async_context(writers.opened(database, settings, mend=mend)), served
        else:
            yield _command(peer, settings, served, counts=parallel == 1), served


def _peer(kept: EvalRun) -> Peer:
    had = kept.settings
    return Peer(kept.writer, shlex.join(had["command"]), had["variables"], had["patience"])


def _command(peer: Peer, settings: Settings, served: Facts, *, counts: bool) -> CommandWriter:
    if peer.name == OWN:
        message = f"--peer-name {OWN} would pass for this program: choose another"
        raise UserError(message)
    means = Means(
        llm_url=f"{server_root(settings.llm_url[0])}/v1",
        llm_model=served["model"],
        searxng_url=settings.searxng_url or "",
        words=settings.words,
    )
    asked: dict[str, Any] = {"named": peer.variables, "patience": peer.patience, "counts": counts}
    return CommandWriter.of(peer.name, peer.line, means, **asked)
