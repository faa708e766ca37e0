"""Who writes the reports of an evaluation run: redraft itself, or another program."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from redraft.agent import archive, run
from redraft.agent.events import Emit, Event
from redraft.agent.llm import LLM
from redraft.agent.render import markdown
from redraft.agent.retrying import Mend, leave
from redraft.agent.settings import Settings
from redraft.agent.web import Web, open_web
from redraft.evals.metrics import cost
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalTask
from redraft.tools.dense import Encoder

OWN = "redraft"
"""The name of the writer that is redraft itself."""


class Written(NamedTuple):
    """A report, and what it took."""

    article: str
    seconds: float | None = None
    tokens: int | None = None
    """None where nobody counts them."""
    run_id: str | None = None
    """The run that has written it, where redraft has."""


class Writer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its reports depend on, ready for JSON."""

    async def write(self, task: EvalTask) -> Written:
        """The report on a task, whose prompt is the question as it stands.

        What is begun already is gone on with. Raises `RedraftError`, `StoreError` or `ToolError` where it fails.
        """


def _unheard(event: Event) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class OwnWriter:
    """Redraft: a run for each task, as `redraft research` would carry it out. Nobody is there to approve an outline.

    The first repeat of a task has the seed of the settings, or 0; each further one has the next.
    """

    database: Database
    base: Settings
    """Those of every run, but for the seed."""
    llm: LLM | None = None
    web: Web | None = None
    encoder: Encoder | None = None
    mend: Mend = leave
    """What whoever has started the server of the settings does when a call to it fails."""
    listen: Callable[[EvalTask], Emit] = lambda task: _unheard
    name: str = OWN

    @property
    def settings(self) -> Mapping[str, Any]:
        return self._of(0).snapshot()

    async def write(self, task: EvalTask) -> Written:
        settings = self._of(task.repeat)
        run_id = evals.begin(self.database, task, run.prepared(task.prompt, settings))
        means = (self.llm, self.web, self.encoder, self.mend)
        await run.carry_out(self.database, run_id, settings, self.listen(task), *means)
        took = cost.of_run(self.database, run_id)
        return Written(markdown(archive.report(self.database, run_id)), took.seconds, took.tokens, run_id)

    def _of(self, repeat: int) -> Settings:
        return self.base.model_copy(update={"seed": (self.base.seed or 0) + repeat, "approve": False})


@asynccontextmanager
async def opened(
    database: Database,
    settings: Settings,
    llm: LLM | None = None,
    web: Web | None = None,
    encoder: Encoder | None = None,
    mend: Mend = leave,
) -> AsyncIterator[OwnWriter]:
    """Redraft with one web for all tasks. Raises as `redraft.agent.web.open_web`."""
    async with AsyncExitStack() as stack:
        if web is None:
            web = await stack.enter_async_context(open_web(settings, database))
        yield OwnWriter(database=database, base=settings, llm=llm, web=web, encoder=encoder, mend=mend)
