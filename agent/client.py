"""The model behind one or several OpenAI-compatible servers, over HTTP."""

import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from pydantic import SecretStr

from redraft.agent.admission import Gate, capacity, room, shared_gate
from redraft.agent.endpoints import Endpoint, Endpoints, Served, check_context, served
from redraft.agent.errors import ServerRefused, ServerUnavailable, UserError
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.replies import TRANSIENT, Heard, body_of, check, hear, replies
from redraft.agent.retrying import Failed, Mend, Patience, leave, retried

CONNECT_SECONDS = 5.0
"""A server that needs longer to accept a connection is not there: a run should say so at once, not after minutes."""
FIRST_TRIES = 2
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are never asked for by way of a proxy, whatever the environment says: no proxy leads to this machine."""
THINKING_CAP = "thinking_token_budget"
"""vLLM's field for the longest thought, in tokens. Served without `--reasoning-parser` it refuses the field by name."""
PRIORITY = "priority"
"""vLLM's field for whose turn comes first: that of the smaller number. Served without `--scheduling-policy priority` it
refuses every number but 0, as its protocol says; vLLM 0.32 takes it and makes no use of it."""
TOKEN_IDS = "return_token_ids"  # noqa: S105 - no secret, but a field's name
"""vLLM's field for the ids of all tokens, of the prompt and of the replies. Sent only where somebody listens."""
REFUSABLE = (THINKING_CAP, PRIORITY, TOKEN_IDS)
"""Fields that a call can do without where the server refuses them."""
BYTES_PER_TOKEN = 3
"""For servers that cannot count. English has 4 to 5 bytes a token, Chinese and Japanese about 3: a safe guess."""
COUNTS_KEPT = 64
"""Prompts whose tokens are remembered from their count to their call: more than are ever between the two."""
Retried = Callable[[Request, str], None]
"""Told which request is tried again, and why."""
Listens = Callable[[Request, Heard], None]
"""Told what the server has said to a request, as it came."""
Fields = Callable[[Request], Mapping[str, Any]]
"""Fields of the API that a request is sent with beside its own, or in their place; None leaves one out."""


@asynccontextmanager
async def connect(
    *urls: str,
    model: str | None = None,
    api_key: SecretStr | None = None,
    patience: Patience | None = None,
    priority: int = 0,
    concurrency: int | None = None,
    needed: int = 0,
    on_retry: Retried = lambda request, reason: None,
    fields: Fields = lambda request: {},
    on_heard: Listens | None = None,
    mend: Mend = leave,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator["HttpLLM"]:
    """A client for the servers at `urls`, once they have told what they serve: all the same.

    With `concurrency`, calls wait until the cache of their server has room for them beside those of all other clients
    in this event loop; one that does not tell its size is taken to hold so many of the longest calls of each client. Of
    several clients of a server that schedules by `priority`, those with a smaller number are served first. `mend` is
    awaited before a call is tried again. One of several servers that does not answer yet is left out until it does.

    Raises `ServerUnavailable` when nothing answers, `ServerRefused` for a wrong key or a model that one does not serve,
    `ContextTooSmall` for one that holds fewer tokens than are `needed`, `UserError` for an address or a key that cannot
    be used at all.
    """
    patience = patience or Patience()
    headers = {"Authorization": f"Bearer {_sendable(api_key)}"} if api_key else {}
    async with AsyncExitStack() as stack:
        roots = dict.fromkeys(map(server_root, urls))
        clients = [await stack.enter_async_context(_http(root, headers, patience, transport)) for root in roots]
        endpoints = await _endpoints(clients, model, patience, mend)
        for endpoint in endpoints:
            check_context(f"the model server at {endpoint.url}", endpoint.served.context, needed)
            if concurrency:
                endpoint.gate = await _gate(endpoint, concurrency)
        yield HttpLLM(Endpoints(endpoints), patience, priority, on_retry, fields, on_heard, mend)


def _http(
    root: str, headers: Mapping[str, str], patience: Patience, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=root,
        headers=headers,
        timeout=httpx.Timeout(patience.silence, connect=CONNECT_SECONDS),
        transport=transport,
        trust_env=httpx.URL(root).host not in LOOPBACK,
    )


async def _endpoints(
    clients: Sequence[httpx.AsyncClient], model: str | None, patience: Patience, mend: Mend
) -> list[Endpoint]:
    """All of them: one that does not answer is taken to serve what the others do, and to have failed."""
    # Whoever mistypes an address should not wait for all the tries that a run in progress is worth.
    first = replace(patience, tries=min(patience.tries, FIRST_TRIES))
    offers: dict[httpx.AsyncClient, Served] = {}
    failures: list[ServerUnavailable] = []
    for http in clients:
        try:
            offers[http] = await _offer(http, model, first, mend)
        except ServerRefused:
            raise
        except ServerUnavailable as error:
            failures.append(error)
        else:
            model = offers[http].model
    if not offers:
        raise failures[0]
    usual = next(iter(offers.values()))
    endpoints = [Endpoint(shown(http.base_url), http, offers.get(http, usual)) for http in clients]
    for endpoint in endpoints:
        if endpoint.http not in offers:
            endpoint.failed(time.monotonic())
    return endpoints


async def _offer(http: httpx.AsyncClient, model: str | None, patience: Patience, mend: Mend) -> Served:
    url = shown(http.base_url)
    return await retried(patience, url, lambda _: served(http, url, model), mend=mend)


async def _gate(endpoint: Endpoint, concurrency: int) -> Gate:
    known = await capacity(endpoint.http) if endpoint.served.is_vllm else None
    return shared_gate(endpoint.url, known) if known else Gate(endpoint.served.context * concurrency)


def server_root(url: str) -> str:
    """A server's address as calls begin with it. Raises `UserError` for what is none."""
    root = url.strip().rstrip("/").removesuffix("/v1")
    if re.fullmatch(r"https?://[^\s/]\S*", root):
        with suppress(httpx.InvalidURL):
            return str(httpx.URL(root))
    message = f"{url!r} is no address of a model server: give one like http://localhost:8000/v1"
    raise UserError(message)


def shown(url: httpx.URL) -> str:
    """An address without the password that may be in it."""
    return str(url.copy_with(username="", password="")).rstrip("/")


def _sendable(api_key: SecretStr) -> str:
    key = api_key.get_secret_value().strip()
    if not key or not key.isascii() or not key.isprintable():  # the error for such a header would show it
        raise UserError("the API key is empty or holds characters that cannot be sent: look at REDRAFT_LLM_API_KEY")
    return key


class HttpLLM:
    """Made by `connect`."""

    def __init__(
        self,
        endpoints: Endpoints,
        patience: Patience,
        priority: int,
        on_retry: Retried,
        fields: Fields,
        on_heard: Listens | None,
        mend: Mend,
    ) -> None:
        self._endpoints = endpoints
        self._patience = patience
        self._priority = priority
        self._on_retry = on_retry
        self._fields = fields
        self._on_heard = on_heard
        self._mend = mend
        self._counted: OrderedDict[tuple[Message, ...], int] = OrderedDict()

    @property
    def served(self) -> Served:
        return self._endpoints.served

    @property
    def context(self) -> int:
        return self.served.context

    @property
    def counts(self) -> bool:
        """Whether the server has counted all that it was asked to; `count` makes an estimate where it does not."""
        return self._endpoints.can_count

    async def sample(self, request: Request) -> Sequence[Reply]:
        """Raises `ServerRefused` for what asking again cannot mend, `ServerUnavailable` when every try failed.

        Of a server that gives fewer replies at once than are wanted, or none, the rest are asked for one by one.
        """
        got: list[Reply] = []
        if request.n > 1:
            with suppress(ServerRefused):  # what is refused for another reason is refused again below
                got.extend(await self._call(request))
        while len(got) < request.n:
            # As another attempt: with a seed, the same one would say the same again.
            got.extend(await self._call(replace(request, n=1, attempt=request.attempt + len(got))))
        return got[: request.n]

    async def count(self, messages: Sequence[Message]) -> int:
        count = await retried(self._patience, self._endpoints.where, partial(self._count, messages), mend=self._mend)
        self._counted[tuple(messages)] = count
        while len(self._counted) > COUNTS_KEPT:
            self._counted.popitem(last=False)
        return count

    async def _count(self, messages: Sequence[Message], silence: float) -> int:
        async with self._endpoints.chosen() as endpoint:
            answer = await self._tokenize(endpoint, messages) if endpoint.can_count else None
            endpoint.can_count = answer is not None
            return _estimate(messages) if answer is None else answer

    async def _call(self, request: Request) -> Sequence[Reply]:
        def announce(failed: Failed) -> None:
            self._on_retry(request, failed.reason)

        call = partial(self._once, request)
        return await retried(self._patience, self._endpoints.where, call, announce, self._mend)

    async def _once(self, request: Request, silence: float) -> Sequence[Reply]:
        prompt = self._counted.get(request.messages) or _estimate(request.messages)
        tokens = room(prompt, request.max_tokens + request.think, request.n)
        async with self._endpoints.chosen(request.messages, tokens) as endpoint:
            while True:
                body = self._body(request, endpoint)
                try:
                    return await self._ask(endpoint, request, body, silence)
                except ServerRefused as error:
                    refused = [name for name in REFUSABLE if name in body and name in str(error)]
                    if not refused:
                        raise
                endpoint.refused.update(refused)

    async def _ask(
        self, endpoint: Endpoint, request: Request, body: Mapping[str, Any], silence: float
    ) -> Sequence[Reply]:
        began = time.monotonic()
        timeout = httpx.Timeout(silence, connect=CONNECT_SECONDS)
        async with endpoint.http.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as response:
            await check(response)
            heard = await hear(response)
        ms = round((time.monotonic() - began) * 1000)
        if self._on_heard:
            self._on_heard(request, heard)
        told = replies(heard, request, ms=ms, model=endpoint.served.model)
        endpoint.thinks |= not request.think and any(reply.reasoning for reply in told)
        return told

    def _body(self, request: Request, endpoint: Endpoint) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": endpoint.served.model,
            "messages": [vars(message) for message in request.messages],
            "max_tokens": request.max_tokens + request.think,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.schema is not None:
            schema = {"name": request.node, "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if request.n > 1:
            body["n"] = request.n
        if request.stop:
            body["stop"] = request.stop
        if endpoint.served.is_vllm:  # other servers may refuse a field that they do not know
            body["chat_template_kwargs"] = {"enable_thinking": request.think > 0}
            # Some templates know no switch: a model that has thought all the same is allowed no token of it.
            cap = request.think if request.think or endpoint.thinks else None
            wished = {THINKING_CAP: cap, PRIORITY: self._priority or None, TOKEN_IDS: bool(self._on_heard) or None}
            body |= {
                name: value for name, value in wished.items() if value is not None and name not in endpoint.refused
            }
        return {name: value for name, value in {**body, **self._fields(request)}.items() if value is not None}

    async def _tokenize(self, endpoint: Endpoint, messages: Sequence[Message]) -> int | None:
        """The count, or None where the server has no such door, or one that counts something else."""
        body: dict[str, Any] = {"model": endpoint.served.model, "messages": [vars(message) for message in messages]}
        if endpoint.served.is_vllm:  # for Qwen3, an empty thought in the prompt: the longer of the two
            body["chat_template_kwargs"] = {"enable_thinking": False}
        response = await endpoint.http.post("/tokenize", json=body)
        if response.status_code in TRANSIENT:
            await check(response)
        answer = body_of(response)
        count = answer.get("count") if response.is_success and isinstance(answer, dict) else None
        return count if isinstance(count, int) else None


def _estimate(messages: Sequence[Message]) -> int:
    return sum(len(message.content.encode()) // BYTES_PER_TOKEN + 8 for message in messages)
