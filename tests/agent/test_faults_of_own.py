"""A server that was started for runs and fails in the middle of them. Real processes, as in `test_keeping`."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from redraft.agent import archive, run
from redraft.agent.errors import ServerUnavailable
from redraft.agent.events import CallAnswered, Event
from redraft.agent.keeping import own
from redraft.agent.llm import ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings
from redraft.evals.generating import carry_out
from redraft.evals.writers import OwnWriter
from redraft.store import evals, runs
from redraft.store.database import Database
from redraft.store.models import EvalTask
from redraft.tests.agent.test_server import fake, quiet
from redraft.tests.evals.test_generating import articles, begun

pytestmark = pytest.mark.enable_socket  # loopback only


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


def killing(pids: Path, *after: int, by: signal.Signals = signal.SIGKILL) -> Callable[[Event], None]:
    """Ends the server each time that so many calls have been answered."""
    answered = 0

    def listen(event: Event) -> None:
        nonlocal answered
        answered += isinstance(event, CallAnswered)
        if isinstance(event, CallAnswered) and answered in after:
            os.kill(int(pids.read_text().split()[1]), by)

    return listen


@pytest.mark.parametrize(
    ("how", "options"),
    [(signal.SIGKILL, {}), (signal.SIGSTOP, {"llm_timeout": 0.5})],
    ids=["killed", "hung"],
)
async def test_a_run_whose_own_server_fails_in_the_middle_writes_what_it_would_have(
    database: Database,
    settings: Settings,
    question: str,
    writer: ScriptedLLM,
    pids: Path,
    how: signal.Signals,
    options: dict[str, float],
) -> None:
    alone, failed = (run.create(database, question, settings).id for _ in range(2))
    await run.carry_out(database, alone, settings, lambda _: None, writer)
    warned: list[str] = []

    async with own(settings, quiet, fake("writing", pids, grace=0.2), warn=warned.append) as found:
        there = settings.model_copy(update={"llm_url": (found.url,), **options})
        await run.carry_out(database, failed, there, killing(pids, 3, by=how), mend=found.mend)

    assert [warning.endswith("; it is started again") for warning in warned] == [True]
    assert markdown(archive.report(database, failed)) == markdown(archive.report(database, alone))


def written_by(database: Database, settings: Settings, url: str, **more: object) -> OwnWriter:
    return OwnWriter(database=database, base=settings.model_copy(update={"llm_url": (url,)}), **more)  # type: ignore[arg-type]


async def test_runs_side_by_side_have_their_server_started_again_once_for_all(
    database: Database, settings: Settings, writer: ScriptedLLM, pids: Path
) -> None:
    usual, eval_run = begun(database, "usual"), begun(database)
    await carry_out(database, usual, OwnWriter(database=database, base=settings, llm=writer))
    warned: list[str] = []

    async with own(settings, quiet, fake("writing", pids), warn=warned.append) as found:
        listen = killing(pids, 7)
        mended = written_by(database, settings, found.url, mend=found.mend, listen=lambda task: listen)
        standing = await carry_out(database, eval_run, mended, parallel=3)

    assert (standing.done, len(warned)) == (3, 1)
    assert articles(database, eval_run) == articles(database, usual)


async def test_a_server_is_given_up_for_all_runs_together_and_their_tasks_wait(
    database: Database, settings: Settings, pids: Path
) -> None:
    eval_run = begun(database)

    async with own(settings, quiet, fake("writing", pids)) as found:
        listen = killing(pids, 2, 12, 20)
        mended = written_by(database, settings, found.url, mend=found.mend, listen=lambda task: listen)
        with pytest.raises(ServerUnavailable, match="it was started again 2 times and is given up") as error:
            await carry_out(database, eval_run, mended)
    left: list[EvalTask] = [task for task in evals.tasks(database, eval_run) if task.state == "waiting"]

    assert "\n" not in str(error.value)
    assert 0 < len(left) < 3
    assert runs.get(database, left[0].run_id or "").status == "failed"
