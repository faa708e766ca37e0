import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.speculating import SPECULATIONS, speculation_config
from redraft.evals.speed.drafters import DRAFTERS, chosen
from redraft.evals.speed.lookup import HAS_SUFFIX, Ngram, Suffix
from redraft.evals.speed.replay import replay
from redraft.tests.evals.speed.given import call
from redraft.tools.errors import Misconfigured


def by_the_rule(context: list[int], shortest: int, longest_match: int, longest: int) -> list[int]:
    """Of all places where the last tokens have stood before, the longest match, and of these the earliest."""
    for size in range(longest_match, shortest - 1, -1):
        for start in range(len(context) - size):
            if context[start : start + size] == context[-size:]:
                return context[start + size : start + size + longest]
    return []


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.integers(1, 3), st.integers(0, 3), st.integers(1, 5))
def test_prompt_lookup_takes_the_earliest_of_the_longest_matches(
    context: list[int], shortest: int, more: int, longest: int
) -> None:
    drafter = Ngram(shortest=shortest, longest_match=shortest + more, longest=longest)

    draft = drafter.propose("a", np.array(context, np.int32))

    assert draft == by_the_rule(context, shortest, shortest + more, longest)


@pytest.mark.skipif(not HAS_SUFFIX, reason="Arctic Inference is not installed")
def test_suffix_drafts_from_the_prompt_and_from_what_others_have_said() -> None:
    calls = [call("", "the tram runs every ten minutes"), call("", "so the tram runs every ten minutes")]

    first, both = (replay(calls[:end], Suffix(longest=8, depth=16, factor=2, min_prob=0.1)) for end in (1, 2))

    assert both.kinds["draft"].steps - first.kinds["draft"].steps < 15


@pytest.mark.skipif(HAS_SUFFIX, reason="Arctic Inference is installed")
def test_without_its_package_suffix_says_how_to_get_it_and_is_left_out_unless_asked_for() -> None:
    with pytest.raises(Misconfigured, match="arctic-inference"):
        DRAFTERS["suffix"]()
    with pytest.raises(Misconfigured, match="arctic-inference"):
        chosen("suffix,redraft")

    assert list(chosen(None)) == ["off", "ngram", "redraft"]


def test_off_is_always_there_and_first() -> None:
    assert list(chosen("redraft, ngram,redraft")) == ["off", "redraft", "ngram"]


def test_a_drafter_that_is_none_is_named() -> None:
    with pytest.raises(UserError, match="'eagle'; known are off, ngram, suffix, redraft"):
        chosen("ngram,eagle")


def test_what_is_replayed_drafts_as_long_as_what_vllm_is_started_with() -> None:
    made = chosen(None)
    for name in SPECULATIONS:
        if name in made:
            config = speculation_config(name).config or {"num_speculative_tokens": 0}
            assert made[name]().longest == config["num_speculative_tokens"]
