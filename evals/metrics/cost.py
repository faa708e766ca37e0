"""What a report took."""

from datetime import timedelta
from itertools import pairwise

from redraft.agent.events import RunStarted
from redraft.evals.metrics.given import OURS, Cost, Given, Metric, Values, values
from redraft.store import calls, runs
from redraft.store.database import Database


def tokens(cost: Cost) -> float | None:
    """Tokens of all prompts and replies, those that the server still knew among them."""
    return cost.tokens


def model_calls(cost: Cost) -> float | None:
    """Replies of the model."""
    return cost.calls


def seconds(cost: Cost) -> float | None:
    """From the question to the report, without the time between being stopped and being gone on with."""
    return cost.seconds


def energy(cost: Cost) -> float | None:
    """Watt-hours: the seconds times the watts that the caller has measured."""
    return None if cost.watts is None or cost.seconds is None else cost.watts * cost.seconds / 3600


def of_run(database: Database, run_id: str, watts: float | None = None) -> Cost:
    """What the rows of a run tell. Its seconds are known once it has ended."""
    run = runs.get(database, run_id)
    took = (run.finished_at - run.created_at - _paused(database, run_id)).total_seconds() if run.finished_at else None
    return Cost(calls.spent(database, run_id), len(calls.of_run(database, run_id)), took, watts)


def _paused(database: Database, run_id: str) -> timedelta:
    """From the last sign of each process that worked on the run to the first of the next."""
    told = pairwise(runs.events(database, run_id))
    pauses = (new.at - old.at for old, new in told if new.kind == RunStarted.__name__)
    return sum(pauses, timedelta())


METRICS = (
    Metric(tokens, "tokens", "lower", OURS, "what a token costs: those of a prompt are cheaper, known ones most"),
    Metric(model_calls, "calls", "lower", OURS, "how many went side by side"),
    Metric(seconds, "s", "lower", OURS, "the machine, and what else it did"),
    Metric(energy, "Wh", "lower", OURS, "what the rest of the machine drew"),
)


def measure(given: Given) -> Values:
    return values(METRICS, given.cost)
