"""What a run needs of a language model, and a scripted one for tests and trials."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    section: str | None = None
    """The number of the section it asks for."""
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    schema: dict[str, Any] | None = None
    """A JSON schema that the reply must follow; None for prose."""
    stop: tuple[str, ...] = ()
    """Strings before which the reply ends; they are not part of it."""
    think: int = 0
    """Tokens that a thinking model may think in, on top of `max_tokens`; 0 asks it not to. Steps that fill in a form
    leave it at 0: they are many and small, and a form is kept to from the first token on."""
    n: int = 1
    """How many replies are wanted. They share one prompt, and the server's work on it."""
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
    """What the model said, cleaned of thinking and template tokens, and what it took.

    Of several replies to one request the first has what they took together: the prompt's tokens and the time.
    """

    text: str
    reasoning: str = ""
    """What it thought before it spoke: never part of a text. A reply of thought alone has an empty text."""
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
    async def sample(self, request: Request) -> Sequence[Reply]:
        """The `request.n` replies to one request. Raises `ServerUnavailable` when they are not to be had."""


Script = Mapping[str, Callable[[Request], str | Sequence[str]] | Sequence[str]]


@dataclass
class ScriptedLLM:
    """Answers from a script: for each node a function of the request, or texts that are given out in turn.

    A function may give one text for all replies to a request, or a list with one for each. A node without a script, or
    whose texts have run out, raises `LookupError`: a test that asks more than it planned for should fail. Tokens are
    counted as words.
    """

    script: Script
    context: int = 8192
    requests: list[Request] = field(default_factory=list)
    """Everything that was asked, in order."""

    async def sample(self, request: Request) -> Sequence[Reply]:
        self.requests.append(request)
        replies = [_scripted(text, request.max_tokens) for text in self._next(request)]
        return [replace(replies[0], prompt_tokens=await self.count(request.messages)), *replies[1:]]

    async def count(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def _next(self, request: Request) -> Sequence[str]:
        script = self.script.get(request.node, ())
        if callable(script):
            said = script(request)
            return [said] * request.n if isinstance(said, str) else said
        turn = sum(earlier.n for earlier in self.requests[:-1] if earlier.node == request.node)
        texts = script[turn : turn + request.n]
        if len(texts) < request.n:
            message = f"the script has no reply number {turn + len(texts) + 1} for {request.node!r}"
            raise LookupError(message)
        return texts


def _scripted(text: str, max_tokens: int) -> Reply:
    words = text.split()
    cut_off = len(words) > max_tokens
    return Reply(
        text=" ".join(words[:max_tokens]) if cut_off else text,
        finish_reason="length" if cut_off else "stop",
        output_tokens=min(len(words), max_tokens),
        model="scripted",
    )
