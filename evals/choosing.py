"""Which tasks of a benchmark an evaluation run is made of. Pure: equal tasks and choices give equal runs."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from redraft.agent.errors import UserError
from redraft.evals.benchmarks.base import Task
from redraft.store.models import EvalTask


@dataclass(frozen=True, kw_only=True)
class Choice:
    """All tasks, unless something else is said."""

    ids: Sequence[str] = ()
    """These alone."""
    sample: int | None = None
    """So many of them, spread over languages and topics."""
    sample_seed: int = 0
    without: frozenset[str] = frozenset()
    """Ids of tasks that are left out, before any are sampled."""
    repeats: int = 1
    """Reports on each task."""


def chosen(tasks: Sequence[Task], choice: Choice) -> list[Task]:
    """The tasks in the order of the benchmark.

    Raises `UserError` for an id that no task has, and where none is left.
    """
    known = {task.id for task in tasks}
    if strange := [task_id for task_id in choice.ids if task_id not in known]:
        message = f"there is no task {strange[0]!r} here: the first is {tasks[0].id!r}"
        raise UserError(message)
    left = [task for task in tasks if task.id not in choice.without and (not choice.ids or task.id in choice.ids)]
    if not left:
        raise UserError("no task is left of those that are chosen")
    return left if choice.sample is None else sampled(left, choice.sample, choice.sample_seed)


def sampled(tasks: Sequence[Task], count: int, seed: int) -> list[Task]:
    """So many tasks, or all where there are fewer: each language, and within it each topic, by its share.

    A smaller sample of the same seed is a part of a larger one. Which tasks stand beside each other, or in which order,
    makes no difference.
    """
    taken = {task.id for task in _spread(tasks, seed)[:count]}
    return [task for task in tasks if task.id in taken]


def planned(tasks: Iterable[Task], repeats: int) -> list[EvalTask]:
    """A row for each report."""
    return [
        EvalTask(
            eval_run_id=0,
            number=number,
            task_id=task.id,
            repeat=repeat,
            prompt=task.prompt,
            language=task.language,
            topic=task.topic,
        )
        for number, task in enumerate(tasks)
        for repeat in range(repeats)
    ]


def _spread(tasks: Sequence[Task], seed: int) -> list[Task]:
    """In an order of which every beginning holds each language, and within it each topic, by its share.

    Systematic sampling: the members of a group stand at equal distances, from a start that chance gives a topic, and
    that for a language is the middle of the first distance.
    """
    by_chance = sorted(tasks, key=lambda task: _chance(seed, task.id))
    languages = {
        language: _merged(_groups(mine, lambda task: task.topic), lambda topic: _chance(seed, topic))
        for language, mine in _groups(by_chance, lambda task: task.language).items()
    }
    return _merged(languages, lambda language: 0.5)


def _groups(tasks: Sequence[Task], key: Callable[[Task], str]) -> dict[str, list[Task]]:
    return {name: [task for task in tasks if key(task) == name] for name in sorted(set(map(key, tasks)))}


def _merged(groups: Mapping[str, Sequence[Task]], start: Callable[[str], float]) -> list[Task]:
    places = (
        ((place + start(name)) / len(members), name, place)
        for name, members in groups.items()
        for place in range(len(members))
    )
    return [groups[name][place] for _, name, place in sorted(places)]


def _chance(seed: int, name: str) -> float:
    """From 0 up to 1, the same in every process."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:6]) / 2**48
