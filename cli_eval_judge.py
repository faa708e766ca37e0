"""`redraft eval score`, `judge-check` and `cost`: reports judged by a model, and the judge judged first."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from redraft.agent.errors import ServerUnavailable
from redraft.cli_eval_judged import print_bill, print_scores
from redraft.cli_eval_scores import AsJson
from redraft.cli_research import option, with_flags
from redraft.cli_tables import number
from redraft.cli_terminal import INTERRUPTED, check_installed, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redraft.agent.settings import Settings
    from redraft.evals.assessing import Assessment, Desk, Result
    from redraft.evals.benchmarks.base import Task
    from redraft.evals.judged import Entry
    from redraft.evals.judging.gate import Material
    from redraft.evals.judging.judge import Profile
    from redraft.evals.judging.rehearsal import Bill, Rehearsal
    from redraft.evals.judging.scoring import Opinion
    from redraft.store.database import Database

NOT_PASSED = 16
"""The exit code where a judge has not passed its check, or has given no score at all."""
JUDGE, PROTOCOL = "Judge", "Protocol"

What = Annotated[
    list[str],
    typer.Argument(metavar="WHAT", help="A file or folder of reports, or an evaluation run.", show_default=False),
]
Protocol = Annotated[
    str, option(PROTOCOL, metavar="NAME", help="race, race-pointwise, fact, deepconsult, preference or rubric.")
]
Bench = Annotated[str, option(PROTOCOL, metavar="NAME", help="The benchmark: see redraft eval list.")]
Data = Annotated[Path, option(PROTOCOL, metavar="DIR", help="Folder with its files, or with a folder of them.")]
First = Annotated[int | None, option(PROTOCOL, metavar="N", min=1, help="Only the first N tasks.")]
Repeats = Annotated[int, option(PROTOCOL, min=1, help="How often the judge is asked each question (1).")]
Probes = Annotated[int | None, option(PROTOCOL, min=1, help="Reports that are damaged in every way (12).")]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How the judge is asked."""

    judge_url: Annotated[
        str | None, option(JUDGE, help="An OpenAI-compatible server; its key: REDRAFT_JUDGE_API_KEY.")
    ] = None
    judge_model: Annotated[str | None, option(JUDGE, help="The model to ask it for; else its first.")] = None
    max_tokens: Annotated[int | None, option(JUDGE, min=1, help="Of a reply (8192).")] = None
    temperature: Annotated[float | None, option(JUDGE, min=0, help="0, or not sent with --reasoning-effort.")] = None
    judge_seed: Annotated[
        int | None, option(JUDGE, min=0, help="Of first calls; fresh ones take those after it (0).")
    ] = None
    reasoning_effort: Annotated[str | None, option(JUDGE, help="For reasoning models, as low or medium.")] = None
    judge_think: Annotated[int | None, option(JUDGE, min=0, metavar="TOKENS", help="To think in, on vLLM.")] = None
    concurrency: Annotated[int | None, option(JUDGE, min=1, help="Questions at once (8).")] = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """What is judged, and how."""

    reference: Annotated[
        Path | None, option(PROTOCOL, metavar="FILE", help="Reports in the place of the benchmark's references (race).")
    ] = None
    against: Annotated[Path | None, option(PROTOCOL, metavar="FILE", help="Reports to compare with.")] = None
    clean: Annotated[
        str,
        option(PROTOCOL, help="How citations are taken out for race: by rule, or by the judge in halves or pieces."),
    ] = "rule"
    both_orders: Annotated[
        bool, option(PROTOCOL, "--both-orders", help="Ask race the other way round too, for the flip rate.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Price:
    """What tokens cost, and who counts them."""

    estimate: Annotated[bool, option(JUDGE, "--estimate", help="Do not have the server count the tokens.")] = False
    price_in: Annotated[float | None, option(JUDGE, min=0, help="Of a million tokens of prompts.")] = None
    price_out: Annotated[float | None, option(JUDGE, min=0, help="Of a million tokens of replies.")] = None

    def of(self, bill: "Bill") -> float | None:
        """None where no price is given."""
        known = self.price_in is not None or self.price_out is not None
        return bill.price(self.price_in or 0, self.price_out or 0) if known else None


class Given(NamedTuple):
    """What a command was given, read."""

    settings: "Settings"
    profile: "Profile"
    tasks: "Sequence[Task]"
    wanted: "Assessment"
    database: "Callable[[], Database]"

    @property
    def desk(self) -> "Desk":
        from redraft.agent.retrying import Patience
        from redraft.evals.assessing import Desk

        patience = Patience(tries=self.settings.llm_tries, silence=self.settings.llm_timeout)
        return Desk(self.settings.folders.data, patience)


@with_flags
def score(
    what: What,
    protocol: Protocol,
    bench: Bench,
    data: Data,
    way: Way,
    asked: Asked,
    repeats: Repeats = 1,
    tasks: First = None,
    as_json: AsJson = False,
) -> None:
    """Have a judge score reports. What it has answered is not asked again; scores of evaluation runs are kept."""
    import asyncio

    from redraft.evals import assessing, evidence

    given = _given(what, protocol, bench, data, way, asked, most=tasks, repeats=repeats)

    async def scored() -> "Result":
        subjects = given.wanted.subjects
        pages = await evidence.gathered(subjects, given.settings, given.database()) if protocol == "fact" else {}
        total = repeats * sum(len(one.entries) for one in subjects)
        return await assessing.scored(given.wanted, given.profile, given.desk, pages, _progress(f" of {total}"))

    with _goes_on():
        result = asyncio.run(scored())
    if any(one.eval_run for one in given.wanted.subjects):
        assessing.save(given.database(), result)
    print_scores(bench, result, as_json=as_json)
    if not any(system.figures for system in result.systems):
        raise typer.Exit(NOT_PASSED)


@with_flags
def judge_check(
    what: What,
    protocol: Protocol,
    bench: Bench,
    data: Data,
    way: Way,
    asked: Asked,
    known: Annotated[
        list[str] | None,
        option(PROTOCOL, metavar="FILE|NAME=SCORE", help="What the systems have scored: a leaderboard, or one score."),
    ] = None,
    probes: Probes = None,
    tasks: First = None,
    as_json: AsJson = False,
) -> None:
    """Check a judge before its scores are believed: on systems whose order is known, on what people say, on damage.

    A system is called as its file is. The first one's reports are those that are judged again, and damaged.
    """
    import asyncio

    from redraft.evals import checking

    given = _given(what, protocol, bench, data, way, asked, check=True)
    material = _material(given, known or (), tasks)
    with _goes_on():
        checked = checking.checked(given.wanted, material, given.profile, given.desk, _progress(), probes=probes)
        card = asyncio.run(checked)
    typer.echo(card.model_dump_json() if as_json else card.verdict)
    if not card.passed:
        raise typer.Exit(NOT_PASSED)


@with_flags
def cost(
    what: What,
    protocol: Protocol,
    bench: Bench,
    data: Data,
    way: Way,
    asked: Asked,
    price: Price,
    repeats: Repeats = 1,
    tasks: First = None,
    check: Annotated[bool, option(PROTOCOL, "--check", help="What judge-check would ask instead.")] = False,
    probes: Probes = None,
    as_json: AsJson = False,
) -> None:
    """Say what scoring would ask of a judge, before it is asked anything: calls, tokens, and what they cost."""
    import asyncio

    from redraft.evals import assessing, checking, evidence

    most = None if check else tasks
    given = _given(what, protocol, bench, data, way, asked, most=most, repeats=repeats, check=check, needs_judge=False)
    counted = bool(given.profile.url) and not price.estimate

    async def rehearse(judge: "Rehearsal") -> None:
        if check:
            await checking.rehearsed(given.wanted, judge, _material(given, (), tasks), probes=probes)
            return
        pages = evidence.assumed(given.wanted.subjects, given.database) if protocol == "fact" else {}
        await assessing.rehearsed(given.wanted, judge, pages)

    found = asyncio.run(assessing.foreseen(given.profile, given.desk, rehearse, counted=counted))
    money = price.of(found.bill)
    if as_json:
        typer.echo(json.dumps(found.bill._asdict() | {"counted": found.is_counted, "price": money}))
        return
    print_bill(found, money)


def _given(
    what: list[str],
    protocol: str,
    bench: str,
    data: Path,
    way: Way,
    asked: Asked,
    *,
    most: int | None = None,
    repeats: int = 1,
    check: bool = False,
    needs_judge: bool = True,
) -> Given:
    check_installed("judging", "NumPy")
    from functools import cache

    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.evals import assessing
    from redraft.evals.data import benchmark, home

    settings = load_settings(judge_url=asked.judge_url, judge_model=asked.judge_model)
    profile = _profile(settings, asked, needs_judge=needs_judge)
    chosen = benchmark(bench)
    tasks = chosen.load(home(chosen, data))
    database = cache(lambda: open_database(settings))
    used = assessing.Used(protocol=protocol, benchmark=bench, most=most, repeats=repeats, **vars(way))
    if check:  # how often a judge contradicts itself is part of its check
        used = replace(used, both_orders=True)
    return Given(settings, profile, tasks, assessing.assessment(what, tasks, used, database), database)


def _profile(settings: "Settings", asked: Asked, *, needs_judge: bool) -> "Profile":
    from redraft.agent.errors import UserError
    from redraft.evals.judging.judge import Profile

    if needs_judge and settings.judge_url is None:
        raise UserError("no judge is known: name a server with --judge-url or REDRAFT_JUDGE_URL")
    given = {name.removeprefix("judge_"): value for name, value in vars(asked).items() if value is not None}
    named = {"url": settings.judge_url or "", "model": settings.judge_model or "", "api_key": settings.judge_api_key}
    reasoning = {"temperature": None, "limit": "max_completion_tokens"} if asked.reasoning_effort else {}
    fields: dict[str, Any] = {**reasoning, **given, **named}
    return Profile(**fields)


def _material(given: Given, known: "Sequence[str]", most: int | None) -> "Material":
    from redraft.evals import checking

    material = checking.material(given.wanted, given.tasks, checking.known_scores(known), most=most)
    tasks = next(iter(material.systems.values()))
    say(f"{len(tasks)} task(s) that all {len(material.systems)} systems have a report on")
    if known and (strange := material.systems.keys() - material.known.keys()):
        say(f"no known score of {', '.join(sorted(strange))}: name it with --known NAME=SCORE")
    return material


def _progress(total: str = "") -> "Callable[[str, Entry, Opinion], None]":
    done = count(1)

    def tell(name: str, entry: "Entry", opinion: "Opinion") -> None:
        said = number(opinion.score) or f"no score{': ' if opinion.problem else ''}{opinion.problem[:200]}"
        say(f"{next(done)}{total}: {f'{name}, ' if name else ''}task {entry.task}: {said}")

    return tell


@contextmanager
def _goes_on() -> "Iterator[None]":
    """Whatever ends it, the user is told that nothing is lost."""
    try:
        yield
    except (KeyboardInterrupt, ServerUnavailable) as error:
        say("what the judge has answered is kept: the same command goes on from there")
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from error
        raise
