"""Flags for the tasks that an evaluation run is made of."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from redraft.cli_research import option

if TYPE_CHECKING:
    from redraft.evals.choosing import Choice

TASKS = "Tasks"


@dataclass(frozen=True, kw_only=True)
class TaskFlags:
    """Which tasks of the benchmark, and how often."""

    tasks: Annotated[str | None, option(TASKS, metavar="ID,…", help="These tasks alone.")] = None
    sample: Annotated[
        int | None, option(TASKS, metavar="NUMBER", min=1, help="So many, spread over languages and topics.")
    ] = None
    sample_seed: Annotated[int | None, option(TASKS, metavar="NUMBER", help="Another one samples others (0).")] = None
    exclude_ids: Annotated[
        Path | None, option(TASKS, metavar="FILE", help="Leave these tasks out; a line holds the id of one.")
    ] = None
    repeats: Annotated[
        int | None,
        option(TASKS, metavar="NUMBER", min=1, help="Reports on each task, each with a seed of its own (1)."),
    ] = None

    @property
    def are_given(self) -> bool:
        return any(value is not None for value in vars(self).values())

    @property
    def choice(self) -> "Choice":
        """Raises `PathNotFound`, and `UserError` for a file that cannot be read."""
        from redraft.evals.benchmarks.reading import text_of
        from redraft.evals.choosing import Choice
        from redraft.evals.data import existing

        lines = text_of(existing(self.exclude_ids)).splitlines() if self.exclude_ids else []
        return Choice(
            ids=tuple(part.strip() for part in (self.tasks or "").split(",") if part.strip()),
            sample=self.sample,
            sample_seed=self.sample_seed or 0,
            without=frozenset(line.strip() for line in lines if line.strip()),
            repeats=self.repeats or 1,
        )
