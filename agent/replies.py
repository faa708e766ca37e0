"""What a model server sends back, read: replies streamed or whole, refusals in its own words."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
from httpx_sse import EventSource

from redraft.agent.errors import ServerRefused

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be better a moment later. Any other refusal is final."""


class TransientFailure(Exception):
    """The server failed in a way that may pass. Never leaves the client."""


class Heard(NamedTuple):
    text: str
    finish_reason: str
    usage: dict[str, Any]


_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_THOUGHT_WITHOUT_BEGINNING = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)
_TEMPLATE_TOKEN = re.compile(r"<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|\[/?INST\]")


def spoken(text: str) -> str:
    """A reply without the model's thinking and without tokens of the chat template."""
    aloud = _THOUGHT_WITHOUT_BEGINNING.sub("", _THOUGHT.sub("", text))
    return _TEMPLATE_TOKEN.sub("", aloud).strip()


async def hear(response: httpx.Response) -> Heard:
    """The whole reply, streamed or, from servers that do not stream, in one piece.

    Raises `TransientFailure` for one that is no chat completion, or that broke off.
    """
    if "text/event-stream" not in response.headers.get("content-type", ""):
        await response.aread()
        with understood():
            return _assemble([response.json()], part="message")
    with understood():
        events = [event.data async for event in EventSource(response).aiter_sse()]
        return _assemble([json.loads(data) for data in events if data != "[DONE]"], part="delta")


async def check(response: httpx.Response) -> None:
    """Raises `TransientFailure` or `ServerRefused` for an answer that is no success."""
    if response.is_success:
        return
    await response.aread()
    said = f"HTTP {response.status_code}: {_without_key(_reason(body_of(response)), response.request)}"
    if response.status_code in TRANSIENT:
        raise TransientFailure(said)
    hint = " (set REDRAFT_LLM_API_KEY)" if response.status_code in (401, 403) else ""
    message = f"the model server at {response.url.host} refused a call: {said}{hint}"
    raise ServerRefused(message)


@contextmanager
def understood() -> Iterator[None]:
    """Around the reading of an answer that may not be what the protocol promises."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"the reply is no chat completion ({type(error).__name__})"
        raise TransientFailure(message) from error


def _assemble(chunks: Sequence[dict[str, Any]], *, part: str) -> Heard:
    text: list[str] = []
    reason: str | None = None
    usage: dict[str, Any] = {}
    for chunk in chunks:
        if chunk.get("error"):
            message = f"the server broke off: {_reason(chunk)}"
            raise TransientFailure(message)
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or []:
            text.append((choice.get(part) or {}).get("content") or "")
            reason = choice.get("finish_reason") or reason
    if reason is None:
        raise TransientFailure("the reply broke off in the middle")
    return Heard("".join(text), reason, usage)


def _without_key(said: str, request: httpx.Request) -> str:
    """Some servers repeat the key that they refuse."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return said.replace(key, "…") if key else said


def body_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text


def _reason(body: Any) -> str:
    """The server's own words, on one line and not too long."""
    error = body.get("error", body) if isinstance(body, dict) else body
    said = error.get("message", error) if isinstance(error, dict) else error
    return " ".join(str(said).split())[:300] or "no reason given"
