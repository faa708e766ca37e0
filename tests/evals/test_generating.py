"""Evaluation runs carried out: failures are noted, and whatever stops one costs nothing that is written."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from redraft.agent import run
from redraft.agent.errors import NoEvidence, RunBusy, ServerRefused, ServerUnavailable
from redraft.agent.llm import LLM, Request, ScriptedLLM
from redraft.agent.settings import Settings
from redraft.evals.generating import Standing, carry_out, one, standing
from redraft.evals.writers import OwnWriter, Writer, Written
from redraft.store import calls, evals, runs
from redraft.store.database import Database
from redraft.store.models import EvalRun, EvalTask, now
from redraft.tests.agent.whole import Dawdling, Killed, Mortal, Wrapped

PROMPTS = (
    "How many passengers do trams and buses carry in cities?",
    "What does building a cycle path or a tram line cost?",
    "How long do rails, buses and paint last?",
)


def begun(database: Database, name: str = "base", repeats: int = 1, prompts: Sequence[str] = PROMPTS) -> EvalRun:
    tasks = [
        EvalTask(eval_run_id=0, number=number, task_id=f"t{number}", repeat=repeat, prompt=prompt, language="en")
        for number, prompt in enumerate(prompts)
        for repeat in range(repeats)
    ]
    made = EvalRun(name=name, benchmark="drb", writer="redraft", settings={}, made_with={}, created_at=now())
    return evals.create(database, made, tasks)


def articles(database: Database, eval_run: EvalRun) -> list[str]:
    return [task.article for task in evals.tasks(database, eval_run)]


def states(database: Database, eval_run: EvalRun) -> list[str]:
    return [task.state for task in evals.tasks(database, eval_run)]


@pytest.fixture
def usual(database: Database, settings: Settings, writer: ScriptedLLM) -> list[str]:
    """The reports of an evaluation run that nothing has stopped."""
    eval_run = begun(database, "usual")
    own = OwnWriter(database=database, base=settings, llm=writer)
    assert asyncio.run(carry_out(database, eval_run, own)).done == 3
    return articles(database, eval_run)


@dataclass
class Standin:
    """Writes what it is told to, or raises it."""

    makes: Mapping[str, Any] = field(default_factory=dict)
    """Task → tokens, or what is raised; else ten tokens."""
    name: str = "peer"
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def write(self, task: EvalTask) -> Written:
        self.asked.append(task.task_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            made = self.makes.get(task.task_id, 10)
            if isinstance(made, BaseException):
                raise made
            return made if isinstance(made, Written) else Written(f"# On {task.task_id}", 1.5, made)
        finally:
            self.at_once -= 1


async def test_every_task_has_its_report_with_what_it_took(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    eval_run = begun(database)
    heard: list[tuple[str, str]] = []

    found = await carry_out(
        database,
        eval_run,
        OwnWriter(database=database, base=settings, llm=writer),
        listen=lambda task, what: heard.append((task.task_id, what)),
    )

    tasks = evals.tasks(database, eval_run)
    assert found == Standing(done=3, failed=0, waiting=0, tokens=sum(task.tokens or 0 for task in tasks))
    assert heard == [(f"t{number}", what) for number in range(3) for what in ("begun", "done")]
    for task in tasks:
        row = runs.get(database, task.run_id or "")
        assert row.finished_at
        assert task.seconds == (row.finished_at - row.created_at).total_seconds()
        assert task.tokens == calls.spent(database, row.id) > 0
        assert "## References" in task.article


async def test_a_prompt_reaches_the_model_with_its_lines(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    prompt = "Compare trams and buses:\n\n1. what they carry\n2. what they cost"
    eval_run = begun(database, prompts=[prompt])

    await carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=writer))

    assert all(prompt in request.messages[-1].content for request in writer.requests)


async def test_each_repeat_has_a_seed_and_a_run_of_its_own(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    eval_run = begun(database, repeats=2, prompts=PROMPTS[:1])
    base = settings.model_copy(update={"seed": 7, "approve": True})
    own = OwnWriter(database=database, base=base, llm=writer)

    await carry_out(database, eval_run, own)

    kept = [runs.get(database, task.run_id or "") for task in evals.tasks(database, eval_run)]
    assert [row.settings["seed"] for row in kept] == [7, 8]
    assert [row.status for row in kept] == ["done", "done"]
    assert (own.settings["seed"], own.settings["approve"]) == (7, False)


@pytest.mark.parametrize("lives", [1, 7, 13])
def test_a_killed_run_is_gone_on_with_to_the_same_reports_and_asks_nothing_twice(
    database: Database, settings: Settings, writer: ScriptedLLM, usual: list[str], lives: int
) -> None:
    eval_run = begun(database)
    mortal = Mortal(writer, replies=lives)
    with suppress(Killed):
        asyncio.run(carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=mortal)))
    assert states(database, eval_run).count("waiting") > 0
    rest = Wrapped(writer)

    asyncio.run(carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=rest)))

    assert articles(database, eval_run) == usual
    assert len({*mortal.told, *rest.told}) == len(mortal.told) + len(rest.told)


@pytest.mark.parametrize("parallel", [1, 3])
def test_reports_do_not_depend_on_how_many_are_written_at_once(
    database: Database, settings: Settings, writer: ScriptedLLM, usual: list[str], parallel: int
) -> None:
    eval_run = begun(database)
    own = OwnWriter(database=database, base=settings, llm=Dawdling(writer, seed=parallel))

    asyncio.run(carry_out(database, eval_run, own, parallel=parallel))

    assert articles(database, eval_run) == usual


async def test_no_more_tasks_are_under_way_than_are_wanted(database: Database) -> None:
    peer = Standin()

    await carry_out(database, begun(database), peer, parallel=2)

    assert (peer.most_at_once, peer.asked) == (2, ["t0", "t1", "t2"])


async def test_a_failure_is_noted_and_the_next_task_is_begun(database: Database) -> None:
    eval_run = begun(database)
    makes = {"t0": NoEvidence("nothing speaks to it"), "t1": ServerRefused("too long"), "t2": Written(" \n")}

    found = await carry_out(database, eval_run, Standin(makes))

    assert found == Standing(done=0, failed=3, waiting=0, tokens=0)
    tasks = evals.tasks(database, eval_run)
    assert [task.failure for task in tasks] == ["nothing speaks to it", "too long", "peer wrote nothing"]
    assert all(task.article == "" and task.seconds is not None for task in tasks)


async def test_a_failed_run_counts_with_what_it_took_and_is_tried_again_from_where_it_stands(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    @dataclass
    class Refusing(Wrapped):
        async def sample(self, request: Request) -> Any:
            if request.node == "draft":
                raise ServerRefused("not this")
            return await super().sample(request)

    eval_run = begun(database, prompts=PROMPTS[:1])
    refusing = Refusing(writer)
    await carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=refusing))
    (failed,) = evals.tasks(database, eval_run)
    evals.reopen(database, eval_run)
    rest = Wrapped(writer)

    await carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=rest))

    (done,) = evals.tasks(database, eval_run)
    assert (failed.state, failed.failure, done.state, done.failure) == ("failed", "not this", "done", "")
    assert (failed.tokens or 0) < (done.tokens or 0)
    assert done.run_id == failed.run_id
    assert not set(refusing.told) & set(rest.told)


async def test_a_question_that_the_writer_does_not_take_is_a_task_that_failed(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    eval_run = begun(database, prompts=["Why? " * run.LONGEST_QUESTION])

    found = await carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=writer))

    assert found.failed == 1
    assert "characters" in evals.tasks(database, eval_run)[0].failure


async def test_what_every_task_would_meet_stops_the_whole_and_leaves_them_waiting(database: Database) -> None:
    eval_run = begun(database)
    with pytest.raises(ServerUnavailable, match="down"):
        await carry_out(database, eval_run, Standin({"t1": ServerUnavailable("down")}))

    assert states(database, eval_run) == ["done", "waiting", "waiting"]


async def test_a_fault_of_the_program_is_raised_and_leaves_its_task_waiting(database: Database) -> None:
    eval_run = begun(database)
    with pytest.raises(ZeroDivisionError):
        await carry_out(database, eval_run, Standin({"t1": ZeroDivisionError()}), parallel=3)

    assert states(database, eval_run)[1] == "waiting"


async def test_no_task_is_begun_once_the_tokens_are_spent(database: Database) -> None:
    eval_run, peer = begun(database), Standin({"t0": 10, "t1": 15})

    found = await carry_out(database, eval_run, peer, token_limit=25)
    again = await carry_out(database, eval_run, peer, token_limit=25)
    more = await carry_out(database, eval_run, peer, token_limit=26)

    assert found == again == Standing(done=2, failed=0, waiting=1, tokens=25)
    assert (more.done, peer.asked) == (3, ["t0", "t1", "t2"])


async def test_tokens_of_what_was_stopped_on_the_way_count_too(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    eval_run = begun(database)
    with suppress(Killed):
        await carry_out(database, eval_run, OwnWriter(database=database, base=settings, llm=Mortal(writer, replies=4)))
    spent = standing(database, evals.tasks(database, eval_run)).tokens
    rest = Wrapped(writer)

    own = OwnWriter(database=database, base=settings, llm=rest)
    found = await carry_out(database, eval_run, own, token_limit=spent)

    assert spent > 0
    assert (found.waiting, rest.told) == (3, [])


async def test_a_task_that_is_done_or_that_another_process_writes_on_is_left_alone(database: Database) -> None:
    eval_run, peer = begun(database), Standin({"t1": RunBusy("somebody is at it")})
    first, second, third = evals.tasks(database, eval_run)
    evals.finish(database, first, state="done", article="# Mine")

    with database.hold(f"eval-task-{third.id}"):
        for task in (first, second, third):
            await one(database, task, peer)

    assert states(database, eval_run) == ["done", "waiting", "waiting"]
    assert articles(database, eval_run)[0] == "# Mine"
    assert peer.asked == ["t1"]


async def test_cancelling_leaves_what_is_under_way_to_be_gone_on_with(
    database: Database, settings: Settings, writer: ScriptedLLM
) -> None:
    @dataclass
    class Stuck(Wrapped):
        async def sample(self, request: Request) -> Any:
            if request.node == "outline":
                reached.set()
                await asyncio.Event().wait()
            return await super().sample(request)

    reached = asyncio.Event()
    eval_run = begun(database)
    stuck: LLM = Stuck(writer)
    own: Writer = OwnWriter(database=database, base=settings, llm=stuck)
    working = asyncio.create_task(carry_out(database, eval_run, own, parallel=2))
    await reached.wait()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working

    assert states(database, eval_run) == ["waiting"] * 3
    assert not any(database.is_held(f"eval-task-{task.id}") for task in evals.tasks(database, eval_run))
