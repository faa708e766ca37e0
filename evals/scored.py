"""Scores of systems by task, as the commands print them in JSON and read them back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import BaseModel, ConfigDict

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.reading import json_object
from redraft.evals.data import existing


@dataclass(frozen=True, kw_only=True)
class System:
    """The scores of one system."""

    name: str
    tasks: Mapping[str, Mapping[str, float | None]]
    """Task → measure → value; None where there is no telling. A task that failed has 0 where higher is better and
    another can be told of, else None."""
    failed: tuple[str, ...] = ()
    """Those of the tasks whose article is empty."""
    unscored: tuple[str, ...] = ()
    """Tasks of the benchmark that are not among these."""
    unknown: tuple[str, ...] = ()
    """Tasks that it has a report on, and that the benchmark's data does not have: they are not scored."""

    def values(self, measure: str) -> dict[str, float]:
        """By task, of those where it can be told."""
        found = {task: row.get(measure) for task, row in self.tasks.items()}
        return {task: value for task, value in found.items() if value is not None}

    @property
    def measures(self) -> list[str]:
        """Those that can be told of any task, as they come up."""
        return list(
            dict.fromkeys(name for row in self.tasks.values() for name, value in row.items() if value is not None)
        )

    @property
    def means(self) -> dict[str, dict[str, float]]:
        """Measure → mean, and number `n` of tasks that it is of."""
        told = {measure: list(self.values(measure).values()) for measure in self.measures}
        return {measure: {"mean": fmean(values), "n": len(values)} for measure, values in told.items()}

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self) | {"means": self.means}


def finite(row: Mapping[str, float | None]) -> dict[str, float | None]:
    """The row with None for what is no number: some scripts write NaN where they have none. JSON does not know it."""
    return {name: value if value is not None and isfinite(value) else None for name, value in row.items()}


class _System(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    tasks: dict[str, dict[str, float | None]] = {}
    failed: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()


class _Document(_System):
    """What `redraft eval import-scores --json` prints, or with `systems` `redraft eval metrics --json`."""

    systems: tuple[_System, ...] | None = None


def read(path: Path) -> System:
    """The system that a file holds, by the name of the file.

    Raises `PathNotFound`, and `UserError` for one that holds something else, or several systems.
    """
    found = json_object(existing(path), _Document)
    systems = (found,) if found.systems is None else found.systems
    if len(systems) != 1:
        message = f"{path} holds {len(systems)} systems: write each to a file of its own to compare them"
        raise UserError(message)
    if not systems[0].tasks:
        message = f"{path} holds no scores of tasks: --json of eval metrics or eval import-scores gives some"
        raise UserError(message)
    return System(name=path.stem, tasks=systems[0].tasks, failed=systems[0].failed, unscored=systems[0].unscored)
