"""Every provider, with replies of its documented form in the place of the network."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr

from redraft.tools.search.registry import PROVIDERS, Access, providers
from redraft.tools.search.types import Provider

REPLIES = Path(__file__).parent / "replies"
OVER_HTTP = tuple(name for name in PROVIDERS if name != "ddgs")
IN_XML = ("arxiv", "pubmed")
SECRET = "s3cr3t-t0k3n"
KEYS = {name: SecretStr(SECRET) for name in PROVIDERS}
Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Web:
    """Answers requests with `answers` in turn, the last one again and again."""

    answers: Sequence[Answer]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1](request)


def recorded(name: str) -> Answer:
    """What the provider answers to a search that finds something."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_xml = name == "arxiv" or request.url.path.endswith("efetch.fcgi")
        return httpx.Response(200, content=(REPLIES / f"{name}.{'xml' if is_xml else 'json'}").read_bytes())

    return answer


def said(status: int, body: str | bytes = "", **headers: str) -> Answer:
    return lambda request: httpx.Response(
        status, content=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def broken(error: Exception) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@asynccontextmanager
async def served(name: str, *answers: Answer, contact: str | None = None) -> AsyncIterator[tuple[Provider, Web]]:
    """The provider with a key, and the web that it asks."""
    web = Web(answers)
    async with httpx.AsyncClient(transport=httpx.MockTransport(web)) as client:
        access = Access(client, searxng_url="http://user:s3cr3t-t0k3n@searx.example/", contact=contact, keys=KEYS)
        yield providers([name], access)[0], web
