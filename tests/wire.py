"""A model server that answers what a test tells it to, in the place of the network."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from tenacity import wait_none

from redraft.agent.client import HttpLLM, connect
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.retrying import Patience

TRIES = 3
ASKED = Request(
    node="draft",
    section="2",
    messages=(Message(role="system", content="You write."), Message(role="user", content="Write.")),
    max_tokens=50,
    temperature=0.3,
)
VLLM = {"id": "small", "owned_by": "vllm", "max_model_len": 4096}

Answer = Callable[[], httpx.Response]


@dataclass
class Server:
    """Answers chat calls with `chats` in turn, the last one again and again, and counts tokens with `counts`."""

    chats: list[Answer]
    counts: Answer = lambda: httpx.Response(404)
    models: Answer = lambda: httpx.Response(200, json={"data": [VLLM]})
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/v1/models"):
            return self.models()
        if request.url.path.endswith("/tokenize"):
            return self.counts()
        return self.chats[min(len(self.asked("/v1/chat/completions")), len(self.chats)) - 1]()

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests if request.url.path == path]


def client(server: Server, url: str = "http://model:8000", **options: Any) -> AbstractAsyncContextManager[HttpLLM]:
    patience = Patience(tries=TRIES, wait=wait_none())
    return connect(url, patience=patience, transport=httpx.MockTransport(server), **options)


async def sample(server: Server, request: Request = ASKED, **options: Any) -> list[Reply]:
    async with client(server, **options) as llm:
        return [replace(reply, ms=0) for reply in await llm.sample(request)]


async def complete(server: Server, request: Request = ASKED, **options: Any) -> Reply:
    return (await sample(server, request, **options))[0]


def delta(text: str, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a stream. `more`: other fields of the delta; `index` belongs to the choice."""
    place = {"index": more.pop("index")} if "index" in more else {}
    return {"choices": [{"delta": {"content": text, **more}, "finish_reason": finish_reason, **place}]}


def stream(*chunks: object, end: str = "data: [DONE]\n\n") -> httpx.Response:
    events = "".join(f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n" for chunk in chunks)
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=(": ping\n\n" + events + end))


def good() -> httpx.Response:
    return stream(delta("Trams run."), delta("", "stop"))
