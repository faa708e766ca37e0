"""The model behind an OpenAI-compatible server, over HTTP. The one place where calls to it are retried."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import httpx
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential, wait_random

from redraft.agent.errors import ServerRefused, ServerUnavailable, UserError
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.replies import TRANSIENT, Heard, TransientFailure, body_of, check, hear, replies, understood

CONNECT_SECONDS = 5.0
"""A server that needs longer to accept a connection is not there: a run should say so at once, not after minutes."""
FIRST_TRIES = 2
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are never asked for by way of a proxy, whatever the environment says: no proxy leads to this machine."""
ASSUMED_CONTEXT = 8192
"""For servers that do not say what they serve: what every current 8B model holds."""
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
Retried = Callable[[Request, str], None]
"""Told which request is tried again, and why."""
Listens = Callable[[Request, Heard], None]
"""Told what the server has said to a request, as it came."""
Fields = Callable[[Request], Mapping[str, Any]]
"""Fields of the API that a request is sent with beside its own, or in their place; None leaves one out."""


class Served(NamedTuple):
    """What a server offers."""

    model: str
    context: int
    is_vllm: bool


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How the client bears with a failing server."""

    tries: int = 4
    wait: wait_base = field(default_factory=lambda: wait_exponential(multiplier=0.5, max=20) + wait_random(0, 1))
    silence: float = 120
    """Seconds without a byte after which a call has failed."""


T = TypeVar("T")


@asynccontextmanager
async def connect(
    url: str,
    *,
    model: str | None = None,
    api_key: SecretStr | None = None,
    patience: Patience | None = None,
    priority: int = 0,
    on_retry: Retried = lambda request, reason: None,
    fields: Fields = lambda request: {},
    on_heard: Listens | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator["HttpLLM"]:
    """A client for the server at `url`, once it has told what it serves.

    Of several clients of a server that schedules by `priority`, those with a smaller number are served first.
    Raises `ServerUnavailable` when nothing answers there, `ServerRefused` for a wrong key or a model it does not serve,
    `UserError` for an address or a key that cannot be used at all.
    """
    patience = patience or Patience()
    root = server_root(url)
    headers = {"Authorization": f"Bearer {_sendable(api_key)}"} if api_key else {}
    timeout = httpx.Timeout(patience.silence, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(
        base_url=root,
        headers=headers,
        timeout=timeout,
        transport=transport,
        trust_env=httpx.URL(root).host not in LOOPBACK,
    ) as http:
        # Whoever mistypes an address should not wait for all the tries that a run in progress is worth.
        first = replace(patience, tries=min(patience.tries, FIRST_TRIES))
        served = await _retried(first, shown(http.base_url), lambda: _served(http, model))
        yield HttpLLM(http, served, patience, priority, on_retry, fields, on_heard)


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
        http: httpx.AsyncClient,
        served: Served,
        patience: Patience,
        priority: int,
        on_retry: Retried,
        fields: Fields,
        on_heard: Listens | None,
    ) -> None:
        self.served = served
        self._http = http
        self._url = shown(http.base_url)
        self._patience = patience
        self._priority = priority
        self._on_retry = on_retry
        self._fields = fields
        self._on_heard = on_heard
        self._can_count = True
        self._refused: set[str] = set()

    @property
    def context(self) -> int:
        return self.served.context

    @property
    def counts(self) -> bool:
        """Whether the server has counted all that it was asked to; `count` makes an estimate where it does not."""
        return self._can_count

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
        if self._can_count:
            body = {"model": self.served.model, "messages": [vars(message) for message in messages]}
            answer = await _retried(self._patience, self._url, lambda: self._tokenize(body))
            if answer is not None:
                return answer
            self._can_count = False
        return sum(len(message.content.encode()) // BYTES_PER_TOKEN + 8 for message in messages)

    async def _call(self, request: Request) -> Sequence[Reply]:
        body, announce = self._body(request), partial(self._on_retry, request)
        try:
            return await _retried(self._patience, self._url, partial(self._ask, request, body), announce)
        except ServerRefused as error:
            refused = [name for name in REFUSABLE if name in body and name in str(error)]
            if not refused:
                raise
        self._refused.update(refused)
        return await self._call(request)

    async def _ask(self, request: Request, body: Mapping[str, Any]) -> Sequence[Reply]:
        began = time.monotonic()
        async with self._http.stream("POST", "/v1/chat/completions", json=body) as response:
            await check(response)
            heard = await hear(response)
        ms = round((time.monotonic() - began) * 1000)
        if self._on_heard:
            self._on_heard(request, heard)
        return replies(heard, request, ms=ms, model=self.served.model)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.served.model,
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
        if self.served.is_vllm:  # other servers may refuse a field that they do not know
            body["chat_template_kwargs"] = {"enable_thinking": request.think > 0}
            wished = {THINKING_CAP: request.think, PRIORITY: self._priority, TOKEN_IDS: self._on_heard is not None}
            body |= {name: value for name, value in wished.items() if value and name not in self._refused}
        return {name: value for name, value in {**body, **self._fields(request)}.items() if value is not None}

    async def _tokenize(self, body: dict[str, Any]) -> int | None:
        """The count, or None where the server has no such door, or one that counts something else."""
        response = await self._http.post("/tokenize", json=body)
        if response.status_code in TRANSIENT:
            await check(response)
        answer = body_of(response)
        count = answer.get("count") if response.is_success and isinstance(answer, dict) else None
        return count if isinstance(count, int) else None


@contextmanager
def _transient_failures() -> Iterator[None]:
    """Names what may pass: broken connections and silence."""
    try:
        yield
    except httpx.TimeoutException as error:
        message = f"no answer in time ({type(error).__name__})"
        raise TransientFailure(message) from error
    except httpx.TransportError as error:
        raise TransientFailure(str(error) or type(error).__name__) from error


async def _retried(
    patience: Patience, url: str, call: Callable[[], Awaitable[T]], announce: Callable[[str], None] = lambda why: None
) -> T:
    async def once() -> T:
        with _transient_failures():
            return await call()

    def before_sleep(state: RetryCallState) -> None:
        announce(str(state.outcome.exception()) if state.outcome else "")

    retrying = AsyncRetrying(
        stop=stop_after_attempt(patience.tries),
        wait=patience.wait,
        retry=retry_if_exception_type(TransientFailure),
        before_sleep=before_sleep,
        reraise=True,
    )
    try:
        return await retrying(once)
    except TransientFailure as error:
        message = f"no use of the model server at {url} after {patience.tries} tries: {error}"
        raise ServerUnavailable(message) from error


async def _served(http: httpx.AsyncClient, model: str | None) -> Served:
    """The model that was asked for, or the first that is served."""
    response = await http.get("/v1/models")
    await check(response)
    with understood():
        offered = {entry["id"]: entry for entry in response.json()["data"]}
    name = model or next(iter(offered), None)
    if name is None or name not in offered:
        message = (
            f"the model server at {shown(http.base_url)} does not serve {name!r}, but {', '.join(offered) or 'nothing'}"
        )
        raise ServerRefused(message)
    entry = offered[name]
    return Served(name, entry.get("max_model_len") or ASSUMED_CONTEXT, entry.get("owned_by") == "vllm")
