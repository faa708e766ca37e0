import json
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.errors import SearchFailed, SearchFault
from redraft.tools.search.recorded import Replay, key_of, played_back, recorded
from redraft.tools.search.types import Answer, Ask, Hit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HITS = st.builds(
    Hit,
    url=TEXTS,
    title=TEXTS,
    snippet=TEXTS,
    date=st.none() | TEXTS,
    author=st.none() | TEXTS,
    abstract=st.none() | TEXTS,
)
ANSWERS = st.builds(Answer, hits=st.lists(HITS, max_size=4).map(tuple), note=TEXTS)
ASKS = st.builds(
    Ask,
    text=TEXTS,
    limit=st.integers(1, 50),
    language=st.none() | st.sampled_from(["en", "de"]),
    since=st.none() | st.dates(),
)


class Known:
    """Remembers one thing."""

    def __init__(self, said: Answer | SearchFailed | None) -> None:
        self.said = said
        self.key = ""

    def recall(self, provider: str, key: str) -> Answer | SearchFailed | None:
        self.key = key
        return self.said

    def keep(self, provider: str, ask: Ask, key: str, said: Answer | SearchFailed, ms: int) -> None:
        raise NotImplementedError


@given(ANSWERS)
def test_an_answer_comes_back_from_json_as_it_was(answer: Answer) -> None:
    record = recorded(answer)

    hits = json.loads(json.dumps(record.hits))
    assert played_back("brave", hits, record.note, record.failure, record.detail) == answer


@pytest.mark.parametrize("reason", get_args(SearchFault))
def test_a_failure_comes_back_with_its_reason(reason: SearchFault) -> None:
    record = recorded(SearchFailed("brave", reason, "slow today", 5.0))

    said = played_back("brave", record.hits, record.note, record.failure, record.detail)

    assert isinstance(said, SearchFailed)
    assert (said.provider, said.reason, said.detail) == ("brave", reason, "slow today")


@given(ASKS, ASKS)
def test_a_key_is_one_line_and_tells_different_asks_apart(one: Ask, other: Ask) -> None:
    assert "\n" not in key_of(one)
    same = replace(one, text=other.text) == other and one.text.casefold().split() == other.text.casefold().split()
    assert (key_of(one) == key_of(other)) is same


def test_case_and_white_space_make_no_difference_to_a_key() -> None:
    assert key_of(Ask(text=" Tram\n COST ")) == key_of(Ask(text="tram cost"))
    assert key_of(Ask(text="tram", since=date(2024, 1, 1))) != key_of(Ask(text="tram", since=date(2024, 1, 2)))


async def test_a_replay_answers_what_is_remembered() -> None:
    answer = Answer(hits=(Hit(url="https://a/", title="A"),))
    memory = Known(answer)

    assert await Replay("brave", memory).search(Ask(text="Tram")) == answer
    assert memory.key == key_of(Ask(text="tram"))


async def test_a_replay_fails_as_it_failed_then_or_for_want_of_a_record() -> None:
    for said, reason in [(None, "offline"), (SearchFailed("brave", "timeout", "slow"), "timeout")]:
        with pytest.raises(SearchFailed) as caught:
            await Replay("brave", Known(said)).search(Ask(text="tram"))
        assert caught.value.reason == reason
