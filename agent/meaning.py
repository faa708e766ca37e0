"""Passages ranked by what they mean, beside what they say. Needs NumPy: `redraft.agent.dense` leads here."""

import asyncio
from collections.abc import Callable, Sequence

from redraft.store import embeddings, library
from redraft.store.database import Database
from redraft.store.library import COPIES, Match
from redraft.store.models import Passage
from redraft.tools.dense import Encoder

BATCH = 64
"""Passages encoded together and kept in one transaction: what a kill may cost, about 4 s. In batches of 16, 256
passages took 1.4 times as long, as fewer texts of one length meet; in batches of 128, 0.95 times."""
LEAST = 0.3
"""The cosine from which on two texts are taken to be on one matter; without it every passage would answer every
question. In the Debian handbook, 20 of 20 queries on its matters, in other words than its own, find passages so near,
and 2 of 20 queries on other matters. With 0.25 it is 20 and 6, with 0.35 18 and 0. Of the works that the papers of
DeepScholar-Bench cite, the first 30 by title still hold 0.553, without it 0.560."""

Watch = Callable[[int, int], None]
"""Told after each batch how many passages are encoded, and of how many."""


class Meaning:
    """The passages of a database as an encoder understands them.

    A passage is encoded once, and its vector kept. So within a database equal libraries and pages give equal rankings.
    Between databases they may differ: a vector's last digits depend on what it was made together with and on the
    machine, so that passages which are nearly equally near change places, or one at the edge is left out.
    """

    def __init__(self, database: Database, encoder: Encoder) -> None:
        self._database = database
        self._encoder = encoder

    async def learn_library(self, name: str, watch: Watch) -> int:
        """Encodes what a library has that is not encoded yet; how many passages that were.

        After a kill it goes on from the last batch.
        """
        model, done = self._encoder.name, 0
        total = embeddings.count_missing(self._database, model, name)
        while batch := embeddings.missing(self._database, model, name, limit=BATCH):
            await self._learn(batch)
            done += len(batch)
            watch(done, max(done, total))
        return done

    async def learn(self, passages: Sequence[Passage], watch: Watch) -> None:
        """Encodes those of the passages that are not encoded yet; after a kill it goes on likewise."""
        known = embeddings.vectors(self._database, self._encoder.name, _ids(passages))
        new = [passage for passage in passages if passage.id not in known]
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            await self._learn(batch)
            watch(start + len(batch), len(new))

    def search(self, text: str, library_name: str, read: Sequence[Passage] = (), *, limit: int) -> list[Match]:
        """The passages of a library, and of those read, that are nearest to what the text means, best first.

        Each text comes once. What was not learnt is not found.
        """
        (vector,) = self._encoder.encode([text])
        model = self._encoder.name
        held = embeddings.nearest(self._database, model, vector, library_name, limit=COPIES * limit)
        vectors = embeddings.vectors(self._database, model, [*held, *_ids(read)])
        cosines = {passage_id: float(other @ vector) for passage_id, other in vectors.items()}
        near = sorted((i for i in cosines if cosines[i] >= LEAST), key=lambda i: -cosines[i])
        by_text: dict[str, Match] = {}
        for match in library.matches(self._database, near[: COPIES * limit]):
            by_text.setdefault(match.passage.text, match)
        return list(by_text.values())[:limit]

    async def _learn(self, passages: Sequence[Passage]) -> None:
        texts = [f"{passage.heading}\n{passage.text}" for passage in passages]
        # Seconds of work, for most of which NumPy leaves Python to others.
        vectors = await asyncio.to_thread(self._encoder.encode, texts)
        embeddings.save(self._database, self._encoder.name, _ids(passages), vectors)


def _ids(passages: Sequence[Passage]) -> list[int]:
    return [passage.id or 0 for passage in passages]
