"""What was measured on one machine, as a file: the times of steps at each point, and a line through them.

The line is `constant + a_token * computed + a_cached * cached`, for the tokens that a step computes and those of the
cache that it reads, all requests together; by least squares over the medians of all points, relative to each. There is
one for a server that drafts and one for a server that does not: the latter schedules a step while the GPU is at the one
before, and runs through graphs that were captured whole, so that nothing drafted is not the same as no drafter.
"""

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from redraft.agent.errors import UserError
from redraft.agent.gpus import Gpu
from redraft.agent.hardware import cards
from redraft.agent.launch import installed_engines
from redraft.agent.shapes import Architecture
from redraft.evals.gpu.dummy import read_each_step
from redraft.evals.gpu.measuring import Point, Seen
from redraft.evals.speed.steptime import Fitted

Server = Literal["plain", "drafting"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Timing(_Kept):
    """Steps at one point of the grid."""

    server: Server
    context: int
    batch: int
    draft: int
    """Tokens drafted for each request."""
    seen: int
    """Steps; for `plain` rounds, of which each tells the mean of its steps."""
    cached: float
    """Tokens of the cache that a step read, in the mean."""
    ms: float
    """The median."""
    p10: float
    p90: float
    share: float
    """Of the median, what reading weights and cache once would take at the bandwidth."""

    @property
    def computed(self) -> int:
        return self.batch * (1 + self.draft)


class Line(_Kept):
    """In seconds."""

    constant: float
    a_token: float
    a_cached: float
    residual: float
    """The root of the mean square of what is left at the points, as a share of their medians."""
    worst: float
    """The largest of what is left, likewise."""


class Result(_Kept):
    machine: Mapping[str, str]
    shape: str
    weights: int
    """Bytes that each step reads."""
    token: int
    """Bytes of the cache of one token."""
    bandwidth: float
    """Bytes a second."""
    source: str
    """Where the bandwidth is from."""
    timings: Sequence[Timing]
    lines: Mapping[Server, Line]
    """One that too few points were seen for is missing."""

    @property
    def name(self) -> str:
        return f"{self.machine['device']}, {self.shape}"

    def step_time(self, server: Server) -> Fitted:
        """Raises `UserError` where no line was found."""
        if (line := self.lines.get(server)) is None:
            message = f"too few points of the server {server!r} were seen to tell how long its other steps take"
            raise UserError(message)
        return Fitted(self.name, line.constant, line.a_token, line.a_cached, f"vLLM {self.machine['vllm']}, measured")

    def reading(self, cached: float) -> float:
        """Seconds that a step takes at least, which reads so many tokens of the cache."""
        return (self.weights + self.token * cached) / self.bandwidth


def result(shape: str, architecture: Architecture, gpu: Gpu, seen: Mapping[Server, Sequence[Seen]]) -> Result:
    """A point of which no whole step was seen, as one that the cache had no room for, is not in it."""
    empty = Result(
        machine=machine(),
        shape=shape,
        weights=read_each_step(architecture),
        token=architecture.token_bytes,
        bandwidth=gpu.bandwidth,
        source=gpu.source,
        timings=(),
        lines={},
    )
    timings = {server: _timings(empty, server, mine) for server, mine in seen.items()}
    lines = {server: found for server, mine in timings.items() if (found := line(mine))}
    return empty.model_copy(update={"timings": [one for mine in timings.values() for one in mine], "lines": lines})


def machine() -> dict[str, str]:
    """What the times depend on, as the machine tells it itself."""
    card = next(iter(cards()), None)
    device = card.name if card else f"CPU ({platform.machine()})"
    return {
        "device": device,
        "driver": card.driver if card else "",
        "vllm": next(iter(installed_engines().values()), ""),
        "torch": _version("torch"),
        "python": platform.python_version(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _timings(result: Result, server: Server, seen: Iterable[Seen]) -> list[Timing]:
    found: dict[Point, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.point, []).append(one)
    return [_timing(result, server, point, mine) for point, mine in sorted(found.items())]


def _timing(result: Result, server: Server, point: Point, seen: Sequence[Seen]) -> Timing:
    seconds = [one.seconds for one in seen]
    low, median, high = np.percentile(seconds, (10, 50, 90)).tolist()
    cached = float(np.mean([one.cached for one in seen]))
    return Timing(
        server=server,
        **point._asdict(),
        seen=len(seen),
        cached=cached,
        ms=1000 * median,
        p10=1000 * low,
        p90=1000 * high,
        share=result.reading(cached) / median,
    )


def line(timings: Sequence[Timing]) -> Line | None:
    """None where the points leave it open."""
    median = np.array([one.ms / 1000 for one in timings])
    terms = np.array([(1, one.computed, one.cached) for one in timings], float).reshape(-1, 3) / median[:, None]
    found, _, rank, _ = np.linalg.lstsq(terms, np.ones(len(median)), rcond=None)
    if rank < len(found):
        return None
    left = np.abs(terms @ found - 1)
    constant, a_token, a_cached = found.tolist()
    residual, worst = float(np.sqrt(np.mean(left**2))), float(left.max())
    return Line(constant=constant, a_token=a_token, a_cached=a_cached, residual=residual, worst=worst)


def read(file: Path) -> Result:
    """Raises `UserError` for what is not the file of a result."""
    try:
        return Result.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{file} is no file that `steps` has written"
        raise UserError(message) from error


def write(file: Path, result: Result) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(result.model_dump_json(indent=1) + "\n")
