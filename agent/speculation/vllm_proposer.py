"""Drafters as vLLM calls them: the class that `--speculative-config` names as `custom_class` (vLLM 0.26 to 0.32).

vLLM calls `propose` between any two steps of the model, with the tokens of all requests in its batch and without their
names. A row of the batch is one request's, until vLLM moves it: it fills the gaps that others leave, and orders rows as
its attention wants them. So a request is known by its text: a row that begins with all that a request has said, prompt
included, goes on with it. Two requests with the same text are told apart by their rows, and where they are taken for
one another, nothing is lost: they have the same text.

What cannot be seen in a row is over: a request that vLLM puts aside is ended, and begins anew when it is back.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.drafter import Drafter, Ids
from redraft.agent.speculation.price import Price
from redraft.agent.speculation.temporal import TemporalDrafter

LOG_SECONDS = 60.0
"""Between two lines that tell what drafting does and costs."""

_log = logging.getLogger("vllm.redraft")  # vLLM shows the lines of its own loggers alone

Clock = Callable[[], float]


@dataclass
class Count:
    """What was drafted, and what that took."""

    steps: int = 0
    """Calls: steps of the model, each for some requests."""
    rows: int = 0
    """Requests in them that said something: what would be as many tokens without drafts."""
    tokens: int = 0
    """That they said."""
    drafted: int = 0
    seconds: float = 0.0
    """Spent drafting, while the model waits."""
    faults: int = 0
    """Calls that failed, and gave no draft."""

    def __str__(self) -> str:
        each = 1000 * self.seconds / max(1, self.steps)
        return (
            f"{self.steps} steps, {self.tokens / max(1, self.rows):.2f} tokens in each, {self.drafted} tokens drafted, "
            f"{each:.3f} ms of drafting a step, {self.faults} faults"
        )


@dataclass(eq=False)
class _Known:
    """A request that has a row."""

    name: str
    row: int
    ids: Ids
    """Prompt and reply so far, and room for the rest."""
    length: int
    drafted: int = 0
    """Tokens of its last draft."""

    @property
    def text(self) -> Ids:
        return self.ids[: self.length]

    def goes_on(self, text: Ids) -> bool:
        """Whether this begins with all that the request has said. The last token rules out most others at once."""
        end = self.length
        return len(text) >= end and bool(text[end - 1] == self.ids[end - 1]) and np.array_equal(text[:end], self.text)

    def grow(self, text: Ids) -> Ids:
        """The tokens that are new in it."""
        begun, self.length = self.length, len(text)
        self.ids[begun : self.length] = text[begun:]
        return self.ids[begun : self.length]


class Proposer:
    """A drafter behind vLLM's door. Nothing that goes wrong in it gets out, as that would end the server."""

    def __init__(self, make: Callable[[], Drafter], context: int, clock: Clock = time.perf_counter) -> None:
        """`make` gives a drafter with nothing remembered; `context` is the most tokens of a request."""
        self.count = Count()
        self._make = make
        self._drafter = make()
        self._context = context
        self._clock = clock
        self._price = Price()
        self._known: list[_Known] = []
        self._begun = 0
        self._ended = clock()

    def load_model(self, *_: Any) -> None:
        """vLLM gives its model to those who need it."""

    def propose(
        self,
        sampled_token_ids: Sequence[Sequence[int]],
        num_tokens_no_spec: NDArray[np.int32],
        token_ids_cpu: NDArray[np.int32],
        slot_mappings: Any = None,
    ) -> list[list[int]]:
        """A draft for each row, empty for none. Of row i, `token_ids_cpu[i, :num_tokens_no_spec[i]]` is prompt and
        reply, the last step's `sampled_token_ids[i]` included; these are empty while a prompt is being read."""
        began = self._clock()
        texts = [token_ids_cpu[row, : num_tokens_no_spec[row]] for row in range(len(sampled_token_ids))]
        try:
            drafts = self._drafts(texts, [len(sampled) for sampled in sampled_token_ids], began - self._ended)
        except Exception:  # noqa: BLE001 - whatever it is, it would end vLLM's engine, and all requests with it
            if not self.count.faults:
                _log.exception("drafting failed; the server goes on, from here with nothing remembered")
            self.count.faults += 1
            self._drafter, self._known = self._make(), []
            drafts = [[] for _ in texts]
        self.count.steps += 1
        self.count.drafted += sum(map(len, drafts))
        self._ended = self._clock()
        self.count.seconds += self._ended - began
        return drafts

    def _drafts(self, texts: Sequence[Ids], sampled: Sequence[int], seconds: float) -> list[list[int]]:
        known = self._recognised(texts)
        # A step in which a prompt is read tells nothing of what a draft costs.
        if known and all(known) and all(sampled):
            self._price.step(sum(1 + of.drafted for of in self._known), sum(sampled), seconds)
        drafts = []
        for row, (of, text, count) in enumerate(zip(known, texts, sampled, strict=True)):
            if count:
                drafts.append(self._draft(of or self._begin(row, text[: len(text) - count]), text))
            else:
                drafts.append([])
        return drafts

    def _recognised(self, texts: Sequence[Ids]) -> list[_Known | None]:
        """Whose each row is. The longest choose first: of two whose texts begin alike, each then gets its own."""
        found: list[_Known | None] = [None] * len(texts)
        for of in sorted(self._known, key=lambda of: -of.length):
            rows = sorted((row for row, taken in enumerate(found) if taken is None), key=lambda row: row != of.row)
            row = next((row for row in rows if of.goes_on(texts[row])), None)
            if row is None:
                self._drafter.end(of.name)
            else:
                found[row], of.row = of, row
        self._known = [of for of in found if of]
        return found

    def _begin(self, row: int, prompt: Ids) -> _Known:
        self._begun += 1
        of = _Known(str(self._begun), row, np.empty(self._context, np.int32), 0)
        self._drafter.begin(of.name, of.grow(prompt))
        self._known.append(of)
        return of

    def _draft(self, of: _Known, text: Ids) -> list[int]:
        said = of.grow(text)
        self.count.rows += 1
        self.count.tokens += len(said)
        self._drafter.accept(of.name, said.tolist())
        room = max(0, self._context - 1 - len(text))
        draft = list(self._drafter.propose(of.name, of.text, self._price.chance))[:room] if room else []
        of.drafted = len(draft)
        return draft


class TemporalProposer(Proposer):
    """redraft's drafter, as vLLM makes it. Its log tells now and then what it does and costs."""

    def __init__(self, vllm_config: Any, clock: Clock = time.perf_counter) -> None:
        longest = vllm_config.speculative_config.num_speculative_tokens
        super().__init__(lambda: TemporalDrafter(longest), vllm_config.model_config.max_model_len, clock)
        self._told = self._clock()

    def propose(
        self,
        sampled_token_ids: Sequence[Sequence[int]],
        num_tokens_no_spec: NDArray[np.int32],
        token_ids_cpu: NDArray[np.int32],
        slot_mappings: Any = None,
    ) -> list[list[int]]:
        drafts = super().propose(sampled_token_ids, num_tokens_no_spec, token_ids_cpu, slot_mappings)
        if self._clock() > self._told + LOG_SECONDS:
            _log.info("redraft's drafter: %s", str(self.count))
            self._told = self._clock()
        return drafts
