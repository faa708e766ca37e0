"""redraft's drafter: what was said lately is said again.

A report is written out of what lies near: a section quotes its evidence and its former version, a check quotes the
section, and all of a run speak of one matter in one form. So four texts are searched for places where the end of what
has been said has stood before: what this request has said, its prompt, what was said to prompts that begin as this one
does (those of one run do: they share question, brief and outline), and what was said before. What followed there is
put to the vote, token by token: the longer a match the more it counts, and of equal ones the nearer. A draft ends where
the votes fall apart or a token is not worth its check, and is the shorter the shorter the best match was and the fewer
of the last drafts were taken.

Four texts by nearness are from Hierarchy Drafting (arXiv 2502.05609), which asks them one after the other; a length
that follows the match, and counting what followed, are from SuffixDecoding (arXiv 2411.04975).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.compiled import compiled
from redraft.agent.speculation.drafter import Ids
from redraft.agent.speculation.history import NOWHERE, History, Matches

# The numbers below without a reason of their own were found by replaying transcripts (`redraft eval speed replay`) of a
# small model and of a stand-in: of some thirty settings, these were within 2 % of the best predicted speed-up on both.
LONGEST = 32
"""Tokens of a draft at most."""
PAST = 1 << 19
"""Tokens that are remembered of all that was said: some 20 reports with their plans and checks. They take 31 MB."""
TEXT = 1 << 15
"""Tokens of one request that are searched: of a longer one, the last."""
ROOM = 4096
"""Tokens of a reply for which there is room beside its prompt before the prompt's first ones make way."""
KNOWN = 512
"""Requests whose prompts' beginnings are remembered."""
HEAD = 512
"""Tokens of a beginning. System prompt, question and brief are that long, and some requests of a run share no more."""
TAIL = 16
"""Tokens of a prompt's end that are remembered with what was said to it: the last line of a task and the chat
template's mark, by which requests of one kind know how the others' replies began."""
PER_MATCHED = 6.0
"""Drafted tokens for each that matched, while drafts are taken."""
CAUTION = 0.25
"""The share of that length where nothing of the last drafts was taken; all of it is drafted from 1 - CAUTION on."""
FADING = 0.8
"""How much of the share of drafts that is taken is remembered from one draft to the next."""
BRAKE = 8
"""After so many drafts in a row without a token taken, a match must be twice as long to be drafted from, and so on."""
LONGEST_BRAKE = 16
"""No match need be longer, so that a braked request comes to draft again once it quotes."""
SUREST = 0.2
"""A draft ends where less than this of the votes stands behind all of it."""
TRUST = 0.5
"""How much of the votes' share is believed where none of the last drafts was taken, when it is held against what a
check costs; all of it where all were taken. Found by replaying with the step times of the CPU that this was made on, of
0.1 to 1, with one to eight requests at once."""
OWN, PROMPT, PAST_KIN, PAST_OTHER = 2.0, 1.5, 1.5, 1.0
"""Votes of a place by its text. The past counts between the last two, by how much of the prompts' beginnings agree;
what a request says itself is in its own text and in the past."""


@dataclass
class _Open:
    """A request that is being answered."""

    text: History
    prompt: int
    """Tokens of its prompt."""
    number: int
    kin: NDArray[np.float64]
    """By the number of a request, modulo `KNOWN`: the share of the prompts' beginnings that agrees."""
    last: int
    """Place of its last token in its own text, and in the past."""
    last_past: int = NOWHERE
    drafted: int = 0
    taken: float = 0.5
    """The share of drafted tokens that was taken of late."""
    failed: int = 0
    """Drafts in a row of which nothing was taken."""

    @property
    def needed(self) -> int:
        """Tokens that must match."""
        return min(LONGEST_BRAKE, 1 << self.failed // BRAKE)

    def surest(self, chance: float) -> float:
        """The share of votes from which on a token is taken with that chance."""
        return max(SUREST, chance / (TRUST + (1 - TRUST) * self.taken))

    def room(self, matched: int) -> int:
        """Tokens worth drafting after a match of so many."""
        return 1 + round(PER_MATCHED * matched * min(1.0, CAUTION + self.taken))


class TemporalDrafter:
    """Takes all its memory at the beginning, but for what open requests take, each of at most `text` tokens."""

    def __init__(self, longest: int = LONGEST, past: int = PAST, text: int = TEXT) -> None:
        _compile()
        self.longest = longest
        self._past = History(past)
        self._whose = np.zeros(past, np.int64)
        self._heads = np.full((KNOWN, HEAD), NOWHERE, np.int32)
        self._begun = 0
        self._text = text
        self._open: dict[str, _Open] = {}

    @property
    def bytes(self) -> int:
        """What its arrays take."""
        texts = sum(of.text.bytes + of.kin.nbytes for of in self._open.values())
        return self._past.bytes + self._whose.nbytes + self._heads.nbytes + texts

    def begin(self, request: str, prompt: Ids) -> None:
        text = History(min(self._text, len(prompt) + ROOM))
        last = text.add(prompt)
        self._begun += 1
        of = _Open(text, len(prompt), self._begun, self._kin(prompt[:HEAD]), last)
        self._open[request] = of
        self._remember(of, prompt[-TAIL:])

    def _kin(self, beginning: Ids) -> NDArray[np.float64]:
        head = np.full(HEAD, NOWHERE, np.int32)
        head[: len(beginning)] = beginning
        self._heads[self._begun % KNOWN] = head
        return np.asarray(np.logical_and.accumulate(self._heads == head, axis=1).mean(axis=1))

    def propose(self, request: str, context: Ids, chance: float = 0.0) -> Sequence[int]:
        of = self._open[request]
        own, past = of.text.matches(context), self._past.matches(context)
        lengths = np.concatenate([own.lengths, past.lengths])
        matched = int(lengths.max(initial=0))
        of.drafted = 0
        if matched < of.needed:
            return []
        room = min(self.longest, of.room(matched))
        rows = np.concatenate([of.text.following(own.places, room), self._past.following(past.places, room)])
        draft = np.empty(room, np.int32)
        weights = self._nearness(of, own, past) * lengths.astype(float) ** 3
        of.drafted = _voted(rows, weights, of.surest(chance), draft)
        return [int(token) for token in draft[: of.drafted]]

    def _nearness(self, of: _Open, own: Matches, past: Matches) -> NDArray[np.float64]:
        whose = self._whose[past.places % len(self._whose)]
        kin = np.where(of.number - whose < KNOWN, of.kin[whose % KNOWN], 0.0)
        near = np.where(own.places >= of.prompt, OWN, PROMPT)
        return np.concatenate([near, PAST_OTHER + (PAST_KIN - PAST_OTHER) * kin])

    def accept(self, request: str, tokens: Sequence[int]) -> None:
        of = self._open[request]
        ids = np.asarray(tokens, np.int32)
        of.last = of.text.add(ids, of.last)
        self._remember(of, ids)
        if of.drafted:
            taken = len(tokens) - 1
            of.taken = FADING * of.taken + (1 - FADING) * taken / of.drafted
            of.failed = 0 if taken else of.failed + 1
            of.drafted = 0

    def _remember(self, of: _Open, ids: Ids) -> None:
        first = self._past.total
        of.last_past = self._past.add(ids, of.last_past)
        self._whose[np.arange(first, self._past.total) % len(self._whose)] = of.number

    def end(self, request: str) -> None:
        del self._open[request]


@cache
def _compile() -> None:
    """Before a request has to wait for it."""
    history = History(1 << 8)
    history.add(np.zeros(8, np.int32))
    rows = history.following(history.matches(np.zeros(4, np.int32)).places, 2)
    _voted(rows, np.ones(len(rows)), SUREST, np.empty(2, np.int32))


@compiled
def _voted(rows: NDArray[np.int32], weights: NDArray[np.float64], least: float, draft: Ids) -> int:
    """Fills `draft` with what most of the weight goes on with, and tells how long it is."""
    weights = weights.copy()
    sure = 1.0
    for step in range(rows.shape[1]):
        whole = weights.sum()
        chosen, votes = _chosen(rows[:, step], weights)
        sure *= votes / whole
        if chosen < 0 or sure < least:
            return step
        draft[step] = chosen
        weights[rows[:, step] != chosen] = 0.0
    return len(draft)


@compiled
def _chosen(tokens: Ids, weights: NDArray[np.float64]) -> tuple[int, float]:
    """The token that most of the weight is for, and how much; `NOWHERE` and nothing where no text goes on."""
    chosen, most = -1, 0.0
    for row in range(len(tokens)):
        if tokens[row] >= 0 and tokens[row] != chosen and weights[row] > 0:
            votes = 0.0
            for other in range(row, len(tokens)):
                if tokens[other] == tokens[row]:
                    votes += weights[other]
            if votes > most:
                chosen, most = int(tokens[row]), votes
    return chosen, most
