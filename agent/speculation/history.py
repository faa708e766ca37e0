"""The last tokens of one text or of several that grow side by side, searchable for where an end has stood before."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from redraft.agent.speculation.compiled import compiled
from redraft.agent.speculation.drafter import Ids

ANCHORS = np.array([4, 2, 1])
"""Lengths of the n-grams that places are found by. Those of a long one are few, so that a long match is found among
many short ones; the last is asked only where no other finds anything."""
TRIED = 32
"""Places that are looked at for each anchor, the newest first."""
LONGEST_MATCH = 32
"""Tokens that are compared."""
NOWHERE = -1
"""No place: before the first token of a text, and behind its last."""

Places = NDArray[np.int64]


class _Kept(NamedTuple):
    """The arrays of a history. A token's place, counted from the first that was ever added, leads to its slot in them:
    the place modulo their length."""

    tokens: Ids
    back: Places
    """The place of the token before, in the same text."""
    forth: Places
    """The place of the token behind."""
    before: Places
    """By anchor: the place of the n-gram before with the same hash, by the place where this one ends."""
    newest: Places
    """By anchor and hash: where the newest n-gram ends."""


class Matches(NamedTuple):
    """Places where a text's end has stood before, and something followed."""

    places: Places
    """Of the last token of each."""
    lengths: Places
    """How many tokens match, at most `LONGEST_MATCH`."""


class History:
    """Holds the last `capacity` tokens, each linked with those before and behind it in its text.

    Places are found as in LZ77 (zlib's `deflate`): a table has the newest place of each hash of an n-gram, and each
    place the one before it. Adding takes the same time for each token, finding a bounded time, and all memory is taken
    at the beginning: 50 bytes a token.
    """

    def __init__(self, capacity: int) -> None:
        buckets = 1 << max(8, capacity.bit_length() - 3)
        self._kept = _Kept(
            tokens=np.zeros(capacity, np.int32),
            back=np.full(capacity, NOWHERE),
            forth=np.full(capacity, NOWHERE),
            before=np.full((len(ANCHORS), capacity), NOWHERE),
            newest=np.full((len(ANCHORS), buckets), NOWHERE),
        )
        self.total = 0
        """Tokens that were ever added."""

    @property
    def bytes(self) -> int:
        """What the arrays take."""
        return sum(array.nbytes for array in self._kept)

    def add(self, tokens: Ids, behind: int = NOWHERE) -> int:
        """Goes on with the text whose last token is at `behind`, or begins one; the place of the last token then."""
        last = _add(self._kept, ANCHORS, self.total, behind, tokens)
        self.total += len(tokens)
        return last

    def matches(self, context: Ids) -> Matches:
        """Where the end of `context` has stood before, each place once."""
        found = np.empty((2, len(ANCHORS) * TRIED), np.int64)
        count = _find(self._kept, ANCHORS, self.total, TRIED, context[-LONGEST_MATCH:], found)
        return Matches(found[0, :count], found[1, :count])

    def following(self, places: Places, count: int) -> NDArray[np.int32]:
        """The `count` tokens behind each place, with `NOWHERE` where its text ends."""
        rows = np.full((len(places), count), NOWHERE, np.int32)
        _follow(self._kept, places, rows)
        return rows


@compiled
def _add(kept: _Kept, anchors: Places, total: int, last: int, added: Ids) -> int:
    capacity = len(kept.tokens)
    for place in range(total, total + len(added)):
        oldest, slot = max(0, place - capacity + 1), place % capacity
        if last >= oldest:
            kept.forth[last % capacity] = place
        kept.tokens[slot], kept.back[slot], kept.forth[slot] = added[place - total], last, -1
        for row in range(len(anchors)):
            hashed = _hashed(kept, place, oldest, anchors[row])
            kept.before[row, slot] = kept.newest[row, hashed] if hashed >= 0 else -1
            if hashed >= 0:
                kept.newest[row, hashed] = place
        last = place
    return last


@compiled
def _hashed(kept: _Kept, place: int, oldest: int, size: int) -> int:
    """Of the `size` tokens that end at a place; -1 where its text has not that many."""
    mixed = 0
    for _ in range(size):
        if place < oldest:
            return -1
        mixed = _mixed(mixed, kept.tokens[place % len(kept.tokens)])
        place = kept.back[place % len(kept.tokens)]
    return int(mixed % kept.newest.shape[1])


@compiled
def _mixed(mixed: int, token: int) -> int:
    """Within 47 bits, so that plain Python and machine integers agree."""
    mixed = (mixed ^ (int(token) + 1)) * 0x9E37 & 0x7FFFFFFFFFFF
    return mixed ^ (mixed >> 15)


@compiled
def _find(kept: _Kept, anchors: Places, total: int, tried: int, tail: Ids, found: Places) -> int:
    """Fills the rows of `found` with places and lengths, and tells how many there are."""
    capacity, count, longer = len(kept.tokens), 0, len(tail) + 1
    oldest = max(0, total - capacity)
    for row in range(len(anchors)):
        if anchors[row] > len(tail) or (anchors[row] == 1 and count):
            continue
        mixed = 0
        for back in range(1, anchors[row] + 1):
            mixed = _mixed(mixed, tail[-back])
        place = kept.newest[row, mixed % kept.newest.shape[1]]
        for _ in range(tried):
            if place < oldest:
                break
            length = _matched(kept, place, oldest, tail)
            # What matches for as long as a longer anchor was found by that one.
            if anchors[row] <= length < longer and kept.forth[place % capacity] >= 0:
                found[0, count], found[1, count] = place, length
                count += 1
            place = kept.before[row, place % capacity]
        longer = anchors[row]
    return count


@compiled
def _matched(kept: _Kept, place: int, oldest: int, tail: Ids) -> int:
    """How many tokens up to a place are those at the end of `tail`."""
    length, capacity = 0, len(kept.tokens)
    while length < len(tail) and place >= oldest and kept.tokens[place % capacity] == tail[-1 - length]:
        length += 1
        place = kept.back[place % capacity]
    return length


@compiled
def _follow(kept: _Kept, places: Places, rows: Ids) -> None:
    capacity = len(kept.tokens)
    for row in range(len(places)):
        place = kept.forth[places[row] % capacity]
        for column in range(rows.shape[1]):
            if place < 0:
                break
            rows[row, column] = kept.tokens[place % capacity]
            place = kept.forth[place % capacity]
