"""Ablations: evaluation runs on the same tasks, with the same seeds and the same evidence, one choice apart."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import groupby
from typing import Any

from redraft.agent import keeping, server
from redraft.agent.errors import UserError
from redraft.agent.keeping import Kept
from redraft.agent.llm import LLM
from redraft.agent.process import OnStep
from redraft.agent.retrying import Mend, leave
from redraft.agent.settings import Settings
from redraft.evals import provenance
from redraft.evals.ablated import Outcome, outcome
from redraft.evals.arms import PRIME, Arm, goes_out
from redraft.evals.beginning import Plan, begun
from redraft.evals.choosing import chosen, planned
from redraft.evals.closed import closed_settings, fill
from redraft.evals.evaluated import METRICS, measured, save
from redraft.evals.generating import carry_out as carried_out
from redraft.evals.measuring import Held, Way
from redraft.evals.writers import OwnWriter
from redraft.store import evals, library
from redraft.store.database import Database
from redraft.store.models import WEB, EvalTask

Start = Callable[[Settings, OnStep], AbstractAsyncContextManager[Kept]]
"""Starts a model server of these settings for as long as it is entered."""
Listen = Callable[[str, EvalTask, str], None]
"""As `generating.Listen`, told the name of the arm before."""


@dataclass(frozen=True)
class Ablation:
    plan: Plan
    """Of the base: what the arms have in common, and how their names begin."""
    arms: Sequence[Arm]
    """The base first."""

    @property
    def is_primed(self) -> bool:
        """Whether an evaluation run goes into the web before the arms, which then stay at home."""
        return goes_out(self.plan.settings)

    @property
    def plans(self) -> dict[str, Plan]:
        """What each evaluation run is to be, by the name of its arm, in their order."""
        settings, home = self.plan.settings, {"offline": True} if self.is_primed else {}
        primed = {PRIME: settings} if self.is_primed else {}
        each = primed | {arm.name: settings.restored({**arm.change, **home}) for arm in self.arms}
        return {name: replace(self.plan, name=self.called(name), settings=its) for name, its in each.items()}

    def called(self, arm: str) -> str:
        """The name of an arm's evaluation run."""
        return f"{self.plan.name}-{arm}"


@dataclass(frozen=True, kw_only=True)
class Means:
    """What it takes to carry out an ablation."""

    listen: Listen
    on_step: OnStep
    parallel: int = 1
    """Tasks at a time."""
    llm: LLM | None = None
    """Asked in the place of any server."""
    start: Start = keeping.own


def closed(database: Database, plan: Plan) -> Plan:
    """The plan, to be written from the benchmark's closed world alone. Raises as `redraft.evals.closed.fill`."""
    fill(database, plan.benchmark, plan.folder)
    return replace(plan, settings=closed_settings(plan.settings, plan.benchmark))


def check(database: Database, ablation: Ablation) -> None:
    """Raises `UserError`, before anything is begun, where an arm takes a model server of its own and another is named
    or runs, and where an evaluation run of an arm's name was begun otherwise."""
    settings = ablation.plan.settings
    for arm in ablation.arms:
        if arm.needs_server and settings.llm_url:
            message = f"the arm {arm.name} takes a server that is started for it: it cannot be had with --llm-url"
            raise UserError(message)
        if arm.needs_server and server.status(settings).state != "stopped":
            message = f"the arm {arm.name} takes a server that is started for it: first `redraft serve stop`"
            raise UserError(message)
    for plan in ablation.plans.values():
        if kept := evals.find(database, plan.name):
            own = OwnWriter(database=database, base=plan.settings).settings
            provenance.check_same(kept, {"settings": own, "made_with": provenance.of_program()})
            tasks = planned(chosen(plan.benchmark.load(plan.folder), plan.choice), plan.choice.repeats)
            provenance.check_tasks(kept, evals.tasks(database, kept), tasks)


def reopen(database: Database, ablation: Ablation) -> None:
    """Has the tasks that failed tried again."""
    for plan in ablation.plans.values():
        if kept := evals.find(database, plan.name):
            evals.reopen(database, kept)


async def carry_out(database: Database, ablation: Ablation, means: Means) -> None:
    """Carries out every arm from where it stands, one after the other: one that is done costs nothing.

    Raises as `redraft.evals.generating.carry_out`. Carried out again, it goes on from there.
    """
    own = any(arm.needs_server for arm in ablation.arms)
    left = [(name, plan) for name, plan in ablation.plans.items() if _is_left(database, plan.name)]
    for _, entries in groupby(left, lambda entry: entry[1].settings.speculation):
        together = dict(entries)
        async with _served(next(iter(together.values())).settings, means, own=own) as (where, mend):
            for name, plan in together.items():
                settings = plan.settings.model_copy(update=where)
                await _carry_out(database, name, replace(plan, settings=settings), means, mend)


async def _carry_out(database: Database, name: str, plan: Plan, means: Means, mend: Mend) -> None:
    about = {"arm": name, "speculation": plan.settings.speculation, "pages": pages_read(database)}
    parallel, limit, listen = means.parallel, plan.token_limit, partial(means.listen, name)
    plan = replace(plan, about=about)
    work = begun(database, plan, means.on_step, parallel=parallel, llm=means.llm, mend=mend)
    async with work as (eval_run, writer):
        await carried_out(database, eval_run, writer, parallel=parallel, token_limit=limit, listen=listen)


def _is_left(database: Database, name: str) -> bool:
    """Whether an evaluation run is to be begun, or has tasks that wait."""
    kept = evals.find(database, name)
    return kept is None or any(task.state == "waiting" for task in evals.tasks(database, kept))


@asynccontextmanager
async def _served(settings: Settings, means: Means, *, own: bool) -> AsyncIterator[tuple[dict[str, Any], Mend]]:
    """Where the model is that several arms share, as settings, and what is done when a call to it fails."""
    if means.llm or settings.llm_url:
        yield {}, leave
    else:
        start = means.start if own else keeping.kept
        async with start(settings, means.on_step) as (url, mend):
            yield {"llm_url": (url,), "llm_model": None}, mend


def pages_read(database: Database) -> str:
    """All pages of the web that the store has, as a digest: arms for which it is the same have had the same to read."""
    known = sorted((source.url, source.page_digest) for source in library.documents(database, WEB))
    return hashlib.sha256(repr(known).encode()).hexdigest()


def outcomes(database: Database, ablation: Ablation) -> list[Outcome]:
    """What each arm came to: all are measured now, and so in the same way. Raises `UserError` for one without any
    report."""
    benchmark = ablation.plan.benchmark
    way = Way(held=Held(benchmark, benchmark.load(ablation.plan.folder)))
    usual = {"dense": False, "watts": None, "read_cited": False}
    stamp = {"redraft": version("redraft"), "benchmark": benchmark.name, **usual}  # as of `redraft eval metrics`
    kept = [evals.get(database, ablation.called(arm.name)) for arm in ablation.arms]
    for eval_run in kept:
        save(database, eval_run, METRICS, stamp, measured(database, eval_run, way))
    return [outcome(database, eval_run) for eval_run in kept]
