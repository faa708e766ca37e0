"""The replay bench as numbers: what each drafter did, and what that makes of a GPU's time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.drafter import Drafter
from redraft.agent.transcripts import Said
from redraft.evals.speed.replay import Count, Replayed, replay
from redraft.evals.speed.steptime import GPUS, StepTime

Made = Mapping[str, Callable[[], Drafter]]


def bench(calls: Sequence[Said], drafters: Made, concurrencies: Iterable[int]) -> dict[str, Any]:
    """By drafter and concurrency: counts of all calls and of each node, and the speed-up on each GPU over `off`.

    Every drafter begins with nothing remembered. `drafters` has one called `off`.
    """
    found: dict[str, dict[str, Any]] = {name: {} for name in drafters}
    for places in concurrencies:
        replayed = {name: replay(calls, make(), concurrency=places) for name, make in drafters.items()}
        for name, done in replayed.items():
            found[name][str(places)] = _row(done, replayed["off"])
    tokens = sum(len(output) for call in calls for output in call.output_token_ids)
    said = {"runs": len({call.run for call in calls}), "calls": len(calls), "output_tokens": tokens}
    return {"transcripts": said, "gpus": {gpu.name: gpu.source for gpu in GPUS}, "drafters": found}


def _row(done: Replayed, off: Replayed) -> dict[str, Any]:
    whole = Count()
    for count in done.kinds.values():
        whole.add(count)
    return {
        "all": counted(whole),
        "nodes": {name: counted(count) for name, count in sorted(done.kinds.items())},
        "drafting_ms": 1000 * done.seconds / max(1, whole.steps),
        "speedup": {gpu.name: _speedup(gpu, done, off) for gpu in GPUS},
    }


def _speedup(gpu: StepTime, done: Replayed, off: Replayed) -> dict[str, float | None]:
    """`free`: if drafting took no time; `whole`: with the time that it took here, while the GPU waits."""
    base, busy = _seconds(gpu, off), _seconds(gpu, done)
    return {"free": _share(base, busy), "whole": _share(base, busy + done.seconds)}


def _seconds(gpu: StepTime, done: Replayed) -> float:
    steps: NDArray[np.int64] = np.array(done.steps, np.int64).reshape(-1, 2)
    return float(gpu.seconds(steps[:, 0], steps[:, 1]).sum())


def counted(count: Count) -> dict[str, Any]:
    """Numbers of one kind of request; None for a share of nothing."""
    drafted, accepted = int(count.drafted.sum()), int(count.accepted.sum())
    taken = np.pad(count.accepted, (0, len(count.drafted) - len(count.accepted)))
    return {
        "requests": count.requests,
        "tokens": count.tokens,
        "steps": count.steps,
        "tokens_per_step": _share(count.tokens, count.steps),
        "draft_rate": _share(count.drafts, count.steps),
        "hit_rate": _share(count.hits, count.drafts),
        "draft_length": _share(drafted, count.drafts),
        "acceptance": _share(accepted, drafted),
        "acceptance_by_position": (taken / count.drafted).tolist(),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
