"""One turn of a job: a look for news, a run where there is some, and what is to be sent when it is done."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redraft.agent import run
from redraft.agent.errors import RedraftError, RunBusy, ServerRefused, ServerUnavailable, StorageFull
from redraft.agent.jobs import checking, updating
from redraft.agent.jobs.channels import CHANNEL, Feed, Folder
from redraft.agent.jobs.holding import TurnLost, holding
from redraft.agent.jobs.news import News
from redraft.agent.jobs.sending import apart
from redraft.agent.jobs.tools import Tools
from redraft.agent.jobs.wording import local
from redraft.agent.settings import Settings
from redraft.agent.web import open_web
from redraft.store import following, jobs
from redraft.store.errors import StoreError, StoreFull, StoreUnusable
from redraft.store.models import Delivery, Job, JobRun, Run
from redraft.tools.errors import SearchFailed, ToolError

PRIORITY = 10
"""Of the calls of jobs: whoever waits at a terminal, with 0, comes first."""
BEGINNINGS = 5
"""Times that one turn is begun: a fault of the world has passed by then, and a turn that ends its process each time
must not do so for ever."""
PAUSE = timedelta(minutes=5)
"""Before a turn is tried again whose model, search or disk failed; then twice as long, and so on."""
PASSING = (ServerUnavailable, StorageFull, StoreFull, StoreUnusable, SearchFailed, RunBusy)
"""Failures that may pass."""
KNOWN = (RedraftError, StoreError, ToolError)
LOST = "another process goes on with this turn"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a turn."""

    state: str
    reason: str = ""
    delivered: tuple[Delivery, ...] = ()
    """What is to be sent."""


async def work(tools: Tools, turn: JobRun) -> None:
    """Carries out a turn that this process holds, from where it stands, and notes what became of it.

    A failure of the user's or of the world is noted and raises nothing; one of the program is noted and raised. When it
    is cancelled the turn is `interrupted`, and whoever claims it next goes on with it. A turn that this process has
    lost meanwhile is left to the one that took it.
    """
    job = jobs.by_id(tools.database, turn.job_id)
    if turn.tries > BEGINNINGS:
        _give_up(tools, job, turn, f"begun {BEGINNINGS} times, and each time its process ended in the middle of it")
        return
    try:
        async with holding(tools, turn):
            outcome = await _outcome(tools, job, turn)
    except TurnLost:
        tools.say(job, LOST)
    except asyncio.CancelledError:
        _interrupted(tools, job, turn)
        raise
    except KNOWN as error:
        _failed(tools, job, turn, error)
    except Exception as error:
        _give_up(tools, job, turn, f"{type(error).__name__}: {error}")
        raise
    else:
        _over(tools, job, turn, outcome)


def settings_of(job: Job, settings: Settings) -> Settings:
    """The machine's settings with the user's choices for this job. Nobody is there to approve an outline."""
    return settings.model_validate({**dict(settings), "priority": PRIORITY, **job.settings, "approve": False})


async def _outcome(tools: Tools, job: Job, turn: JobRun) -> Outcome:
    database, settings = tools.database, settings_of(job, tools.settings)
    run_id = turn.run_id
    if run_id is None:
        last = updating.last_report(database, job, settings)
        news = await _news(tools, job, settings, last) if last else None
        if news is not None and not news.items:
            return Outcome(state="unchanged", reason=_nothing_new(news))
        run_id = following.begin(database, turn, *updating.planned(database, job, settings, last, news)).id
    tools.say(job, f"run {run_id}")
    await run.carry_out(database, run_id, settings, tools.listen(job), tools.llm, tools.web, tools.encoder)
    checking.remember(database, job.id or 0, run_id)
    asked = jobs.by_id(tools.database, job.id or 0)  # who changed where it goes meanwhile means this report too
    return Outcome(state="done", delivered=_deliveries(tools, asked, "report"))


async def _news(tools: Tools, job: Job, settings: Settings, last: Run) -> News:
    """Asks nothing of the model. What was looked at and is no news now is none the next time."""
    async with AsyncExitStack() as stack:
        web = tools.web
        if web is None:
            web = await stack.enter_async_context(open_web(settings, tools.database))
        news = await checking.check(tools.database, job.id or 0, last, settings, web, tools.listen(job))
    checking.remember_check(tools.database, job.id or 0, news)
    return news


def _nothing_new(news: News) -> str:
    failed = f"; {news.failed} searches or pages failed" if news.failed else ""
    asked = f"{news.searches} searches, " if news.searches else ""
    return f"nothing new in {asked}the library and the cited pages{failed}"


def _over(tools: Tools, job: Job, turn: JobRun, outcome: Outcome) -> None:
    ended = {"state": outcome.state, "reason": outcome.reason, "finished_at": tools.clock()}
    said = outcome.reason or outcome.state
    _let_go(tools, job, turn, ended, said, changed={"failures": 0}, deliveries=outcome.delivered)


def _interrupted(tools: Tools, job: Job, turn: JobRun) -> None:
    stopped: dict[str, Any] = {"state": "interrupted", "reason": "stopped before its end", "not_before": tools.clock()}
    stopped["tries"] = turn.tries - 1
    _let_go(tools, job, turn, stopped, "interrupted; the next run-due goes on with it")


def _failed(tools: Tools, job: Job, turn: JobRun, error: Exception) -> None:
    """Tried again after a pause where that may help, else given up."""
    if isinstance(error, ServerRefused) or not isinstance(error, PASSING) or turn.tries >= BEGINNINGS:
        _give_up(tools, job, turn, str(error))
        return
    again = tools.clock() + PAUSE * 2 ** (turn.tries - 1)
    waiting = {"state": "ready", "not_before": again, "reason": str(error)}
    _let_go(tools, job, turn, waiting, f"{error} (tried again at {local(again, job.zone)})")


def _give_up(tools: Tools, job: Job, turn: JobRun, reason: str) -> None:
    """Pauses the job, and says so, where it has failed too often in a row."""
    failures = jobs.by_id(tools.database, job.id or 0).failures + 1
    changed: dict[str, Any] = {"failures": failures}
    notices: tuple[Delivery, ...] = ()
    if 0 < job.most_failures <= failures:
        changed |= {"paused": f"failed {failures} times in a row; the last time: {reason}", "next_at": None}
        notices = _deliveries(tools, job, "notice")
    ended = {"state": "failed", "reason": reason, "finished_at": tools.clock()}
    said = f"failed: {reason}" + (f"; paused: {changed['paused']}" if "paused" in changed else "")
    _let_go(tools, job, turn, ended, said, changed=changed, deliveries=notices)


def _let_go(
    tools: Tools,
    job: Job,
    turn: JobRun,
    ended: Mapping[str, Any],
    said: str,
    *,
    changed: Mapping[str, Any] | None = None,
    deliveries: Sequence[Delivery] = (),
) -> None:
    """Notes what became of the turn, and says so; where another process has taken it that is for the other to tell."""
    held = jobs.let_go(tools.database, turn, tools.holder, ended, job=changed, deliveries=deliveries)
    tools.say(job, said if held else LOST)


def _deliveries(tools: Tools, job: Job, kind: str) -> tuple[Delivery, ...]:
    """One for each place the job tells; a notice is nothing for a folder or a feed."""
    channels = [each for channel in job.channels for each in apart(CHANNEL.validate_python(channel))]
    wanted = [channel for channel in channels if kind == "report" or not isinstance(channel, Folder | Feed)]
    return tuple(
        Delivery(
            job_run_id=0,
            number=0,
            kind=kind,
            channel=channel.model_dump(mode="json"),
            state="pending",
            not_before=tools.clock(),
        )
        for channel in wanted
    )
