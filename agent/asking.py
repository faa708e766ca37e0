"""Asking the model, checking what it says, and sending it back with the reasons: within a budget, then giving up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from redraft.agent.events import Emit, ReplyRefused
from redraft.agent.llm import Request
from redraft.agent.recording import Recorder
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


Read = Callable[[Call], tuple[T | None, Sequence[Problem]]]


async def ask(llm: Recorder, emit: Emit, request: Request, read: Read[T], *, retries: int) -> list[Try[T]]:
    """Up to `1 + retries` tries, oldest first; the last one is free of problems unless the budget ran out."""
    tries: list[Try[T]] = []
    for attempt in range(retries + 1):
        call = await llm.complete(_again(request, attempt, tries))
        value, problems = read(call)
        tries.append(Try(call, value, problems))
        if not problems:
            break
        texts = [problem.text for problem in problems]
        emit(ReplyRefused(node=request.node, section=request.section, attempt=attempt, problems=texts))
    return tries


def best(tries: Sequence[Try[T]]) -> Try[T] | None:
    """The usable try with the fewest problems, the earliest of equals; None where all are unusable."""
    return min((t for t in tries if t.usable), key=lambda t: len(t.problems), default=None)


def form(model: type[Form], check: Callable[[Form], Sequence[Problem]]) -> Read[Form]:
    """Reads a reply as JSON of the given form, then checks its sense."""

    def read(call: Call) -> tuple[Form | None, Sequence[Problem]]:
        try:
            value = model.model_validate_json(_json_part(call.text))
        except ValidationError as error:
            first = error.errors()[0]
            wrong = f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()
            return None, [Problem(f"The JSON does not have the form asked for: {wrong}.")]
        return value, check(value)

    return read


def _json_part(text: str) -> str:
    """The JSON in a reply that may have words or a code fence around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _again(request: Request, attempt: int, tries: Sequence[Try[T]]) -> Request:
    """The request with the last problems at its end, where the server's cached prefix stays whole."""
    if not tries:
        return request
    wrong = "\n".join(f"- {problem.text}" for problem in tries[-1].problems)
    *before, last = request.messages
    tail = f"\n\nYour last reply could not be used:\n{wrong}\nWrite it again, without these faults."
    return replace(request, attempt=attempt, messages=(*before, replace(last, content=last.content + tail)))
