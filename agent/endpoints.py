"""Model servers with one model: which of them a call goes to, and which one is left out for a while.

A call goes where least is under way, in tokens. But a server that has read the beginning of a prompt need not read it
again, so a prompt is drawn to where its beginning is known: each known token counts for `WORTH` tokens under way. A
server that fails rests, for longer with each time, and must serve what it did before it is used again. What is answered
does not depend on who answers, as far as that is so of one server from call to call.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from redraft.agent.admission import Gate
from redraft.agent.errors import ContextTooSmall, ServerRefused
from redraft.agent.llm import Message
from redraft.agent.replies import TransientFailure, check, understood
from redraft.agent.retrying import passing

ASSUMED_CONTEXT = 8192
"""For servers that do not say what they serve: what every current 8B model holds."""
WORTH = 8.0
"""Tokens under way that one is drawn past by a token which is known. On the calls of a stand-in's deep run, 8 at once
on two servers and 16 on four, with shares of prompt tokens found in a model of vLLM's cache, where one server would
find 41 %: at 0, 32 and 26 %, the fullest server with 1.03 and 1.08 of the mean load; at 8, 39 and 37 %, with 1.12 and
1.27; at 64, 41 and 41 %, with 1.20 and 1.49. What a load costs in time is not in it: measure that on a GPU."""
PIECE = 1024
"""Characters by which beginnings of prompts are compared: some 250 tokens, a few lines of a brief."""
PIECES_KEPT = 4096
"""Of what was sent to a server: a million tokens, which is more than caches hold. A starting point."""
FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds for which a server that has failed is left out; each failure in a row doubles them. Starting points."""
LOOK_SECONDS = 10.0
"""For a server to say what it serves."""


class Served(NamedTuple):
    """What a server offers."""

    model: str
    context: int
    is_vllm: bool


class NotServed(ServerRefused):
    """A server has no such model."""


class AnotherModel(ServerRefused):
    """A server has come back with something else than it had."""


@dataclass(eq=False)
class Endpoint:
    """One server, and what is known of it."""

    url: str
    """As it may be shown."""
    http: httpx.AsyncClient
    served: Served
    gate: Gate | None = None
    can_count: bool = True
    refused: set[str] = field(default_factory=set)
    """Fields that it does not take."""
    thinks: bool = False
    """Whether its model has thought where it was asked not to."""
    load: int = 0
    """Tokens under way, those that wait at its gate among them."""
    failures: int = 0
    """In a row."""
    rests_until: float = 0.0
    _known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def known(self, pieces: Sequence[bytes]) -> int:
        """How many of a prompt's pieces, from its beginning, were sent here."""
        return next((count for count, piece in enumerate(pieces) if piece not in self._known), len(pieces))

    def remember(self, pieces: Sequence[bytes]) -> None:
        for piece in reversed(pieces):  # as servers do: the last piece is forgotten first
            self._known[piece] = None
            self._known.move_to_end(piece)
        while len(self._known) > PIECES_KEPT:
            self._known.popitem(last=False)

    def failed(self, now: float) -> None:
        if now < self.rests_until:
            return  # it was asked before it was known to fail
        self.rests_until = now + min(LONGEST_REST, FIRST_REST * 2**self.failures)
        self.failures += 1
        self._known.clear()  # what has gone down may come back with nothing

    def answered(self) -> None:
        self.failures, self.rests_until = 0, 0.0

    @asynccontextmanager
    async def entered(self, tokens: int) -> AsyncIterator[None]:
        """Entered once there is room for so many."""
        if self.gate and tokens:
            async with self.gate.entered(tokens):
                yield
        else:
            yield

    async def recognise(self) -> None:
        """Raises `AnotherModel` where it does not serve what it did."""
        try:
            found = await served(self.http, self.url, self.served.model, timeout=LOOK_SECONDS)
        except NotServed as error:
            message = f"{error}: this run was begun with {self.served.model}, serve that again"
            raise AnotherModel(message) from error
        if found.context < self.served.context:
            message = (
                f"the model server at {self.url} holds {found.context} tokens of context now, and "
                f"{self.served.context} when it was first asked: serve it with as many again"
            )
            raise AnotherModel(message)


class Endpoints:
    """At least one."""

    def __init__(self, every: Sequence[Endpoint], clock: Callable[[], float] = time.monotonic) -> None:
        self._every = every
        self._clock = clock

    @property
    def served(self) -> Served:
        """By all of them, with the smallest context."""
        return min((endpoint.served for endpoint in self._every), key=lambda served: served.context)

    @property
    def where(self) -> str:
        return " or ".join(endpoint.url for endpoint in self._every)

    @property
    def can_count(self) -> bool:
        return all(endpoint.can_count for endpoint in self._every)

    @asynccontextmanager
    async def chosen(self, messages: Sequence[Message] = (), tokens: int = 0) -> AsyncIterator[Endpoint]:
        """The server for a call that may come to so many tokens, once they have room there.

        Raises `AnotherModel` where that one has come back with another model, and is the only one.
        """
        pieces = cut(messages)
        endpoint = self._choose(pieces)
        endpoint.load += tokens
        endpoint.remember(pieces)
        try:
            async with self._watched(endpoint), endpoint.entered(tokens):
                yield endpoint
        finally:
            endpoint.load -= tokens

    def _choose(self, pieces: Sequence[bytes]) -> Endpoint:
        now = self._clock()
        ready = [endpoint for endpoint in self._every if endpoint.rests_until <= now]
        if not ready:
            return min(self._every, key=lambda endpoint: endpoint.rests_until)
        return min(ready, key=lambda endpoint: endpoint.load - WORTH * endpoint.known(pieces) * PIECE / 4)

    @asynccontextmanager
    async def _watched(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Notes how a call ends. With several servers, one that fails is named."""
        try:
            with passing():
                async with _doubted(endpoint):
                    yield
        except (TransientFailure, AnotherModel) as error:
            endpoint.failed(self._clock())
            if len(self._every) == 1:
                raise
            kind = type(error) if isinstance(error, TransientFailure) else TransientFailure
            message = f"{endpoint.url}: {error}"
            raise kind(message) from error
        else:
            endpoint.answered()


@asynccontextmanager
async def _doubted(endpoint: Endpoint) -> AsyncIterator[None]:
    """After a failure it may be another server. One that was exchanged while nobody asked refuses what it cannot do."""
    if endpoint.failures:
        await endpoint.recognise()
    try:
        yield
    except ServerRefused:
        await endpoint.recognise()
        raise


def cut(messages: Sequence[Message]) -> list[bytes]:
    """A digest for each beginning of a prompt, by whole pieces."""
    text = "\0".join(message.content for message in messages)
    digest, digests = hashlib.blake2b(digest_size=16), []
    for end in range(PIECE, len(text) + 1, PIECE):
        digest.update(text[end - PIECE : end].encode("utf-8", "surrogatepass"))
        digests.append(digest.copy().digest())
    return digests


async def served(http: httpx.AsyncClient, url: str, model: str | None, timeout: float | None = None) -> Served:
    """The model that was asked for, or the first that is served. Raises `NotServed` where there is none."""
    response = await http.get("/v1/models", timeout=timeout or http.timeout)
    await check(response)
    with understood():
        offered = {entry["id"]: entry for entry in response.json()["data"]}
    name = model or next(iter(offered), None)
    if name is None or name not in offered:
        message = f"the model server at {url} does not serve {name!r}, but {', '.join(offered) or 'nothing'}"
        raise NotServed(message)
    entry = offered[name]
    return Served(name, entry.get("max_model_len") or ASSUMED_CONTEXT, entry.get("owned_by") == "vllm")


def check_context(what: str, context: int, needed: int) -> None:
    """Before the first call, not in the middle of a run."""
    if context < needed:
        message = (
            f"{what} holds {context} tokens of context, and this run needs {needed}: "
            "serve it with a larger --context, or ask for fewer --words"
        )
        raise ContextTooSmall(message)
