import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.speculation import temporal
from redraft.agent.speculation.drafter import Ids
from redraft.agent.speculation.temporal import TemporalDrafter


def ids(text: str | Sequence[int]) -> Ids:
    return np.array([ord(sign) for sign in text] if isinstance(text, str) else text, np.int32)


class Desk:
    """A small drafter, spoken to in letters."""

    def __init__(self, longest: int = 8) -> None:
        self.drafter = TemporalDrafter(longest, past=4096, text=1024)
        self.texts: dict[str, str] = {}

    def begin(self, request: str, prompt: str, said: str = "") -> None:
        self.texts[request] = prompt
        self.drafter.begin(request, ids(prompt))
        if said:
            self.say(request, said)

    def say(self, request: str, text: str) -> None:
        self.texts[request] += text
        self.drafter.accept(request, [ord(sign) for sign in text])

    def draft(self, request: str, chance: float = 0.0) -> str:
        return "".join(map(chr, self.drafter.propose(request, ids(self.texts[request]), chance)))

    def answered(self, request: str, prompt: str, said: str) -> None:
        self.begin(request, prompt, said)
        self.drafter.end(request)


def test_what_the_prompt_has_is_said_again() -> None:
    desk = Desk()

    desk.begin("a", "The tram carries 900 people. Write: ", "The tram")

    assert desk.draft("a") == " carries"


def test_what_the_request_itself_has_said_comes_before_its_prompt() -> None:
    desk = Desk(longest=3)

    desk.begin("a", "[e1] red. Write: ", "[e1] blu and [e1] ")

    assert desk.draft("a") == "blu"


def test_what_was_said_to_others_is_said_again() -> None:
    desk = Desk(longest=4)

    desk.answered("a", "What runs?", "trams run late")
    desk.begin("b", "Who?", "trams run ")

    assert desk.draft("b") == "late"


def test_a_reply_begins_as_those_began_that_answered_a_prompt_with_this_end() -> None:
    desk = Desk(longest=6)

    desk.answered("a", "Trams run. Judge it as JSON: ", '{"said":true}')
    desk.answered("b", "Trams run. Ask about it, as JSON: ", '{"asks":[]}')
    desk.begin("c", "Buses run. Judge it as JSON: ", "{")

    assert desk.draft("c") == '"said"'


def test_what_another_request_is_just_saying_is_known_too() -> None:
    desk = Desk(longest=4)

    desk.begin("a", "What runs?", "trams run l")
    desk.say("a", "ate")
    desk.begin("b", "Who?", "trams run ")

    assert desk.draft("b") == "late"


@pytest.mark.parametrize("mine", ["Question: trams?", "Question: buses?"])
def test_of_the_past_what_was_said_to_prompts_that_begin_alike_comes_first(mine: str) -> None:
    desk = Desk(longest=5)
    said = {"Question: trams?": "it costs seven", "Question: buses?": "it costs eight"}

    for question, text in said.items():
        desk.answered(question, f"{question}\nOutline.", text)
    desk.begin("b", f"{question and mine}\nDraft.", "it costs ")

    assert desk.draft("b") == said[mine].removeprefix("it costs ")


def test_the_longest_match_wins_over_a_nearer_one() -> None:
    desk = Desk(longest=4)

    desk.begin("a", "trams run late here. Write: ", "run fast. trams run ")

    assert desk.draft("a") == "late"


def test_a_draft_ends_where_the_texts_fall_apart() -> None:
    desk = Desk()

    desk.begin("a", "run: 1 run: 2 run: 3 run: 4 run: 5 run: 6 Nothing else here. ", "run:")

    assert desk.draft("a") == " "


def test_a_draft_ends_where_a_token_is_not_worth_its_check() -> None:
    desk = Desk()

    desk.begin("a", "run: 1 run: 2 run: 3 run: 4 run: 5 run: 6 Nothing else here. ", "run")

    assert desk.draft("a") == ": "
    assert desk.draft("a", 0.5) == ": "
    assert desk.draft("a", 0.9) == "", "half of what it has drafted was taken, as far as it knows"


def test_what_is_taken_is_worth_more_the_next_time() -> None:
    desk = Desk(longest=3)
    desk.begin("a", "0123456789" * 8, "0123")
    assert desk.draft("a", 0.8) == ""
    for text in ("4567", "8901", "2345"):
        assert desk.draft("a") == text[:3]
        desk.say("a", text)

    assert desk.draft("a", 0.8) == "678"


def test_without_a_match_there_is_no_draft() -> None:
    desk = Desk()

    desk.begin("a", "abc", "xyz")

    assert desk.draft("a") == ""


STRAY = "97531864"
"""Digits of which none follows the one before, and no two come again."""


def test_after_drafts_that_failed_it_drafts_less_and_then_only_from_longer_matches() -> None:
    desk = Desk(longest=32)
    desk.begin("a", "0123456789" * 8, "0123")
    at_first = len(desk.draft("a"))
    for digit in STRAY[1 : temporal.BRAKE]:
        desk.say("a", digit)
        assert desk.draft("a")  # of the one digit, which is found
    desk.say("a", STRAY[0])
    assert desk.draft("a") == "", "one digit no longer is enough"

    desk.say("a", "0123")

    assert 0 < len(desk.draft("a")) < at_first


def test_a_draft_that_is_taken_releases_the_brake() -> None:
    desk = Desk(longest=4)
    desk.begin("a", "0123456789" * 8, "0")
    for digit in STRAY[: temporal.BRAKE]:
        desk.draft("a")
        desk.say("a", digit)
    assert desk.draft("a") == ""
    desk.say("a", "01")
    assert desk.draft("a") == "2345"
    desk.say("a", "23")

    desk.say("a", "5")

    assert desk.draft("a")


TOKENS = st.lists(st.integers(0, 4), max_size=30)


@given(st.lists(st.tuples(TOKENS, st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=9))), max_size=5))
def test_no_draft_is_longer_than_its_bound_and_memory_stays_within_its_own(
    requests: list[tuple[list[int], list[list[int]]]],
) -> None:
    drafter = TemporalDrafter(longest=5, past=64, text=32)
    empty = drafter.bytes

    for number, (prompt, steps) in enumerate(requests):
        name, context = str(number), list(prompt)
        drafter.begin(name, ids(prompt))
        for step in steps:
            drafter.accept(name, step)
            context += step
            draft = drafter.propose(name, ids(context))
            assert len(draft) <= drafter.longest
            assert all(token >= 0 for token in draft)
        drafter.end(name)

    assert drafter.bytes == empty


PLAIN = """
import numpy as np
from redraft.agent.speculation.temporal import TemporalDrafter
text = np.random.default_rng(3).integers(0, 6, 300).astype(np.int32)
drafter = TemporalDrafter(past=256, text=128)
drafter.begin("a", text[:100])
for end in range(101, 300):
    drafter.accept("a", [int(text[end - 1])])
    print(drafter.propose("a", text[:end]))
"""


def test_compiled_and_plain_it_drafts_the_same() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PLAIN],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]

    assert outputs[0] == outputs[1]
    assert "[" in outputs[0]
