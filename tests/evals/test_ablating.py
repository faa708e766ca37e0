"""Ablations carried out by a stand-in for a good writer: what each arm does, and that nothing else differs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from redraft.agent import archive
from redraft.agent.errors import UserError
from redraft.agent.keeping import Kept
from redraft.agent.llm import LLM, ScriptedLLM
from redraft.agent.process import OnStep
from redraft.agent.retrying import leave
from redraft.agent.settings import Settings
from redraft.evals import arms
from redraft.evals.ablated import effects
from redraft.evals.ablating import Ablation, Means, carry_out, check, outcomes, reopen
from redraft.evals.beginning import Plan
from redraft.evals.benchmarks import BENCHMARKS
from redraft.evals.choosing import Choice
from redraft.evals.standin_library import QUESTION
from redraft.store import calls, drafts, evals, rounds, runs
from redraft.store.database import Database
from redraft.store.models import EvalTask
from redraft.tests.agent.whole import PATIENT, STANDARD, Killed, Mortal, settings_in, standing_in
from redraft.tests.evals.benchmarks.given import write_lines
from redraft.tests.programs import FAITHFUL, SITE, Program

pytestmark = PATIENT
ASKED = {"city": QUESTION, "trams": "What do trams, buses and bridges carry, and what does each of them cost?"}
ONE = Choice(ids=("city",))
ARMS = ("no-deepen", "no-denoise", "serial", "one-variant")


def unheard(*_: object) -> None:
    pass


@dataclass
class Lab:
    """An ablation on two questions, in a database of its own."""

    database: Database
    settings: Settings
    folder: Path
    """With the questions."""
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    def ablation(self, *names: str, **more: Any) -> Ablation:
        choice = more.pop("choice", ONE)
        settings = self.settings.restored(more)
        plan = Plan(name="try", benchmark=BENCHMARKS["questions"], folder=self.folder, settings=settings, choice=choice)
        return Ablation(plan, arms.chosen(names, settings))

    def carry_out(self, ablation: Ablation, llm: LLM | None, **more: Any) -> None:
        means = Means(listen=self._hear, on_step=unheard, llm=llm, **more)
        check(self.database, ablation)
        asyncio.run(carry_out(self.database, ablation, means))

    def _hear(self, arm: str, task: EvalTask, what: str) -> None:
        self.heard.append((arm, task.task_id, what))

    def tasks(self, arm: str) -> list[EvalTask]:
        return list(evals.tasks(self.database, evals.get(self.database, f"try-{arm}")))

    def runs(self, arm: str) -> list[str]:
        return [task.run_id or "" for task in self.tasks(arm)]

    def asked(self, arm: str) -> Counter[str]:
        """The calls of each step."""
        return Counter(call.node for run in self.runs(arm) for call in calls.of_run(self.database, run))


def lab(folder: Path, libraries: Path, **more: object) -> Iterator[Lab]:
    settings = settings_in(folder / "home", **STANDARD | more)
    settings.folders.data.mkdir(parents=True)
    copy(libraries, settings.folders.data / "redraft.db")
    rows = ({"id": name, "question": asked} for name, asked in ASKED.items())
    write_lines(folder / "questions" / "questions.jsonl", *rows)
    with closing(archive.open_database(settings)) as database:
        yield Lab(database, settings, folder / "questions")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, libraries: Path) -> Iterator[Lab]:
    """Carried out once, with all of the arms."""
    for made in lab(tmp_path_factory.mktemp("done"), libraries):
        made.carry_out(made.ablation(*ARMS), standing_in())
        yield made


@pytest.fixture
def fresh(tmp_path: Path, libraries: Path) -> Iterator[Lab]:
    """A small one, with nothing carried out."""
    yield from lab(tmp_path, libraries, rounds=1, sections=2, words=240)


def test_every_arm_has_the_same_tasks_and_seeds_and_differs_in_its_choice_alone(done: Lab) -> None:
    base = evals.get(done.database, "try-base")
    differing = {
        arm: {
            name
            for name, value in base.settings.items()
            if evals.get(done.database, f"try-{arm}").settings[name] != value
        }
        for arm in ARMS
    }

    assert differing == {
        "no-deepen": {"deepen"},
        "no-denoise": {"denoise"},
        "serial": {"serial"},
        "one-variant": {"question_variants", "answer_variants"},
    }
    for arm in ARMS:
        assert [(task.task_id, task.prompt, task.state) for task in done.tasks(arm)] == [("city", QUESTION, "done")]
        assert [runs.get(done.database, run).settings["seed"] for run in done.runs(arm)] == [0]


def test_without_deepening_no_section_is_divided(done: Lab) -> None:
    def divided(arm: str) -> list[str]:
        return [s.number for run in done.runs(arm) for s in runs.outline(done.database, run) if "." in s.number]

    assert divided("base")
    assert not divided("no-deepen")
    assert done.asked("base")["deepen"] > done.asked("no-deepen")["deepen"] == 0


def test_without_denoising_no_section_is_written_anew(done: Lab) -> None:
    def rewritten(arm: str) -> list[int]:
        versions = (version for run in done.runs(arm) for version in drafts.versions(done.database, run))
        return [version.id or 0 for version in versions if version.op == "denoise"]

    assert rewritten("base")
    assert not rewritten("no-denoise")


def test_a_serial_arm_does_one_round_at_a_time(done: Lab) -> None:
    def widest(arm: str) -> int:
        waves = (Counter(row.wave for row in rounds.of_run(done.database, run)) for run in done.runs(arm))
        return max(count for wave in waves for count in wave.values())

    assert widest("base") > 1
    assert widest("serial") == 1


def test_with_one_variant_fewer_questions_and_answers_are_asked_for(done: Lab) -> None:
    base, single = done.asked("base"), done.asked("one-variant")

    assert single["question"] < base["question"]
    assert single["answer"] < base["answer"]


def test_tokens_are_those_of_the_store_and_one_task_tells_no_price(done: Lab) -> None:
    found = outcomes(done.database, done.ablation("no-deepen"))
    spent = {arm: sum(calls.spent(done.database, run) for run in done.runs(arm)) for arm in ("base", "no-deepen")}

    effect = effects(found, ["words"])["no-deepen"]

    assert {outcome.arm: (outcome.tokens, outcome.mean("tokens")) for outcome in found} == {
        arm: (tokens, tokens) for arm, tokens in spent.items()
    }
    assert effect.cost["tokens"].comparison.difference == spent["no-deepen"] - spent["base"]
    assert effect.quality["words"].comparison.is_noise
    assert effect.per_thousand("words") is None


def test_what_is_done_is_not_asked_for_again_and_an_arm_can_be_added(fresh: Lab) -> None:
    fresh.carry_out(fresh.ablation("no-deepen"), standing_in())
    silent = ScriptedLLM({})
    fresh.carry_out(fresh.ablation("no-deepen"), silent)
    assert not silent.requests
    before = fresh.asked("base")
    fresh.heard.clear()

    fresh.carry_out(fresh.ablation("no-deepen", "no-denoise"), standing_in())

    assert fresh.asked("base") == before
    assert {arm for arm, _, _ in fresh.heard} == {"no-denoise"}


def test_what_has_failed_is_tried_again_where_that_is_wanted(fresh: Lab) -> None:
    ablation = fresh.ablation("no-deepen")
    fresh.carry_out(ablation, standing_in())
    task = fresh.tasks("base")[0]
    evals.finish(fresh.database, task, state="failed", failure="The server refused it.")
    fresh.heard.clear()

    reopen(fresh.database, ablation)
    fresh.carry_out(ablation, ScriptedLLM({}))  # its run is done, and has its report

    assert fresh.heard == [("base", "city", "begun"), ("base", "city", "done")]


def test_killed_in_the_middle_it_goes_on_with_every_reply_that_it_has(fresh: Lab) -> None:
    whole, ablation = standing_in(), fresh.ablation("no-deepen")
    with pytest.raises(Killed):
        fresh.carry_out(ablation, Mortal(whole, replies=6))

    fresh.carry_out(ablation, whole)

    keys = [call.key for run in fresh.runs("base") for call in calls.of_run(fresh.database, run) if not call.variant]
    assert len(whole.requests) <= sum((fresh.asked("base") + fresh.asked("no-deepen")).values())
    assert len(keys) == len(set(keys))
    assert [task.state for arm in ("base", "no-deepen") for task in fresh.tasks(arm)] == ["done"] * 2


def test_an_arm_that_was_begun_otherwise_is_refused_before_anything_is_asked(fresh: Lab) -> None:
    fresh.carry_out(fresh.ablation("no-deepen"), standing_in())
    silent = ScriptedLLM({})

    with pytest.raises(UserError, match="evaluation run try-base was begun with setting words 240, not 400"):
        fresh.carry_out(fresh.ablation("no-deepen", words=400), silent)
    with pytest.raises(UserError, match="task city, repeat 1"):
        fresh.carry_out(fresh.ablation("no-deepen", choice=Choice(repeats=2)), silent)
    assert not silent.requests


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Program]:
    site = Program(SITE, tmp_path / "site")
    yield site
    site.stop()


@pytest.mark.enable_socket
def test_the_web_is_asked_before_the_arms_and_never_by_them(fresh: Lab, site: Program) -> None:
    web = {"searxng_url": site.url, "allow_hosts": site.place, "search": ("searxng",), "library": "empty"}
    ablation = fresh.ablation("no-denoise", choice=Choice(), **web)
    requests: dict[str, int] = {}

    def listen(arm: str, task: EvalTask, what: str) -> None:
        requests[arm] = len(site.asked)

    asyncio.run(carry_out(fresh.database, ablation, Means(listen=listen, on_step=unheard, llm=standing_in())))

    assert list(requests) == ["prime", "base", "no-denoise"]
    assert requests["prime"] == requests["base"] == requests["no-denoise"] > 0
    assert [task.state for task in fresh.tasks("base")] == ["done", "done"]
    assert all(site.url in task.article for arm in ("base", "no-denoise") for task in fresh.tasks(arm))
    base, other = outcomes(fresh.database, ablation)
    assert base.pages == other.pages


@pytest.mark.enable_socket
def test_an_arm_of_the_server_has_one_of_its_own(fresh: Lab, tmp_path: Path) -> None:
    started: list[str] = []
    model = Program(FAITHFUL, tmp_path / "model")

    @asynccontextmanager
    async def start(settings: Settings, on_step: OnStep) -> AsyncIterator[Kept]:
        started.append(settings.speculation)
        yield Kept(model.url, leave)

    ablation = fresh.ablation("no-speculation")
    try:
        fresh.carry_out(ablation, None, start=start)
    finally:
        model.stop()

    assert started == ["redraft", "off"]
    base, without = outcomes(fresh.database, ablation)
    same = effects([base, without], [])["no-speculation"]
    assert (same.same, same.common) == (1, 1)


def test_an_arm_of_the_server_is_refused_where_another_is_named(fresh: Lab) -> None:
    plan = fresh.ablation().plan
    named = replace(plan, settings=plan.settings.model_copy(update={"llm_url": ("http://127.0.0.1:1",)}))
    ablation = Ablation(named, arms.chosen(["no-speculation"], named.settings))

    with pytest.raises(UserError, match="the arm no-speculation takes a server that is started for it"):
        fresh.carry_out(ablation, None)
