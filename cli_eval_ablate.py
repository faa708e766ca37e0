"""`redraft eval ablate`: the same tasks with one choice changed at a time, quality against tokens and time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli_eval_scores import AsJson, Bench, Data
from redraft.cli_eval_tasks import TaskFlags
from redraft.cli_research import Flags, chosen, with_flags
from redraft.cli_tables import number, print_table
from redraft.cli_terminal import check_installed, say

if TYPE_CHECKING:
    from redraft.evals.ablated import Effect, Outcome
    from redraft.evals.ablating import Ablation
    from redraft.evals.beginning import Plan
    from redraft.evals.comparing import Compared
    from redraft.store.database import Database
    from redraft.store.models import EvalTask

MARK = "*"
"""Behind a difference that is more than noise."""
LIST = "list"


def _listed(names: str | None) -> str | None:
    """Prints the arms for who asks for them, before anything else is looked at."""
    if names != LIST:
        return names
    from redraft.evals.arms import ARMS

    rows = [[arm.name, arm.what, "" if arm.usual else "only by name"] for arm in ARMS.values()]
    print_table(["arm", "what it changes", ""], rows)
    raise typer.Exit


@dataclass(frozen=True, kw_only=True)
class ArmFlags:
    """What is carried out, and how."""

    arms: Annotated[
        str | None,
        typer.Option(metavar="NAMES", callback=_listed, is_eager=True, help="With commas; 'list' shows them."),
    ] = None
    closed: Annotated[bool, typer.Option("--closed", help="Write from the benchmark's own documents.")] = False
    parallel: Annotated[int, typer.Option(metavar="N", min=1, help="Reports at a time.")] = 1
    token_limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Tokens of an arm after which it begins no task.")
    ] = None
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what has failed.")] = False


@with_flags
def ablate(
    bench: Bench,
    data: Data,
    name: Annotated[str, typer.Option(help="Evaluation runs are called NAME-ARM.", show_default=False)],
    flags: Flags,
    tasks: TaskFlags,
    how: ArmFlags,
    measure: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Show this measure; may be given again.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write on the same tasks with one choice changed at a time, and hold quality against tokens and time.

    An arm that is done is not carried out again. --arms list shows what each arm changes.
    """
    from redraft.agent.archive import open_database
    from redraft.agent.settings import load_settings
    from redraft.evals.ablated import shown
    from redraft.evals.ablating import outcomes
    from redraft.evals.beginning import Plan
    from redraft.evals.data import benchmark, home

    check_installed("comparing", "NumPy")
    found, settings = benchmark(bench), load_settings(**chosen(flags))
    database = open_database(settings)
    plan = Plan(name=name, benchmark=found, folder=home(found, data), settings=settings, choice=tasks.choice)
    ablation = _carried_out(database, replace(plan, token_limit=how.token_limit), how)
    results = outcomes(database, ablation)
    (_print_json if as_json else _print)(ablation, results, shown(results, measure or ()))


def _carried_out(database: "Database", plan: "Plan", how: ArmFlags) -> "Ablation":
    import asyncio

    from redraft.evals.ablating import Ablation, Means, carry_out, check, closed, reopen
    from redraft.evals.arms import chosen as chosen_arms

    if how.closed:
        plan = closed(database, plan)
    ablation = Ablation(plan, chosen_arms(_split(how.arms), plan.settings))
    check(database, ablation)
    if how.retry_failed:
        reopen(database, ablation)
    say(f"{len(ablation.plans)} evaluation runs; stopped in any way, the same command goes on with them")
    asyncio.run(carry_out(database, ablation, Means(listen=_tell, on_step=say, parallel=how.parallel)))
    return ablation


def _split(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def _tell(arm: str, task: "EvalTask", what: str) -> None:
    again = f", repeat {task.repeat}" if task.repeat else ""
    say(f"{arm}: task {task.task_id}{again}: {what}" + (f": {task.failure}" if task.failure else ""))


def _print_json(ablation: "Ablation", found: "Sequence[Outcome]", measures: Sequence[str]) -> None:
    from redraft.evals.ablated import effects

    against = effects(found, measures)
    arms = [
        {"arm": arm.name, "what": arm.what, "run": ablation.called(arm.name)}
        | outcome.data(measures)
        | {"against_base": against[arm.name].data() if arm.name in against else None}
        for arm, outcome in zip(ablation.arms, found, strict=True)
    ]
    typer.echo(json.dumps({"benchmark": ablation.plan.benchmark.name, "name": ablation.plan.name, "arms": arms}))


def _print(ablation: "Ablation", found: "Sequence[Outcome]", measures: Sequence[str]) -> None:
    from redraft.evals.ablated import COST, effects
    from redraft.evals.direction import arrowed

    against = effects(found, measures)
    costs = [
        [outcome.arm, str(len(outcome.texts)), str(outcome.failed), number(outcome.tokens)]
        + [_cell(outcome, name, against, share=True) for name in COST]
        for outcome in found
    ]
    print_table(["arm", "reports", "failed", "tokens", "a report", "calls", "seconds"], costs, numbers=True)
    qualities = [[arrowed(name), *(_cell(outcome, name, against) for outcome in found)] for name in measures]
    typer.echo()
    print_table(["measure", *(outcome.arm for outcome in found)], qualities, numbers=True)
    _print_prices(measures, {name: effect for name, effect in against.items() if effect.has_price})
    _tell_what_counts(ablation, found, against)


def _cell(outcome: "Outcome", name: str, against: "Mapping[str, Effect]", *, share: bool = False) -> str:
    """The mean, and the difference to the base over the tasks that both have, in percent with `share`."""
    mean, effect = number(outcome.mean(name)), against.get(outcome.arm)
    compared = {**effect.cost, **effect.quality}.get(name) if effect else None
    if compared is None or compared.b is None:
        return mean
    difference = compared.comparison.difference
    told = f"{difference / compared.b:+.0%}" if share and compared.b else f"{difference:+.3g}"
    return f"{mean} {told}{_mark(compared)}"


def _print_prices(measures: Sequence[str], against: "Mapping[str, Effect]") -> None:
    from redraft.evals.direction import arrowed

    if not against:
        say("What tokens buy cannot be told: those of no arm differ from the base's by more than noise.")
        return
    rows = [[arrowed(name), *(_price(effect, name) for effect in against.values())] for name in measures]
    typer.echo()
    print_table(["for 1,000 tokens more", *against], rows, numbers=True)


def _price(effect: "Effect", name: str) -> str:
    price = effect.per_thousand(name)
    return "" if price is None else f"{price:+.3g}{_mark(effect.quality[name])}"


def _mark(compared: "Compared") -> str:
    return "" if compared.comparison.is_noise else MARK


def _tell_what_counts(ablation: "Ablation", found: "Sequence[Outcome]", against: "Mapping[str, Effect]") -> None:
    say(f"{MARK} is more than noise. p is adjusted for the measures of an arm, and not for the number of arms.")
    for arm in ablation.arms:
        if arm.needs_server:
            said = against[arm.name]
            say(f"{arm.name}: {said.same} of {said.common} reports say word for word what those of the base say")
    for outcome in found:
        if left := outcome.scores.unscored:
            say(f"{outcome.arm}: {len(left)} tasks have no report yet, and are left out")
    if len({outcome.pages for outcome in found}) > 1:
        say("the pages in the store have changed between the arms: they have not had the same to read")
