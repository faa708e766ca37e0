"""Whole runs, each in a database of its own: from a question to a report, killed and taken up again as a test wants."""

import asyncio
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy, rmtree
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings as trying
from sqlalchemy import event

from redraft.agent import archive, run
from redraft.agent.events import Emit
from redraft.agent.llm import LLM, Message, Reply, Request, ScriptedLLM
from redraft.agent.render import markdown
from redraft.agent.settings import Settings, load_settings
from redraft.evals import standin, standin_library
from redraft.store import calls, claims, drafts, gaps, rounds, runs, snapshots
from redraft.store.database import Database
from redraft.store.models import Call, Section, Version

CITIES, TOWN = "cities", "town"
"""The two libraries: three short documents, which the first drafts use up, and six long ones with a figure in each of
their sentences, which leave something to find out."""
STANDARD: dict[str, Any] = {"preset": "standard", "rounds": 8, "sections": 4, "words": 700}
"""Of a run in which sections are divided and written anew, claims are verified, and two waves go by."""

SOAK = "soak"
"""The profile of hypothesis for `make soak`."""
SOAKED = 100
"""So many times as many runs are made there."""


def examples(usual: int) -> trying:
    """For a property of whole runs: of a second and more each, so that some must do at every test."""
    soaking = trying.get_current_profile_name() == SOAK
    return trying(max_examples=SOAKED * usual if soaking else usual, deadline=None)


PATIENT = pytest.mark.timeout(0 if trying.get_current_profile_name() == SOAK else 300)
"""On a busy machine a property of whole runs takes more than a minute, and in a soak hours."""


def no_listener(_: object) -> None:
    pass


def settings_in(home: Path, **more: object) -> Settings:
    usual: dict[str, object] = {"preset": "quick", "sections": 3, "words": 240, "library": TOWN, "search": ("none",)}
    return load_settings(home=home, **usual | more)


@dataclass(frozen=True)
class Whole:
    """One run, and what can be seen of it from outside."""

    database: Database
    settings: Settings
    run_id: str

    def carry_out(self, llm: LLM, listen: Emit = no_listener) -> None:
        asyncio.run(run.carry_out(self.database, self.run_id, self.settings, listen, llm))

    @property
    def status(self) -> str:
        return archive.status(self.database, runs.get(self.database, self.run_id))

    @property
    def stopped(self) -> str | None:
        return runs.get(self.database, self.run_id).stopped

    @property
    def report(self) -> str:
        return markdown(archive.report(self.database, self.run_id))

    @property
    def sections(self) -> Sequence[Section]:
        return runs.outline(self.database, self.run_id)

    def section(self, number: str) -> Section:
        return runs.section(self.database, self.run_id, number)

    def standing(self, number: str) -> Version:
        return drafts.accepted(self.database, self.run_id)[self.section(number).id or 0]

    @property
    def versions(self) -> Sequence[Version]:
        return drafts.versions(self.database, self.run_id)

    def calls(self, *nodes: str) -> list[Call]:
        return [call for call in calls.of_run(self.database, self.run_id) if not nodes or call.node in nodes]


def state(whole: Whole) -> dict[str, Any]:
    """All that a run has made, apart from what only says when and in which order it was kept."""
    database, run_id = whole.database, whole.run_id
    numbers = {section.id: section.number for section in runs.outline(database, run_id, dropped=True)}
    apart = {"id", "run_id", "section_id", "version_id", "gap_id", "call_id", "created_at", "versions"}
    noted = (gap.model_dump(exclude=apart | {"number"}) for gap in gaps.of_run(database, run_id))
    return {
        "report": whole.report,
        "stopped": whole.stopped,
        "evidence": {e.evidence.number: e.passage.text for e in drafts.run_exhibits(database, run_id)},
        "gaps": sorted(noted, key=str),
        "sections": [section.model_dump(exclude=apart) for section in whole.sections],
        "versions": sorted((numbers[v.section_id], v.number, str(v.model_dump(exclude=apart))) for v in whole.versions),
        "rounds": [row.model_dump(exclude=apart) for row in rounds.of_run(database, run_id)],
        "claims": sorted(str(claim.model_dump(exclude=apart)) for claim in claims.of_run(database, run_id)),
        "disputes": [row.model_dump(exclude=apart) for row in claims.disputes(database, run_id)],
        "snapshots": [row.model_dump(exclude=apart) for row in snapshots.of_run(database, run_id)],
        "asked": sorted({call.key for call in whole.calls()}),
    }


@dataclass(frozen=True)
class Shelf:
    """Makes runs: each has a copy of a database in which the libraries are."""

    folder: Path
    made: Path
    """The file of that database."""

    @contextmanager
    def begun(self, question: str = standin_library.QUESTION, **more: object) -> Iterator[Whole]:
        settings = settings_in(self.folder / uuid4().hex, **more)
        settings.folders.data.mkdir(parents=True)
        copy(self.made, settings.folders.data / "redraft.db")
        try:
            with closing(archive.open_database(settings)) as database:
                yield Whole(database, settings, run.create(database, question, settings).id)
        finally:
            rmtree(settings.folders.data)  # there are thousands of them in a soak

    @contextmanager
    def done(self, llm: LLM, question: str = standin_library.QUESTION, **more: object) -> Iterator[Whole]:
        with self.begun(question, **more) as whole:
            whole.carry_out(llm)
            yield whole


def standing_in() -> ScriptedLLM:
    """Answers every step well."""
    return ScriptedLLM(dict.fromkeys(standin.STEPS, standin.reply))


class Killed(BaseException):
    """The process is gone: nothing in the program catches it."""


@dataclass
class Wrapped:
    """Passes on what another model says."""

    llm: LLM
    context: int = 8192
    told: list[str] = field(default_factory=list)
    """The keys of the requests that were answered, in order."""

    async def sample(self, request: Request) -> Sequence[Reply]:
        replies = await self.llm.sample(request)
        self.told.append(request.key)
        return replies

    async def count(self, messages: Sequence[Message]) -> int:
        return await self.llm.count(messages)


@dataclass
class Dawdling(Wrapped):
    """Lets other calls go first, now this one and now that one."""

    seed: int = 0

    async def sample(self, request: Request) -> Sequence[Reply]:
        chance = random.Random(f"{self.seed} {request.key}")  # noqa: S311 - nothing secret
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        return await super().sample(request)


@dataclass
class Mortal(Wrapped):
    """Dies when it is asked once more than `replies` times."""

    replies: int = 0

    async def sample(self, request: Request) -> Sequence[Reply]:
        if self.replies == 0:
            raise Killed
        self.replies -= 1
        return await super().sample(request)


def killed_after_replies(whole: Whole, llm: LLM, kills: Iterable[int]) -> None:
    """Carries a run out, killed after so many replies, and then after so many more; at last to its end."""
    for replies in kills:
        with suppress(Killed):
            return whole.carry_out(Mortal(llm, replies=replies))
    return whole.carry_out(llm)


def killed_before_writes(whole: Whole, llm: LLM, kills: Iterable[int]) -> None:
    """Likewise, killed when so many transactions were over and the next was to be kept."""
    for writes in kills:
        with suppress(Killed), mortal(whole.database, writes):
            return whole.carry_out(llm)
    return whole.carry_out(llm)


@contextmanager
def mortal(database: Database, writes: int) -> Iterator[None]:
    """A database in which the process dies when so many transactions are over and the next is to be kept."""
    left = writes

    def die(_: object) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise Killed

    event.listen(database.engine, "commit", die)
    try:
        yield
    finally:
        event.remove(database.engine, "commit", die)
