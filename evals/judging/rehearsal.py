"""What a protocol would ask, without asking: the protocol itself is run, with a judge that only counts."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from redraft.agent.asking import form
from redraft.agent.llm import Message, Reply, Request, ScriptedLLM
from redraft.evals.judging import pairwise
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.citing import own_citations
from redraft.evals.judging.judge import TRIES, Check, Form, Judge, Judgement, Profile, read_as
from redraft.evals.judging.race import DIMENSIONS

LETTERS_PER_TOKEN = 4
"""Of text in ASCII, where the server does not count. Everything else counts as a token a character, which is more than
the tokenizers of models for Chinese make of it."""
_MARK = {"criterion": "", "analysis": "", "article_1_score": 5, "article_2_score": 5}
_VOTE = {"explanation": "", "preferred": "a", "gap_score": 0}


def _numbers(values: Mapping[str, Any], name: str) -> range:
    return range(1, len(values[name]) + 1)


ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "race": lambda values: {name: [_MARK] for name in DIMENSIONS},
    "pointwise": lambda values: {
        "scores": [{"number": number, "analysis": "", "a": 5, "b": 5} for number in _numbers(values, "criteria")]
    },
    "extract": lambda values: {"citations": [vars(citation) for citation in own_citations(values["article"])]},
    "deduplicate": lambda values: {"keep": list(_numbers(values, "facts"))},
    "validate": lambda values: {"results": [{"idx": n, "result": "unknown"} for n in _numbers(values, "facts")]},
    "pairwise": lambda values: dict.fromkeys(pairwise.DIMENSIONS, _VOTE),
    "preference": lambda values: {"why": "", "better": "same"},
    "rubric": lambda values: {"why": "", "met": False},
}
"""The least that each form takes. What is asked next depends on two of them: the citations of a report are taken from
the report itself, and none of them is said to repeat another."""


class Rehearsal(Judge):
    """Answers from the cache what is there, all else with the least that the form takes; keeps nothing of that."""

    def __init__(self, profile: Profile, cache: Cache) -> None:
        super().__init__(ScriptedLLM({}), profile, cache)
        self.asked: dict[tuple[str, int], Request] = {}
        """What is not in the cache, each question once."""
        self.known: set[tuple[str, int]] = set()
        """What is."""

    async def ask(
        self,
        prompt: str,
        values: Mapping[str, Any],
        model: type[Form],
        check: Check[Form] = lambda value: (),
        *,
        repeat: int = 0,
    ) -> Judgement[Form]:
        request = self._request(prompt, values, model.model_json_schema(), repeat)
        problem = ""
        for attempt in range(TRIES):
            kept = self._kept(request, repeat, attempt)
            if kept is None:
                return Judgement(model.model_validate(ANSWERS[prompt](values)), "")
            _, value, problem = read_as(kept, form(model, check))
            if value is not None:
                return Judgement(value, "")
        return Judgement(None, problem)

    async def say(self, prompt: str, values: Mapping[str, Any], *, repeat: int = 0, attempt: int = 0) -> Reply:
        kept = self._kept(self._request(prompt, values, None, repeat), repeat, attempt)
        return kept or Reply(text=values["text"], finish_reason="stop")

    def _kept(self, request: Request, repeat: int, attempt: int) -> Reply | None:
        key = self._key(request, repeat), attempt
        kept = self._cache.get(*key)
        if kept is None:
            self.asked[key] = request
        else:
            self.known.add(key)
        return kept


class Bill(NamedTuple):
    """What is still to be asked."""

    calls: int
    cached: int
    """Calls whose replies are there."""
    prompt_tokens: int
    reply_tokens: int
    """At most, of one try each; a reply that cannot be used is asked for anew, up to `TRIES` times in all."""
    by_prompt: Mapping[str, int]
    """Calls, by the name of the prompt."""

    def price(self, per_million_in: float, per_million_out: float) -> float:
        """At most."""
        return (self.prompt_tokens * per_million_in + self.reply_tokens * per_million_out) / 1_000_000


async def bill(rehearsal: Rehearsal, count: Callable[[Sequence[Message]], Awaitable[int]]) -> Bill:
    """Of what was rehearsed."""
    requests = rehearsal.asked.values()
    return Bill(
        calls=len(requests),
        cached=len(rehearsal.known),
        prompt_tokens=sum([await count(request.messages) for request in requests]),
        reply_tokens=sum(request.max_tokens + request.think for request in requests),
        by_prompt=Counter(request.node for request in requests),
    )


async def estimated(messages: Sequence[Message]) -> int:
    """Tokens of a prompt, by its letters."""
    text = "".join(message.content for message in messages)
    letters = sum(map(str.isascii, text))
    return letters // LETTERS_PER_TOKEN + len(text) - letters
