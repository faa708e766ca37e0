"""Several providers at once: whose turn it is, what their failures cost, and what is made of their hits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.tools.search.served import OVER_HTTP, recorded, said, served
from redraft.tools.errors import SearchFailed, SearchFault
from redraft.tools.search.pacing import REST_SECONDS
from redraft.tools.search.recorded import key_of
from redraft.tools.search.together import Combined, Outcome, search_all
from redraft.tools.search.types import Answer, Ask, Hit, Provider

ASK = Ask(text="tram cost")


def answer(*urls: str) -> Answer:
    return Answer(hits=tuple(Hit(url=url, title=url) for url in urls))


def fault(reason: SearchFault, retry_after: float | None = None) -> SearchFailed:
    return SearchFailed("one", reason, "so it goes", retry_after)


@dataclass
class Scripted:
    """Says what it is told to, one thing after the other, after so many rounds of the event loop."""

    name: str
    says: Sequence[Answer | SearchFailed]
    rounds: int = 0
    interval: float = 1.0
    asked: int = 0

    async def search(self, ask: Ask) -> Answer:
        self.asked += 1
        for _ in range(self.rounds):
            await asyncio.sleep(0)
        said = self.says[min(self.asked, len(self.says)) - 1]
        if isinstance(said, SearchFailed):
            raise said
        return said


@dataclass
class Hanging:
    name: str = "hanging"
    interval: float = 1.0

    async def search(self, ask: Ask) -> Answer:
        await asyncio.Event().wait()
        return Answer()


@dataclass
class Turns:
    """A pacer by the book, with a clock that only sleeping moves."""

    now: float = 0.0
    next_at: dict[str, float] = field(default_factory=dict)
    rests: dict[str, tuple[float, str]] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)

    def reserve(self, name: str, interval: float) -> float:
        until, why = self.rests.get(name, (0.0, ""))
        if until > self.now:
            raise SearchFailed(name, "resting", why)
        start = max(self.now, self.next_at.get(name, 0.0))
        self.next_at[name] = start + interval
        return start - self.now

    def rest(self, name: str, seconds: float, why: str) -> None:
        self.rests[name] = (self.now + seconds, why)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Notebook:
    """A memory."""

    said: dict[tuple[str, str], Answer | SearchFailed] = field(default_factory=dict)

    def recall(self, provider: str, key: str) -> Answer | SearchFailed | None:
        return self.said.get((provider, key))

    def keep(self, provider: str, ask: Ask, key: str, said: Answer | SearchFailed, ms: int) -> None:
        assert ms >= 0
        self.said[provider, key] = said


async def together(
    *providers: Provider, pacer: Turns | None = None, memory: Notebook | None = None, timeout: float = 5
) -> Combined:
    turns = pacer or Turns()
    return await search_all(providers, ASK, turns, memory, timeout=timeout, sleep=turns.sleep)


def reasons(combined: Combined) -> list[str | None]:
    return [outcome.failure.reason if outcome.failure else None for outcome in combined.outcomes]


async def test_a_page_that_two_providers_list_comes_before_what_one_lists_first() -> None:
    one = Scripted("one", [answer("https://a/", "https://both.example/")])
    two = Scripted("two", [answer("https://b/", "http://www.both.example/?utm_source=x")])

    combined = await together(one, two)

    assert [found.key for found in combined.found] == ["https://both.example", "https://a", "https://b"]
    assert [found.providers for found in combined.found] == [("one", "two"), ("one",), ("two",)]
    assert combined.found[0].hit.url == "https://both.example/"


async def test_what_providers_know_of_one_page_is_put_together() -> None:
    one = Hit(url="https://a/", title="", snippet="short", date=None, author="", abstract=None)
    two = Hit(url="https://a", title="A", snippet="much longer", date="2024", author="Ada", abstract="All of it.")
    three = Hit(url="http://a/", title="Aah", snippet="longer", date="2023", author="Ben", abstract="Some.")

    combined = await together(*(Scripted(str(at), [Answer(hits=(hit,))]) for at, hit in enumerate([one, two, three])))

    (found,) = combined.found
    assert found.hit == Hit(
        url="https://a/", title="A", snippet="much longer", date="2024", author="Ada", abstract="All of it."
    )


async def test_a_page_that_one_provider_lists_twice_has_one_voice() -> None:
    combined = await together(
        Scripted("one", [answer("https://x/", "https://a/", "https://a/#b", "https://a/?utm_id=1")])
    )

    assert [found.key for found in combined.found] == ["https://x", "https://a"]


@given(st.permutations([0, 1, 5]))
async def test_what_is_found_does_not_depend_on_who_answers_first(rounds: list[int]) -> None:
    def providers(delays: Sequence[int]) -> list[Scripted]:
        answers = [answer("https://a/", "https://b/"), answer("https://b/", "https://c/"), answer("https://d/")]
        return [Scripted(str(at), [said], delays[at]) for at, said in enumerate(answers)]

    assert (await together(*providers(rounds))).found == (await together(*providers([0, 0, 0]))).found


async def test_every_provider_has_an_outcome_in_its_place() -> None:
    combined = await together(
        Scripted("one", [answer("https://a/", "https://b/")]),
        Scripted("two", [Answer(note="its engines are blocked")]),
        Scripted("three", [fault("forbidden")]),
    )

    assert [(outcome.provider, outcome.hits, outcome.note) for outcome in combined.outcomes] == [
        ("one", 2, ""),
        ("two", 0, "its engines are blocked"),
        ("three", 0, ""),
    ]
    assert reasons(combined) == [None, None, "forbidden"]
    assert not any(outcome.remembered for outcome in combined.outcomes)


async def test_nobody_to_ask_finds_nothing() -> None:
    assert await together() == Combined(found=(), outcomes=())


@pytest.mark.parametrize("reason", ["server_error", "unreachable"])
async def test_a_passing_failure_is_tried_once_more_in_a_turn_of_its_own(reason: SearchFault) -> None:
    turns = Turns()
    lucky = Scripted("lucky", [fault(reason), answer("https://a/")], interval=3.0)
    unlucky = Scripted("unlucky", [fault(reason)], interval=3.0)

    combined = await together(lucky, unlucky, pacer=turns)

    assert reasons(combined) == [None, reason]
    assert (lucky.asked, unlucky.asked) == (2, 2)
    assert turns.slept[0] == 3.0
    assert turns.rests == {}


@pytest.mark.parametrize("reason", ["timeout", "forbidden", "bad_answer", "rate_limited", "offline"])
async def test_other_failures_are_not_tried_again(reason: SearchFault) -> None:
    provider = Scripted("one", [fault(reason), answer("https://a/")])

    assert reasons(await together(provider)) == [reason]
    assert provider.asked == 1


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_any_provider_gets_over_one_bad_moment_of_its_server(name: str) -> None:
    async with served(name, said(500), recorded(name)) as (provider, _):
        combined = await together(provider)

    assert reasons(combined) == [None]
    assert combined.found


async def test_one_that_never_answers_costs_no_more_than_its_time() -> None:
    combined = await together(Hanging(), Scripted("one", [answer("https://a/")]), timeout=0.05)

    assert reasons(combined) == ["timeout", None]
    assert str(combined.outcomes[0].failure) == "hanging: no answer within 0.05 s (timeout)"
    assert len(combined.found) == 1


@pytest.mark.parametrize(("retry_after", "seconds"), [(7.0, 7.0), (0.0, 0.0), (None, REST_SECONDS)])
async def test_one_that_was_asked_too_often_is_left_alone(retry_after: float | None, seconds: float) -> None:
    turns = Turns()

    await together(Scripted("one", [fault("rate_limited", retry_after)]), pacer=turns)

    assert turns.rests == {"one": (seconds, "so it goes")}


async def test_one_that_rests_is_not_asked() -> None:
    turns = Turns()
    turns.rest("one", 60, "asked too often")
    provider = Scripted("one", [answer("https://a/")])

    assert reasons(await together(provider, pacer=turns)) == ["resting"]
    assert provider.asked == 0


async def test_those_who_wait_for_their_turn_do_not_ask_once_somebody_was_refused() -> None:
    turns = Turns()
    provider = Scripted("one", [fault("rate_limited")], rounds=1)

    outcomes = await asyncio.gather(*(together(provider, pacer=turns) for _ in range(3)))

    assert [reasons(combined) for combined in outcomes] == [["rate_limited"], ["resting"], ["resting"]]
    assert len(turns.slept) == 2
    assert provider.asked == 1


async def test_what_is_remembered_is_neither_asked_nor_paced() -> None:
    turns, memory = Turns(), Notebook({("one", key_of(ASK)): answer("https://a/")})
    provider = Scripted("one", [answer("https://b/")])

    combined = await together(provider, pacer=turns, memory=memory)

    assert [found.key for found in combined.found] == ["https://a"]
    assert combined.outcomes == (
        Outcome(provider="one", hits=1, note="", failure=None, ms=combined.outcomes[0].ms, remembered=True),
    )
    assert (provider.asked, turns.next_at) == (0, {})


async def test_what_is_said_once_is_remembered_failures_too() -> None:
    memory = Notebook()
    providers = [Scripted("one", [answer("https://a/")]), Scripted("two", [fault("timeout")])]

    first = await together(*providers, memory=memory)
    again = await together(*providers, memory=memory)

    assert again.found == first.found
    assert reasons(again) == reasons(first) == [None, "timeout"]
    assert [provider.asked for provider in providers] == [1, 1]
    assert all(outcome.remembered for outcome in again.outcomes)


async def test_one_that_needs_no_interval_needs_no_turn() -> None:
    turns = Turns()
    turns.rest("home", 60, "asked too often")

    assert (await together(Scripted("home", [answer("https://a/")], interval=0), pacer=turns)).found


async def test_a_fault_of_the_program_is_no_failure_of_the_provider() -> None:
    class Faulty(Scripted):
        async def search(self, ask: Ask) -> Answer:
            raise KeyError("oops")

    with pytest.raises(KeyError):
        await together(Faulty("one", []))
