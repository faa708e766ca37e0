"""What was said, said again with a drafter ahead: how many steps it takes, exactly, without a model.

Requests are answered as a server with `concurrency` places would: in the order in which they were recorded, each taking
the next free place, all in one step at a time. So a drafter that learns from what other requests say has of them what
it would have, if a run asked as soon as there is a place; that some calls wait for others' replies is not in a
transcript and is left out.

A drafted token is taken when it is the one that was recorded. Under greedy decoding that is what a server does, to the
token. Where tokens were sampled, a server takes a drafted one with the probability that the model gives it; so what was
recorded is one draw of what it would take, and the numbers are right in the mean, not for each request.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.drafter import Drafter, Ids
from redraft.agent.speculation.price import Price
from redraft.agent.transcripts import Said
from redraft.evals.speed.steptime import StepTime

Clock = Callable[[], float]


@dataclass
class Count:
    """What a drafter did for requests of one kind. The first token comes of reading the prompt and is not counted."""

    requests: int = 0
    tokens: int = 0
    steps: int = 0
    drafts: int = 0
    """Steps with a draft."""
    hits: int = 0
    """Steps with a draft whose first token was taken."""
    drafted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """By position in the draft, how often there was a token."""
    accepted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """By position in the draft, how often it was taken."""

    def step(self, drafted: int, accepted: int, tokens: int) -> None:
        self.steps += 1
        self.tokens += tokens
        self.drafts += drafted > 0
        self.hits += accepted > 0
        self.drafted = _sum(self.drafted, np.ones(drafted, np.int64))
        self.accepted = _sum(self.accepted, np.ones(accepted, np.int64))

    def add(self, other: "Count") -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            setattr(self, name, _sum(mine, value) if isinstance(value, np.ndarray) else mine + value)


def _sum(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    length = max(len(one), len(other))
    return np.pad(one, (0, length - len(one))) + np.pad(other, (0, length - len(other)))


@dataclass
class Replayed:
    """A whole replay."""

    kinds: dict[str, Count]
    """By the node that asked."""
    steps: list[tuple[int, int]]
    """Of each step of the server: the tokens it computed, drafted ones among them, and those it read of its cache."""
    seconds: float
    """Of the processor, spent in the drafter: what else the machine does is not in it."""


@dataclass
class _Answer:
    """A reply on its way."""

    name: str
    node: str
    ids: Ids
    """Prompt and reply."""
    prompt: int
    said: int = 0

    @property
    def context(self) -> Ids:
        return self.ids[: self.prompt + self.said]

    @property
    def left(self) -> int:
        return len(self.ids) - self.prompt - self.said

    def taken(self, draft: Sequence[int]) -> int:
        """How many of the draft are what comes next."""
        following = self.ids[self.prompt + self.said :][: len(draft)]
        differs = np.flatnonzero(following != np.asarray(draft[: len(following)], np.int32))
        return int(differs[0]) if len(differs) else len(following)


def replay(
    calls: Iterable[Said],
    drafter: Drafter,
    *,
    concurrency: int = 1,
    clock: Clock = time.thread_time,
    gpu: StepTime | None = None,
) -> Replayed:
    """With `gpu`, the drafter is told what checking a token costs there, as in vLLM; else, that it costs nothing."""
    server = _Server(drafter, clock, gpu)
    waiting = _answers(calls)
    busy: list[_Answer] = []
    while busy := [*busy, *islice(server.begun(waiting), concurrency - len(busy))]:
        server.step(busy)
        busy = [answer for answer in busy if answer.left]
    return server.done


class _Server:
    """Says what was recorded, with a drafter ahead."""

    def __init__(self, drafter: Drafter, clock: Clock, gpu: StepTime | None) -> None:
        self.done = Replayed(defaultdict(Count), [], 0.0)
        self._gpu = gpu
        self._price = Price()
        self._drafter = drafter
        self._clock = clock

    def begun(self, answers: Iterable[_Answer]) -> Iterator[_Answer]:
        """With their first token, which comes of reading the prompt; those that end with it are over."""
        for answer in answers:
            self.done.kinds[answer.node].requests += 1
            with self._timed():
                self._drafter.begin(answer.name, answer.context)
            self._say(answer, 1)
            if answer.left:
                yield answer

    def step(self, busy: Sequence[_Answer]) -> None:
        with self._timed():
            drafts = [self._drafter.propose(answer.name, answer.context, self._price.chance) for answer in busy]
        computed, cached = len(busy) + sum(map(len, drafts)), sum(len(answer.context) for answer in busy)
        self.done.steps.append((computed, cached))
        before = sum(answer.said for answer in busy)
        for answer, draft in zip(busy, drafts, strict=True):
            taken = answer.taken(draft)
            said = min(taken + 1, answer.left)
            self.done.kinds[answer.node].step(len(draft), taken, said)
            self._say(answer, said)
        if self._gpu:
            seconds = self._gpu.seconds(np.array([computed]), np.array([cached]))
            self._price.step(computed, sum(answer.said for answer in busy) - before, float(seconds[0]))

    def _say(self, answer: _Answer, count: int) -> None:
        end = answer.prompt + answer.said
        answer.said += count
        with self._timed():
            self._drafter.accept(answer.name, answer.ids[end : end + count].tolist())
            if not answer.left:
                self._drafter.end(answer.name)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = self._clock()
        yield
        self.done.seconds += self._clock() - began


def _answers(calls: Iterable[Said]) -> Iterator[_Answer]:
    for number, call in enumerate(calls):
        for variant, output in enumerate(call.output_token_ids):
            if output:
                ids = np.asarray([*call.prompt_token_ids, *output], np.int32)
                yield _Answer(f"{number}.{variant}", call.node, ids, len(call.prompt_token_ids))
