"""Asking the model, checking what it says, and sending it back with the reasons: within a budget, then giving up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from redraft.agent.dialects import Dialect
from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import CallLeftOut, ReplyRefused
from redraft.agent.llm import Message, Reply, Request
from redraft.agent.prompting import fitting
from redraft.agent.state import Deps
from redraft.store.models import Call

T = TypeVar("T")
Form = TypeVar("Form", bound=BaseModel)


class Problem(NamedTuple):
    """Something wrong with a reply, as a sentence that the model can act on."""

    text: str
    fatal: bool = True
    """False where the reply can be used if nothing better comes."""


@dataclass(frozen=True)
class Try(Generic[T]):
    """One reply and what became of it."""

    call: Call
    value: T | None
    """What was read from the reply; None where nothing could be."""
    problems: Sequence[Problem]

    @property
    def usable(self) -> bool:
        return self.value is not None and not any(problem.fatal for problem in self.problems)


Read = Callable[[Reply], tuple[T | None, Sequence[Problem]]]
Tries = list[Try[T]]

THOUGHT_ALONE = Problem("You only thought, and gave no answer. Answer at once.")
"""Of a reply whose thought took all the room. It is asked for again without thinking."""
CUT_OFF = Problem("The reply was cut off before its JSON was whole: say less.")
ROOM_FOR_REASONS = 200
"""Tokens kept free for what is wrong with a reply when it is sent back."""


class Fitted(NamedTuple):
    skipped: int
    """Prompts before it that were too large."""
    request: Request


async def fitted(deps: Deps, request: Request, prompts: Iterable[tuple[Message, ...]]) -> Fitted | None:
    """The request with the first of the prompts that leaves room for its reply, and for what may be wrong with that.

    For steps that a run can do without: None, which is announced, where not even the last prompt fits.
    """
    sent = deps.dialect.request(request)
    try:
        skipped, prompt = await fitting(deps.llm, prompts, reserve=sent.max_tokens + sent.think + ROOM_FOR_REASONS)
    except ContextTooSmall as error:
        deps.emit(CallLeftOut(node=request.node, section=request.section, reason=str(error)))
        return None
    return Fitted(skipped, replace(request, messages=prompt))


async def ask(deps: Deps, request: Request, read: Read[T]) -> Tries[T]:
    """Up to `1 + retries` tries, oldest first; the last one is free of problems unless the budget ran out."""
    return await _tries(deps, request, read, enough=lambda tried: not tried.problems)


async def sampled(deps: Deps, request: Request, read: Read[T]) -> Tries[T]:
    """All `request.n` variants of a reply, in their order. Where none can be used, more tries follow, one by one, until
    one can be or the budget runs out."""
    return await _tries(deps, request, read, enough=lambda tried: tried.usable)


def best(tries: Sequence[Try[T]]) -> Try[T] | None:
    """The usable try with the fewest problems, the earliest of equals; None where all are unusable."""
    return min((t for t in tries if t.usable), key=lambda t: len(t.problems), default=None)


async def fill(
    deps: Deps,
    request: Request,
    model: type[Form],
    check: Callable[[Form], Sequence[Problem]] = lambda value: (),
    **choices: Iterable[str],
) -> Form | None:
    """What the model put into a form, sent back as often as the run allows; None where no reply could be used.

    The request's `schema` is set here, as `schema_of` makes it.
    """
    asked = replace(request, schema=schema_of(model, **choices))
    chosen = best(await ask(deps, asked, form(model, check)))
    return chosen.value if chosen else None


def schema_of(model: type[BaseModel], **choices: Iterable[str]) -> dict[str, Any]:
    """The JSON schema of a form. `choices`: for a field's name, wherever it occurs, the values that it may have.

    A server with structured output then lets no other value through. Whoever reads the reply checks it all the same.
    """
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        for name in part.get("properties", {}).keys() & choices.keys():
            part["properties"][name] = {"type": "string", "enum": list(choices[name])}
    return schema


def form(model: type[Form], check: Callable[[Form], Sequence[Problem]]) -> Read[Form]:
    """Reads a reply as JSON of the given form, then checks its sense."""

    def read(reply: Reply) -> tuple[Form | None, Sequence[Problem]]:
        try:
            value = model.model_validate_json(_json_part(reply.text))
        except ValidationError as error:
            if reply.finish_reason == "length":
                return None, [CUT_OFF]
            first = error.errors()[0]
            wrong = f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()
            return None, [Problem(f"The JSON does not have the form asked for: {wrong}.")]
        return value, check(value)

    return read


def aside(deps: Deps) -> int:
    """Tokens that a reply of prose may take beside its text: a prompt must leave room for thought of any kind."""
    return deps.settings.think + deps.dialect.thought_tokens


async def _tries(deps: Deps, request: Request, read: Read[T], *, enough: Callable[[Try[T]], bool]) -> Tries[T]:
    """Asks, and asks again with what was wrong, until one of the tries is good enough."""
    asked = deps.dialect.request(request)
    tries: Tries[T] = []
    for attempt in range(deps.settings.retries + 1):
        calls = await deps.llm.sample(await _again(deps, asked, attempt, tries) if tries else asked)
        new = [_judged(deps.dialect, request, call, read) for call in calls]
        tries += new
        if any(enough(tried) for tried in new):
            break
        for tried in new:
            texts = [problem.text for problem in tried.problems]
            deps.emit(ReplyRefused(node=request.node, section=request.section, attempt=attempt, problems=texts))
    return tries


def _judged(dialect: Dialect, request: Request, call: Call, read: Read[T]) -> Try[T]:
    if call.reasoning and not call.text:
        return Try(call, None, [THOUGHT_ALONE])
    text = dialect.plain(request, call.text)
    if call.text and not text:
        return Try(call, None, [Problem(dialect.unreadable)])
    value, problems = read(Reply(text=text, finish_reason=call.finish_reason))
    return Try(call, value, problems)


def _json_part(text: str) -> str:
    """The JSON in a reply that may have words or a code fence around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


async def _again(deps: Deps, request: Request, attempt: int, tries: Sequence[Try[T]]) -> Request:
    """The request with as many of the last problems as there is room for."""
    think = 0 if any(_thought_too_long(tried.call) for tried in tries) else request.think
    wrong = [problem.text for problem in tries[-1].problems]
    prompts = (_sent_back(request, wrong[:count]) for count in range(len(wrong), -1, -1))
    _, messages = await fitting(deps.llm, prompts, reserve=request.max_tokens + think)
    return replace(request, attempt=attempt, messages=messages, n=1, think=think)


def _thought_too_long(call: Call) -> bool:
    """Whether thinking took room that was the reply's, on a server that has no cap for it."""
    return bool(call.reasoning) and (not call.text or call.finish_reason == "length")


def _sent_back(request: Request, wrong: Sequence[str]) -> tuple[Message, ...]:
    """With what was wrong at the end, where the server's cached prefix stays whole."""
    *before, last = request.messages
    listed = "".join(f"\n- {text}" for text in wrong)
    tail = f"\n\nYour last reply could not be used:{listed}\nWrite it again, without these faults."
    return (*before, replace(last, content=last.content + tail))
