"""A judge: a model that is asked one thing at a time, by a form, and never the same thing twice."""

import asyncio
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

import httpx
from pydantic import BaseModel, SecretStr

from redraft.agent.asking import Problem, Read, form
from redraft.agent.client import HttpLLM, connect
from redraft.agent.errors import ContextTooSmall, ServerRefused
from redraft.agent.llm import LLM, Message, Reply, Request, ScriptedLLM
from redraft.agent.retrying import Patience
from redraft.evals.judging.cache import Cache
from redraft.prompts import render, version

TRIES = 4
"""A question is asked once, and up to three times anew where the reply cannot be used."""
PROMPTS = ("race", "clean", "extract", "deduplicate", "validate", "pairwise", "preference", "pointwise", "rubric")
_ABOUT_FORMS = re.compile("response_format|json_schema|schema|guided|structured", re.IGNORECASE)

Form = TypeVar("Form", bound=BaseModel)
Check = Callable[[Form], Sequence[Problem]]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Which model judges, and how it is asked."""

    model: str
    url: str = ""
    """Of a server with the OpenAI API."""
    api_key: SecretStr | None = None
    temperature: float | None = 0
    """None sends none: some reasoning models refuse it."""
    seed: int | None = 0
    """Of the first call; fresh ones and repeats take the numbers after it. None sends none."""
    max_tokens: int = 8192
    """Of a reply. RACE's has 3,000 to 5,000 tokens."""
    limit: str = "max_tokens"
    """What the server calls that; `max_completion_tokens` for OpenAI's reasoning models."""
    reasoning_effort: str | None = None
    think: int = 0
    """Tokens of thought on top of `max_tokens`, for vLLM."""
    concurrency: int = 8

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that a reply depends on, beside the question."""
        asked = ("model", "temperature", "seed", "max_tokens", "reasoning_effort", "think")
        return {name: getattr(self, name) for name in asked}

    def fields(self, request: Request) -> dict[str, Any]:
        """What its requests are sent with. See `redraft.agent.client.Fields`."""
        return {
            "temperature": self.temperature,
            "seed": None if self.seed is None else self.seed + request.attempt,
            "reasoning_effort": self.reasoning_effort,
            "max_tokens": None,
            self.limit: self.max_tokens + self.think,
        }


@dataclass(frozen=True)
class Judgement(Generic[Form]):
    """The answer to one question."""

    value: Form | None
    problem: str
    """Why there is no value; empty where there is one."""
    replies: tuple[Reply, ...] = ()
    """All that the judge said to it, oldest first: raw texts, tokens, milliseconds."""


class Try(NamedTuple, Generic[Form]):
    """One reply and what was read from it."""

    reply: Reply
    value: Form | None
    problem: str


class Judge:
    """Asks `llm`, `profile.concurrency` questions at a time, and keeps each reply before anyone sees it."""

    def __init__(self, llm: LLM, profile: Profile, cache: Cache) -> None:
        self.profile = profile
        self._llm = llm
        self._cache = cache
        self._turn = asyncio.Semaphore(profile.concurrency)
        self._under_way: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._takes_schemas = True

    async def ask(
        self,
        prompt: str,
        values: Mapping[str, Any],
        model: type[Form],
        check: Check[Form] = lambda value: (),
        *,
        repeat: int = 0,
    ) -> Judgement[Form]:
        """What the judge puts into a form, after at most `TRIES` calls. `repeat` tells equal questions apart.

        A judgement without a value says why: the form was never kept to, the reply was cut off, or the server refused
        the question, as it does one that is too long. Raises `ServerUnavailable` where the server fails altogether:
        whoever goes on later asks for nothing that is answered.
        """
        request = self._request(prompt, values, model.model_json_schema(), repeat)
        tries: list[Try[Form]] = []
        async with self._under_way[self._key(request, repeat)]:
            for attempt in range(TRIES):
                try:
                    tries.append(await self._tried(request, form(model, check), repeat, attempt))
                except ServerRefused as error:
                    return Judgement(None, str(error), tuple(one.reply for one in tries))
                if tries[-1].value is not None:
                    break
        return Judgement(tries[-1].value, tries[-1].problem, tuple(one.reply for one in tries))

    async def say(self, prompt: str, values: Mapping[str, Any], *, repeat: int = 0, attempt: int = 0) -> Reply:
        """One reply of prose, whatever it is: cut off ones have `length` for a `finish_reason`.

        Raises `ServerRefused` and `ServerUnavailable`.
        """
        request = self._request(prompt, values, None, repeat)
        async with self._under_way[self._key(request, repeat)]:
            return (await self._tried(request, _as_it_is, repeat, attempt)).reply

    def _request(self, prompt: str, values: Mapping[str, Any], schema: dict[str, Any] | None, repeat: int) -> Request:
        return Request(
            node=prompt,
            messages=(Message(role="user", content=render(f"judging/{prompt}", **values)),),
            max_tokens=self.profile.max_tokens,
            temperature=self.profile.temperature or 0,
            schema=schema,
            think=self.profile.think,
            attempt=repeat * TRIES,
        )

    def _key(self, request: Request, repeat: int) -> str:
        asked = {
            "parameters": self.profile.parameters,
            "prompt": [request.node, version(f"judging/{request.node}")],
            "messages": [vars(message) for message in request.messages],
            "schema": request.schema,
            "repeat": repeat,
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    async def _tried(self, request: Request, read: Read[Form], repeat: int, attempt: int) -> Try[Form]:
        """A reply that is kept is read anew: what may be used is decided by the program, not by its past."""
        key = self._key(request, repeat)
        kept = self._cache.get(key, attempt)
        if kept:
            return read_as(kept, read)
        reply = await self._asked(replace(request, attempt=request.attempt + attempt))
        new = read_as(reply, read)
        value = new.value.model_dump_json() if new.value else None
        stands = self._cache.put(key, attempt, request.node, reply, value=value, problem=new.problem)
        return read_as(stands, read)

    async def _asked(self, request: Request) -> Reply:
        sent = request if self._takes_schemas else replace(request, schema=None)
        try:
            async with self._turn:
                return (await self._llm.sample(sent))[0]
        except ServerRefused as error:
            if sent.schema is None or not _ABOUT_FORMS.search(str(error)):
                raise
        self._takes_schemas = False  # the prompt says the form as well, and the reply is checked anyhow
        return await self._asked(request)


def read_as(reply: Reply, read: Read[Form]) -> Try[Form]:
    """What was cut off cannot be used, however well it reads."""
    if reply.finish_reason == "length":
        return Try(reply, None, f"cut off after {reply.output_tokens} tokens")
    value, problems = read(reply)
    usable = value is not None and not problems
    return Try(reply, value if usable else None, " ".join(problem.text for problem in problems))


def _as_it_is(reply: Reply) -> tuple[None, Sequence[Problem]]:
    return None, ()


@asynccontextmanager
async def judge_at(
    profile: Profile,
    cache: Cache,
    *,
    patience: Patience | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Judge]:
    """The judge behind `profile.url`. Raises as `redraft.agent.client.connect` does, and `ContextTooSmall` for a server
    that says that it cannot hold more than the longest reply."""
    async with connected(profile, patience=patience, transport=transport) as llm:
        longest = profile.max_tokens + profile.think
        if llm.served.is_vllm and llm.context <= longest:  # other servers do not say what they hold
            message = (
                f"the judge holds {llm.context} tokens, and a reply may take {longest}: lower --max-tokens, or serve "
                "the model with a longer context"
            )
            raise ContextTooSmall(message)
        yield Judge(llm, replace(profile, model=llm.served.model), cache)


def connected(
    profile: Profile, *, patience: Patience | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> AbstractAsyncContextManager[HttpLLM]:
    """The server of the judge; without a model's name, its first one."""
    return connect(
        profile.url,
        model=profile.model or None,
        api_key=profile.api_key,
        patience=patience,
        fields=profile.fields,
        transport=transport,
    )


class FakeJudge(Judge):
    """Answers by a function of the request: for tests, and to see what a protocol would ask."""

    def __init__(self, answer: Callable[[Request], str], cache: Cache, **profile: Any) -> None:
        self._scripted = ScriptedLLM(dict.fromkeys(PROMPTS, answer))
        super().__init__(self._scripted, Profile(model="fake", **profile), cache)

    @property
    def requests(self) -> Sequence[Request]:
        """What it was asked, in order; nothing that was answered from the cache."""
        return self._scripted.requests
