"""Who may ask a model server now: as many at once as its cache holds, in the order in which they came.

All runs of this process that ask one server share its gate. Between processes the server decides, by its own queue.

A server that is given more than its cache holds takes sequences out again, and computes them anew later (vLLM calls it
preemption). All that was computed for them is lost, and as much again with each that comes back. So whoever asks waits
here instead.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary, WeakValueDictionary

import httpx
from prometheus_client.parser import text_string_to_metric_families

BLOCK = 128
"""Tokens of a sequence's last block that it may leave empty: vLLM's blocks hold 16 on a GPU and 128 on a CPU."""
CACHE = "vllm:cache_config_info"
PATIENCE = 5.0
"""Seconds for the page of counters, which a busy vLLM gives at once."""


class Gate:
    """Lets requests in as long as the tokens that they may come to fit into `capacity` together.

    Nobody overtakes: a large request at the front is waited for by the small ones behind it, and so has its turn. One
    that is larger than the whole is let in alone.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._inside = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def inside(self) -> int:
        """Tokens of all that have been let in."""
        return self._inside

    @asynccontextmanager
    async def entered(self, tokens: int) -> AsyncIterator[None]:
        """Entered when there is room; however it is left, the room is given back."""
        tokens = min(tokens, self._capacity)
        await self._admitted(tokens)
        try:
            yield
        finally:
            self._leave(tokens)

    async def _admitted(self, tokens: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._admit()  # those behind waited for this one
            else:
                self._leave(tokens)  # it had just been let in
            raise

    def _leave(self, tokens: int) -> None:
        self._inside -= tokens
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            tokens, turn = self._waiting[0]
            if not turn.cancelled():
                if self._inside + tokens > self._capacity:
                    return
                self._inside += tokens
                turn.set_result(None)
            self._waiting.popleft()


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[tuple[str, int], Gate]] = WeakKeyDictionary()
"""Each lasts for as long as somebody holds it. A server that comes back with another capacity has another gate."""


def shared_gate(server: str, capacity: int) -> Gate:
    """That of all who ask a server of this address and capacity from this event loop."""
    gates = _shared.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    return gates.setdefault((server, capacity), Gate(capacity))


def room(prompt: int, reply: int, n: int) -> int:
    """Tokens that a request may come to in the cache: its prompt once, and the longest reply `n` times."""
    return prompt + n * (reply + BLOCK)


async def capacity(http: httpx.AsyncClient) -> int | None:
    """Tokens that the cache of a vLLM server holds, all its engines together; None where it does not tell."""
    try:
        response = await http.get("/metrics", timeout=PATIENCE)
    except httpx.HTTPError:  # there is another way to reckon it
        return None
    return told(response.text) if response.is_success else None


def told(metrics: str) -> int | None:
    """The same from the page. A model whose layers cache in different ways holds less than its blocks would."""
    try:
        families = list(text_string_to_metric_families(metrics))
    except ValueError:  # a page of something else
        return None
    engines = [sample.labels for family in families for sample in family.samples if sample.name == CACHE]
    return sum(map(_of_engine, engines)) or None


def _of_engine(labels: dict[str, str]) -> int:
    """0 where a number is missing."""
    if (whole := labels.get("kv_cache_size_tokens", "")).isdecimal():
        return int(whole)
    blocks, size = labels.get("num_gpu_blocks", ""), labels.get("block_size", "")
    return int(blocks) * int(size) if blocks.isdecimal() and size.isdecimal() else 0
