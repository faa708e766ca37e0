"""What a model server sends back, read: replies streamed or whole, refusals in its own words."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import httpx
from httpx_sse import EventSource

from redraft.agent.errors import ServerRefused
from redraft.agent.llm import Reply, Request

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be better a moment later. Any other refusal is final."""


class TransientFailure(Exception):
    """The server failed in a way that may pass. Never leaves the client."""


class Silence(TransientFailure):
    """It took the call, and for too long sent nothing."""


class Choice(NamedTuple):
    """One of the replies to a request, as the server sent it."""

    text: str
    reasoning: str
    """What the server itself has told apart as thought."""
    finish_reason: str
    token_ids: Sequence[int] = ()
    """Empty where the server does not tell."""


class Heard(NamedTuple):
    choices: Sequence[Choice]
    """By their index; at least one."""
    usage: dict[str, Any]
    prompt_token_ids: Sequence[int] = ()
    """Empty where the server does not tell."""


# How models mark that they think: Qwen, DeepSeek, MiniCPM (and Seed and MiniMax, with a prefix); Mistral; Kimi;
# Command A and the open copies of R1; GPT-OSS, whose thought ends where its next message begins.
_MARKS = (
    (r"<(?:\w{1,8}:)?think(?:ing)?>", r"</(?:\w{1,8}:)?think(?:ing)?>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    ("◁think▷", "◁/think▷"),
    (r"<\|(?:begin_of_thought|START_THINKING)\|>", r"<\|(?:end_of_thought|END_THINKING)\|>"),
    (r"<\|channel\|>(?:analysis|commentary)[^<]{0,80}<\|message\|>", r"(?:<\|end\|>|(?=<\|channel\|>final))"),
)
_THOUGHT = re.compile("|".join(rf"{begin}(.*?)(?:{end}|\Z)" for begin, end in _MARKS), re.DOTALL)
_ENDS = "|".join(end for _, end in _MARKS[:-1])
_THOUGHT_WITHOUT_BEGINNING = re.compile(rf"\A(.*)(?:{_ENDS})", re.DOTALL)
_TEMPLATE_TOKEN = re.compile(
    r"(?:<\|start\|>assistant)?<\|channel\|>final[^<]{0,80}<\|message\|>"
    r"|<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|\[/?INST\]"
)


class Spoken(NamedTuple):
    text: str
    reasoning: str


def spoken(text: str) -> Spoken:
    """A reply without tokens of the chat template, its thinking apart. What follows an unfinished thought is thought.

    For any text, what is left as text holds no mark of thinking that has a beginning or an end.
    """
    thoughts: list[str] = []

    def take(match: re.Match[str]) -> str:
        thoughts.append("".join(filter(None, match.groups())).strip())
        return ""

    before = None
    while text != before:  # what was taken out may have stood inside of another mark: until nothing changes
        before = text
        for pattern in (_THOUGHT, _THOUGHT_WITHOUT_BEGINNING):
            text = pattern.sub(take, text)
        text = _TEMPLATE_TOKEN.sub("", text)
    return Spoken(text.strip(), "\n\n".join(filter(None, thoughts)))


async def hear(response: httpx.Response) -> Heard:
    """The whole reply, streamed or, from servers that do not stream, in one piece.

    Raises `TransientFailure` for one that is no chat completion, or that broke off, and `ServerRefused` where a stream
    ends with a refusal.
    """
    if "text/event-stream" not in response.headers.get("content-type", ""):
        await response.aread()
        with understood():
            return _assemble([response.json()], part="message")
    with understood():
        events = [event.data async for event in EventSource(response).aiter_sse()]
        return _assemble([json.loads(data) for data in events if data != "[DONE]"], part="delta")


def replies(heard: Heard, request: Request, *, ms: int, model: str) -> list[Reply]:
    """The replies as the program knows them.

    What they took together stands with the first. The output is shared out by length, as servers tell only its sum.
    """
    details = heard.usage.get("prompt_tokens_details") or {}
    # One more for each, as the end of a reply is a token too.
    lengths = [len(choice.text) + len(choice.reasoning) + 1 for choice in heard.choices]
    shares = _shares(heard.usage.get("completion_tokens") or 0, lengths)
    said = (_told_apart(choice, request) for choice in heard.choices)
    first, *others = (
        Reply(text=text, reasoning=reasoning, finish_reason=choice.finish_reason, output_tokens=share, model=model)
        for choice, (text, reasoning), share in zip(heard.choices, said, shares, strict=True)
    )
    prompt, cached = heard.usage.get("prompt_tokens") or 0, details.get("cached_tokens") or 0
    return [replace(first, prompt_tokens=prompt, cached_tokens=cached, ms=ms), *others]


def _told_apart(choice: Choice, request: Request) -> Spoken:
    text, thought = spoken(choice.text)
    reasoning = "\n\n".join(filter(None, (choice.reasoning.strip(), thought)))
    if request.think and choice.finish_reason == "length" and not reasoning:
        # Many templates open the thought themselves: of one that never ended there is no mark at all.
        return Spoken("", text)
    return Spoken(text, reasoning)


def _shares(total: int, sizes: Sequence[int]) -> list[int]:
    """Parts of `total` that add up to it, as large beside each other as the sizes are."""
    reached = [round(total * size / sum(sizes)) for size in accumulate(sizes)]
    return [end - start for start, end in pairwise([0, *reached])]


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


@dataclass
class _Pieces:
    """What has come of one choice."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    token_ids: list[int] = field(default_factory=list)
    finish_reason: str | None = None

    def add(self, choice: dict[str, Any], said: dict[str, Any]) -> None:
        self.text.append(said.get("content") or "")
        # vLLM's name today, and the one that it had before and that others have kept.
        self.reasoning.append(said.get("reasoning") or said.get("reasoning_content") or "")
        self.token_ids.extend(choice.get("token_ids") or [])
        self.finish_reason = choice.get("finish_reason") or self.finish_reason

    def whole(self) -> Choice:
        if self.finish_reason is None:
            raise TransientFailure("the reply broke off in the middle")
        return Choice("".join(self.text), "".join(self.reasoning), self.finish_reason, self.token_ids)


def _assemble(chunks: Sequence[dict[str, Any]], *, part: str) -> Heard:
    pieces: defaultdict[int, _Pieces] = defaultdict(_Pieces)
    usage: dict[str, Any] = {}
    prompt: list[int] = []
    for chunk in chunks:
        if chunk.get("error"):
            raise _broken_off(chunk)
        usage = chunk.get("usage") or usage
        prompt = chunk.get("prompt_token_ids") or prompt
        for place, choice in enumerate(chunk.get("choices") or []):
            pieces[choice.get("index", place)].add(choice, choice.get(part) or {})
    choices = [pieces[index].whole() for index in sorted(pieces)]
    if not choices:
        raise TransientFailure("the reply broke off in the middle")
    return Heard(choices, usage, prompt)


def _broken_off(chunk: dict[str, Any]) -> Exception:
    """What a stream says instead of going on. vLLM refuses some requests only once it has begun to answer."""
    code = chunk["error"].get("code") if isinstance(chunk["error"], dict) else None
    refused = isinstance(code, int) and 400 <= code < 500 and code not in TRANSIENT
    return (ServerRefused if refused else TransientFailure)(f"the server broke off: {_reason(chunk)}")


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
