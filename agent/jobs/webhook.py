"""Webhooks: a parcel goes as JSON, signed as Standard Webhooks has it (standardwebhooks.com, version 1.0.0)."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from redraft.agent.client import LOOPBACK
from redraft.agent.errors import UserError
from redraft.agent.jobs import references
from redraft.agent.jobs.channels import DeliveryFailed, Webhook
from redraft.agent.jobs.parcel import Parcel
from redraft.tools.fetch.fetcher import user_agent
from redraft.tools.retry_after import retry_after

PATIENCE = 30.0
"""Seconds for the whole exchange; Standard Webhooks recommends 15 to 30."""
LONGEST_REST = 86_400.0
"""Seconds. A receiver that asks for more than a day errs."""
ENCODED = "whsec_"
"""A secret that begins so is base64 behind it; any other is taken as it is, in UTF-8."""
KINDS = {"report": "report.ready", "notice": "job.notice"}
_DATA = {"job", "question", "title", "run_id", "due_at", "text", "markdown", "files"}
_MAY_PASS = frozenset({408, 425, 429})


def check_url(url: str) -> None:
    """Raises `UserError` for what is neither a web address nor a reference to one: such addresses may be secret."""
    if not references.is_reference(url):
        _parsed(url)


async def post(
    channel: Webhook,
    parcel: Parcel,
    *,
    environment: Mapping[str, str] = os.environ,
    http: httpx.AsyncClient | None = None,
    clock: Callable[[], float] = time.time,
    patience: float = PATIENCE,
) -> None:
    """Returns when the receiver has answered that it took the parcel. The body of its answer is not read.

    `webhook-id`, `Idempotency-Key` and the body are the same for every try. Redirects are not followed: what is signed
    is for one receiver. Raises `UserError` for an address or a secret that cannot be used, and `DeliveryFailed`, which
    names the host alone.
    """
    url = await _address(channel.url, environment)
    secret = await _resolved(channel.secret, environment) if channel.secret else None
    body = payload(parcel)
    # Headers are ASCII, and a job's name, which is part of the key, need not be.
    headers = _headers(quote(parcel.key, safe=""), round(clock()), body, secret)
    async with _client(http, url, patience) as client:
        with _named_failures(url.host, patience):
            async with (
                asyncio.timeout(patience),
                client.stream("POST", url, content=body, headers=headers, follow_redirects=False) as response,
            ):
                _check_answer(url.host, response)


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; `timestamp` is the tick, so that it is the same at each try."""
    data = parcel.model_dump(mode="json", include=_DATA)
    event = {"type": KINDS[parcel.kind], "timestamp": data["due_at"], "data": data}
    return json.dumps(event, ensure_ascii=False).encode()


def signature(secret: SecretStr, key: str, timestamp: int, body: bytes) -> str:
    """The HMAC-SHA256 of `key.timestamp.body`. Raises `UserError` for a secret that begins with `whsec_` and is no
    base64 behind it."""
    signed = f"{key}.{timestamp}.".encode() + body
    digest = hmac.new(_bytes(secret.get_secret_value()), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _bytes(secret: str) -> bytes:
    if not secret.startswith(ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(ENCODED), validate=True)
    except ValueError:
        message = f"a webhook's secret begins with {ENCODED} and is no base64 behind it"
        raise UserError(message) from None


async def _address(given: str, environment: Mapping[str, str]) -> httpx.URL:
    if not references.is_reference(given):
        return _parsed(given)
    return _parsed((await _resolved(given, environment)).get_secret_value())


async def _resolved(reference: str, environment: Mapping[str, str]) -> SecretStr:
    return await asyncio.to_thread(references.resolve, reference, environment)  # a keyring may wait for its user


def _parsed(url: str) -> httpx.URL:
    """No message repeats the address: what makes it unusable may be a password in it."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise UserError("a webhook needs an address like https://example.org/hook") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UserError("a webhook needs an address like https://example.org/hook")
    if parsed.userinfo:
        raise UserError("a webhook's address holds no password: sign what is sent, with a reference to the secret")
    return parsed


def _headers(key: str, timestamp: int, body: bytes, secret: SecretStr | None) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": user_agent(version("redraft")),
        "Idempotency-Key": key,
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
    }
    return headers if secret is None else {**headers, "webhook-signature": signature(secret, key, timestamp, body)}


@asynccontextmanager
async def _client(given: httpx.AsyncClient | None, url: httpx.URL, patience: float) -> AsyncIterator[httpx.AsyncClient]:
    if given is not None:
        yield given
        return
    async with httpx.AsyncClient(timeout=patience, trust_env=url.host not in LOOPBACK) as client:
        yield client


@contextmanager
def _named_failures(host: str, patience: float) -> Iterator[None]:
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as error:
        message = f"{host} does not answer within {patience:g} seconds"
        raise DeliveryFailed(message) from error
    except httpx.TransportError as error:
        message = f"no connection to {host}: {str(error) or type(error).__name__}"
        raise DeliveryFailed(message) from error


def _check_answer(host: str, response: httpx.Response) -> None:
    """Nothing but the status is told: a body may repeat an address that is secret."""
    if response.is_success:
        return
    status = response.status_code
    if status not in _MAY_PASS and not response.is_server_error:
        moved = ", and redirects are not followed" if response.has_redirect_location else ""
        message = f"{host} answers with HTTP {status}{moved}"
        raise DeliveryFailed(message, for_good=True)
    rest = retry_after(response.headers)
    message = f"{host} answers with HTTP {status}"
    raise DeliveryFailed(message, retry_after=rest if rest is None else min(rest, LONGEST_REST))
