"""What a run needs of a language model, and a scripted one for tests and trials."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class Message:
    role: Literal["system", "user"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question to the model."""

    node: str
    """The step of the run that asks."""
    section: int | None = None
    """The number of the section it asks for."""
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    schema: dict[str, Any] | None = None
    """A JSON schema that the reply must follow; None for prose."""
    attempt: int = 0
    """0 for the first try, then 1, 2… for replies that were sent back."""

    @property
    def key(self) -> str:
        """What is asked, as a SHA-256: equal requests have equal keys, in every process."""
        asked = {name: value for name, value in vars(self).items() if name != "messages"}
        asked["messages"] = [vars(message) for message in self.messages]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the model said, cleaned of thinking and template tokens, and what it took."""

    text: str
    finish_reason: str
    """`stop` when the model ended by itself, `length` when it was cut off."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt's tokens, those the server still knew."""
    output_tokens: int = 0
    ms: int = 0
    model: str = ""


class Capacity(Protocol):
    """What fits into a model."""

    @property
    def context(self) -> int:
        """Tokens that prompt and reply may have together."""

    async def count(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt that these messages become."""


class LLM(Capacity, Protocol):
    async def complete(self, request: Request) -> Reply:
        """The reply to one request. Raises `ServerUnavailable` when none is to be had."""


Script = Mapping[str, Callable[[Request], str] | Sequence[str]]


@dataclass
class ScriptedLLM:
    """Answers from a script: for each node a function of the request, or texts that are given out in turn.

    A node without a script, or whose texts have run out, raises `LookupError`: a test that asks more than it planned
    for should fail. Tokens are counted as words.
    """

    script: Script
    context: int = 8192
    requests: list[Request] = field(default_factory=list)
    """Everything that was asked, in order."""

    async def complete(self, request: Request) -> Reply:
        self.requests.append(request)
        text = self._next(request)
        asked = await self.count(request.messages)
        cut = text.split()[: request.max_tokens]
        reason = "stop" if len(cut) == len(text.split()) else "length"
        return Reply(
            text=text if reason == "stop" else " ".join(cut),
            finish_reason=reason,
            prompt_tokens=asked,
            output_tokens=len(cut),
            model="scripted",
        )

    async def count(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def _next(self, request: Request) -> str:
        script = self.script.get(request.node, ())
        if callable(script):
            return script(request)
        turn = sum(earlier.node == request.node for earlier in self.requests) - 1
        if turn >= len(script):
            message = f"the script has no reply number {turn + 1} for {request.node!r}"
            raise LookupError(message)
        return script[turn]
