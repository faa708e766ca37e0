"""Two ways of doing one thing, timed in turns: whatever else the machine does meets both of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    def __call__(self) -> float: ...


@dataclass(frozen=True)
class Turns:
    """Seconds that the one and the other took, round by round."""

    one: Sequence[float]
    other: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """How many times as long the one took, round by round."""
        return [one / other for one, other in zip(self.one, self.other, strict=True)]

    def cells(self) -> list[str]:
        """For a table: the median of each, the median ratio, and between what it lies."""
        ratio, one, other = map(statistics.median, (self.ratios, self.one, self.other))
        return [f"{one:.2f} s", f"{other:.2f} s", f"{ratio:.2f}", f"{min(self.ratios):.2f} … {max(self.ratios):.2f}"]


def in_turns(
    one: Callable[[], object], other: Callable[[], object], rounds: int, clock: Clock = time.perf_counter
) -> Turns:
    """Times both, `rounds` times each."""

    def seconds(work: Callable[[], object]) -> float:
        began = clock()
        work()
        return clock() - began

    pairs = [(seconds(one), seconds(other)) for _ in range(rounds)]
    return Turns([pair[0] for pair in pairs], [pair[1] for pair in pairs])
