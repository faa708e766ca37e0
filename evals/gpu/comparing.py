"""What drafters make of the steps that were measured: recorded replies are said again, each step taking its time.

How many tokens a step gives is by replay, exact where the replies were greedy. How long the step takes is by the line
through what was measured, for the tokens that it computes and reads; on top comes the time that the drafter took here,
while the GPU waits. So `compare` is run on the machine whose steps were measured: its processor drafts. The drafter is
told what checking a token costs there, as it is in vLLM.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from redraft.agent.errors import UserError
from redraft.agent.transcripts import Said
from redraft.evals.gpu.results import Result
from redraft.evals.speed.replay import Replayed, replay
from redraft.evals.speed.report import Made

OFF = "off"


class Row(NamedTuple):
    """A drafter at one concurrency."""

    drafter: str
    concurrency: int
    tokens_per_step: float
    """Of a request."""
    computed_per_step: float
    """Of all requests: what the step's time depends on."""
    step_ms: float
    """Of the model."""
    drafting_ms: float
    """A step."""
    tokens_per_second: float
    """Of all requests."""
    share: float
    """Of the tokens a second that the bandwidth allows without a drafter: reading weights and cache once for each token
    of a request. With a drafter it may be above 1, as one reading gives several."""
    ratio: float
    """Times as fast as without a drafter, on a server without one."""


def compared(
    result: Result,
    calls: Sequence[Said],
    drafters: Made,
    concurrencies: Sequence[int],
) -> list[Row]:
    """`drafters` has one called `off`. Raises `UserError` for calls that leave nothing to decode."""
    rows, gpu = [], result.step_time("drafting")
    for places in concurrencies:
        replayed = {name: replay(calls, make(), concurrency=places, gpu=gpu) for name, make in drafters.items()}
        if not replayed[OFF].steps:
            raise UserError("the transcripts have no reply of more than one token")
        bound = _bound(result, replayed[OFF])
        base = _tokens(replayed[OFF]) / _seconds(result, OFF, replayed[OFF])
        rows += [_row(result, name, places, done, bound, base) for name, done in replayed.items()]
    return rows


def _row(result: Result, name: str, places: int, done: Replayed, bound: float, base: float) -> Row:
    busy, steps = _seconds(result, name, done), len(done.steps)
    drafting = 0.0 if name == OFF else done.seconds
    speed = _tokens(done) / (busy + drafting)
    return Row(
        drafter=name,
        concurrency=places,
        tokens_per_step=_tokens(done) / sum(count.steps for count in done.kinds.values()),
        computed_per_step=float(_steps(done)[:, 0].mean()),
        step_ms=1000 * busy / steps,
        drafting_ms=1000 * drafting / steps,
        tokens_per_second=speed,
        share=speed / bound,
        ratio=speed / base,
    )


def _bound(result: Result, off: Replayed) -> float:
    """Tokens a second, if steps took no longer than reading does."""
    return _tokens(off) / sum(result.reading(cached) for _, cached in off.steps)


def _seconds(result: Result, name: str, done: Replayed) -> float:
    steps = _steps(done)
    fitted = result.step_time("plain" if name == OFF else "drafting")
    return float(fitted.seconds(steps[:, 0], steps[:, 1]).sum())


def _steps(done: Replayed) -> NDArray[np.int64]:
    return np.array(done.steps, np.int64).reshape(-1, 2)


def _tokens(done: Replayed) -> int:
    return sum(count.tokens for count in done.kinds.values())
