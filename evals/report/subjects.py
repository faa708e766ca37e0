"""What a report is on: systems with their scores, and all else that is known of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redraft.evals.comparison import Repeats
from redraft.evals.evaluated import Rows
from redraft.evals.scored import System
from redraft.store.models import EvalRun, EvalTask, Score


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores of one system by one protocol."""

    system: System
    """By task, means over the repeats."""
    whole: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    """Measure → what it comes to of all tasks together, where that is no mean."""
    repeats: Sequence[Rows] = ()
    """The scores by task of each repeat of the writer; none of a file."""
    problems: Sequence[Score] = ()
    """Those that the judge did not give."""
    stamp: Mapping[str, Any] = field(default_factory=dict[str, Any])
    label: str = ""
    """`gated` or `ungated` where a judge has scored."""

    def repeated(self, measure: str) -> Repeats:
        """A measure by task, once for each repeat."""
        return [{task: row.get(measure) for task, row in rows.items()} for rows in self.repeats]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A system with all that is known of it."""

    name: str
    benchmark: str
    """Empty where a file does not say."""
    scored: Mapping[str, Scored]
    """By protocol."""
    eval_run: EvalRun | None = None
    """None of a file."""
    tasks: Sequence[EvalTask] = ()

    @property
    def states(self) -> Counter[str]:
        """How many reports are `done`, `failed` and `waiting`; of a file those that are scored or failed."""
        if self.eval_run:
            return Counter(task.state for task in self.tasks)
        systems = [scored.system for scored in self.scored.values()]
        failed = {task for system in systems for task in system.failed}
        return Counter(done=len({task for system in systems for task in system.tasks} - failed), failed=len(failed))
