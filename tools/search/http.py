"""One request to a provider: a reply of the documented form, or `SearchFailed`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from redraft.tools.errors import SearchFailed, SearchFault
from redraft.tools.retry_after import retry_after

MAX_BYTES = 5_000_000
"""Of a reply, decoded. A starting point, not measured: a hundred hits with abstracts of 2 kB are 200 kB."""
REFUSALS = frozenset({401, 402, 403, 432, 433})
"""402 is Exa's, 432 and 433 are Tavily's answer when the credit is used up."""
LONGEST_REST = 86_400.0
"""Seconds. The longest quota of any provider is a day; a server that asks for more errs."""
REFUSED = "it refuses to answer"

Reply = TypeVar("Reply", bound=BaseModel)


def key_variable(provider: str) -> str:
    """Where a user puts the provider's key."""
    return f"REDRAFT_{provider.upper()}_API_KEY"


def key_refused(provider: str, key: SecretStr | None) -> str:
    """What helps against a 403 of a provider that takes a key."""
    if key is None:
        return f"{REFUSED} without a key: {key_variable(provider)} takes one"
    return f"it refuses the key: look at {key_variable(provider)}, and whether its plan has searches left"


async def fetch(
    client: httpx.AsyncClient, provider: str, method: str, url: str, *, refused: str = REFUSED, **options: Any
) -> bytes:
    """The body of the reply. `options` are those of `httpx.AsyncClient.request`; `refused` says what helps against 403.

    Secrets belong into headers or the body: httpx logs addresses.
    """
    with _named_failures(provider, url):
        async with client.stream(method, url, **options) as response:
            if response.status_code != httpx.codes.OK:
                _fail(response, provider, refused)
            return await _body(response, provider)


def parsed(kind: type[Reply], provider: str, body: bytes) -> Reply:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"an answer of an unknown form: {first['msg']}" + (f" at {where}" if where else "")
        raise SearchFailed(provider, "bad_answer", message) from None  # the original quotes the answer


@contextmanager
def _named_failures(provider: str, url: str) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise SearchFailed(provider, "timeout", "no answer in time") from error
    except (httpx.DecodingError, httpx.TooManyRedirects) as error:
        raise SearchFailed(provider, "bad_answer", str(error)) from error
    except httpx.TransportError as error:
        message = f"no connection to {httpx.URL(url).host}: {str(error) or type(error).__name__}"
        raise SearchFailed(provider, "unreachable", message) from error


async def _body(response: httpx.Response, provider: str) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            message = f"an answer of more than {MAX_BYTES // 1_000_000} MB"
            raise SearchFailed(provider, "bad_answer", message)
    return bytes(body)


def _fail(response: httpx.Response, provider: str, refused: str) -> NoReturn:
    status, rest = response.status_code, retry_after(response.headers)
    rest = rest if rest is None else min(rest, LONGEST_REST)
    # RFC 9110 §10.2.3: with 503 the header says how long the service will be away. arXiv throttles so.
    if status == httpx.codes.TOO_MANY_REQUESTS or (status == httpx.codes.SERVICE_UNAVAILABLE and rest is not None):
        raise SearchFailed(provider, "rate_limited", f"asked too often (HTTP {status})", rest)
    if status in REFUSALS:
        raise SearchFailed(provider, "forbidden", f"{refused} (HTTP {status})")
    reason: SearchFault = "server_error" if response.is_server_error else "bad_answer"
    raise SearchFailed(provider, reason, f"it answers with HTTP {status}")
