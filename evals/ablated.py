"""What ablations have shown: what each arm cost, how good its reports are, and what a token buys. Needs NumPy."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redraft.agent.errors import UserError
from redraft.evals.comparing import Compared, compare
from redraft.evals.evaluated import METRICS, of_evaluation
from redraft.evals.scored import System
from redraft.store import evals
from redraft.store.database import Database
from redraft.store.models import EvalRun

COST = ("tokens", "model_calls", "seconds")
QUALITY = (
    *("citation_coverage", "number_support", "lexical_support", "supported_claims", "fabricated_citations"),
    *("key_point_recall", "vital_nugget_recall", "nugget_recall", "reference_recall"),
    *("round_novelty", "break_rate", "duplication", "near_repeats", "words"),
)
"""The measures that are shown unless others are asked for, as far as they can be told; with them the overall score by
each judge."""
OVERALL = ".overall"
THOUSAND = 1000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one arm came to."""

    arm: str
    scores: System
    """By the metrics under their names, by a judge as `PROTOCOL.MEASURE`."""
    texts: Mapping[tuple[str, int], str]
    """The reports, by task and repeat."""
    failed: int
    """Tasks without a report."""
    tokens: int
    """Of all tasks; of failed ones as far as it is known."""
    pages: str = ""
    """What was there to be read when it began: see `redraft.evals.ablating.pages_read`."""

    def mean(self, measure: str) -> float | None:
        return self.scores.means.get(measure, {}).get("mean")

    def data(self, measures: Collection[str]) -> dict[str, Any]:
        """Ready for JSON, with the means of these measures."""
        means = {name: mean for name, mean in self.scores.means.items() if name in (*COST, *measures)}
        return {"reports": len(self.texts), "failed": self.failed, "tokens": self.tokens, "means": means}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """An arm held against the base, over the tasks that both have a score for: `a` is the arm, `b` the base."""

    cost: Mapping[str, Compared]
    quality: Mapping[str, Compared]
    same: int
    """Reports that say word for word what the base's say."""
    common: int
    """Reports that both have."""

    @property
    def has_price(self) -> bool:
        """Whether the tokens differ by more than noise: of what they buy nothing can be told otherwise."""
        return "tokens" in self.cost and not self.cost["tokens"].comparison.is_noise

    def per_thousand(self, measure: str) -> float | None:
        """By how much the measure is higher for each 1,000 tokens more, or lower for each 1,000 fewer."""
        found = self.quality.get(measure)
        if found is None or found.a is None or not self.has_price:
            return None
        return found.comparison.difference / self.cost["tokens"].comparison.difference * THOUSAND

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        cost = {name: found.data() for name, found in self.cost.items()}
        bought = {name: {"per_thousand_tokens": self.per_thousand(name)} for name in self.quality}
        quality = {name: found.data() | bought[name] for name, found in self.quality.items()}
        return {"cost": cost, "quality": quality, "same": self.same, "common": self.common}


def shown(outcomes: Sequence[Outcome], wanted: Collection[str] = ()) -> list[str]:
    """The measures to show: `wanted`, or the usual ones that can be told of any arm.

    Raises `UserError` for one that is wanted and can be told of none.
    """
    known = list(dict.fromkeys(name for outcome in outcomes for name in outcome.scores.measures))
    if missing := [name for name in wanted if name not in known]:
        message = f"no arm has {missing[0]}: there are {', '.join(known)}"
        raise UserError(message)
    judged = [name for name in known if name.endswith(OVERALL)]
    return [name for name in wanted or (*QUALITY, *judged) if name in known]


def effects(outcomes: Sequence[Outcome], measures: Collection[str]) -> dict[str, Effect]:
    """Of every arm behind the first, which is the base, by its name."""
    base, *arms = outcomes
    return {arm.arm: effect(arm, base, measures) for arm in arms}


def effect(arm: Outcome, base: Outcome, measures: Collection[str]) -> Effect:
    """By those of the measures that can be told of both. p-values are adjusted for their number; those of the cost for
    theirs."""
    common = arm.texts.keys() & base.texts.keys()
    return Effect(
        cost=_compared(arm, base, COST),
        quality=_compared(arm, base, measures),
        same=sum(arm.texts[key] == base.texts[key] for key in common),
        common=len(common),
    )


def _compared(arm: Outcome, base: Outcome, measures: Collection[str]) -> dict[str, Compared]:
    both = [name for name in measures if name in arm.scores.measures and name in base.scores.measures]
    return compare(arm.scores, base.scores, both) if both else {}


def outcome(database: Database, eval_run: EvalRun) -> Outcome:
    """Of the evaluation run of an arm, as far as it is carried out. Raises `UserError` where it was not measured."""
    tasks = evals.tasks(database, eval_run)
    return Outcome(
        arm=eval_run.made_with["arm"],
        scores=_scores(database, eval_run),
        texts={(task.task_id, task.repeat): task.article for task in tasks if task.state == "done"},
        failed=sum(task.state == "failed" for task in tasks),
        tokens=sum(task.tokens or 0 for task in tasks),
        pages=eval_run.made_with["pages"],
    )


def _scores(database: Database, eval_run: EvalRun) -> System:
    """By the metrics, and by every other protocol that has scored it."""
    found = of_evaluation(database, eval_run, METRICS)
    rows = {task: dict(row) for task, row in found.tasks.items()}
    for protocol in (scoring.protocol for scoring in evals.scorings(database, eval_run)):
        others = of_evaluation(database, eval_run, protocol).tasks if protocol != METRICS else {}
        for task, row in others.items():
            rows.setdefault(task, {}).update({f"{protocol}.{name}": value for name, value in row.items()})
    return replace(found, tasks=rows)
