"""What the passes of a live bench say: ratios with their spread, and how many answers are the same."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from redraft.evals.speed.live import Pass, Timed

Answers = Mapping[int, Sequence[int]]
"""By the number of the prompt."""


def compared(timed: Timed) -> dict[str, Any]:
    """By drafter and concurrency, of all and of each node: the speed, how many times that of `off` in the same block,
    and how many answers are the same.

    `off` is compared with itself as well: from round to round, and with one request at a time. Batches of other shapes
    round otherwise, so that what differs there would differ without any drafter.
    """
    passes = timed.passes
    found: dict[str, dict[str, Any]] = {}
    for (name, places), mine in _by(passes, lambda one: (one.drafter, one.concurrency)).items():
        base = [one for one in passes if (one.drafter, one.concurrency) == ("off", places)]
        found.setdefault(name, {})[str(places)] = {
            "all": _ratios(mine, base),
            "nodes": {
                node: _ratios(own, [one for one in base if one.node == node])
                for node, own in _by(mine, lambda one: one.node).items()
            },
            **_counted(mine),
            **_same([(answers, _answers(base)[number]) for number, answers in _answers(mine).items()]),
        }
    off = _by([one for one in passes if one.drafter == "off"], lambda one: one.concurrency)
    return {"reading_seconds": timed.reading, "drafters": found, "off": _noise(off)}


def _by(passes: Iterable[Pass], key: Callable[[Pass], Any]) -> dict[Any, list[Pass]]:
    found: dict[Any, list[Pass]] = {}
    for one in passes:
        found.setdefault(key(one), []).append(one)
    return found


def _ratios(mine: Sequence[Pass], base: Sequence[Pass]) -> dict[str, Any]:
    speeds, others = _speeds(mine), _speeds(base)
    ratios = [speed / others[number] for number, speed in speeds.items()]
    return {
        "tokens_per_second": statistics.median(speeds.values()),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def _speeds(passes: Sequence[Pass]) -> dict[int, float]:
    """By round, tokens a second."""
    rounds = _by(passes, lambda one: one.round)
    return {number: sum(one.tokens for one in of) / sum(one.seconds for one in of) for number, of in rounds.items()}


def _counted(passes: Sequence[Pass]) -> dict[str, Any]:
    steps, rows, tokens, drafted, seconds, faults = (
        sum(getattr(one.drafting, name) for one in passes)
        for name in ("steps", "rows", "tokens", "drafted", "seconds", "faults")
    )
    return {
        "tokens_per_step": tokens / max(1, rows),
        "drafted_per_step": drafted / max(1, rows),
        "drafting_ms": 1000 * seconds / max(1, steps),
        "faults": faults,
    }


def _noise(off: Mapping[int, Sequence[Pass]]) -> dict[str, Any]:
    alone = _answers(off[min(off)])
    found = {}
    for places, passes in off.items():
        first, *others = _answers(passes).values()
        found[str(places)] = {
            "again": _same([(one, first) for one in others]),
            "alone": _same([(first, next(iter(alone.values())))]),
        }
    return found


def _answers(passes: Sequence[Pass]) -> dict[int, Answers]:
    """By round, those to all prompts."""
    return {
        number: {place: answer for one in of for place, answer in one.answers.items()}
        for number, of in _by(passes, lambda one: one.round).items()
    }


def _same(pairs: Iterable[tuple[Answers, Answers]]) -> dict[str, int]:
    same = [list(mine[number]) == list(other[number]) for mine, other in pairs for number in mine]
    return {"identical": sum(same), "answers": len(same)}
