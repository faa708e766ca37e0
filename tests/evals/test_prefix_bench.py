from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.prefix_bench import BlockCache, Replayed, Share, rehearsed, replay, shares, total, words

TOKENS = st.lists(st.sampled_from("ab"), max_size=12)


def test_only_full_blocks_are_found_and_never_the_last_token() -> None:
    cache = BlockCache(1000, block=4)
    cache.keep("aaaabbbbcc")

    assert [cache.hit(prompt) for prompt in ("aaaabbbbcc", "aaaabbbb", "aaaabbbX", "aaa", "Xaaabbbb")] == [
        8,
        4,
        4,
        0,
        0,
    ]


def test_the_end_of_what_was_unused_for_longest_goes_first() -> None:
    cache = BlockCache(12, block=4)
    cache.keep("aaaabbbb")
    cache.keep("ccccdddd")

    assert (cache.hit("aaaabbbb."), cache.hit("ccccdddd.")) == (4, 8)


@given(st.lists(TOKENS, max_size=8), TOKENS)
def test_a_hit_is_always_a_beginning_that_was_sent_before(sent: list[list[str]], prompt: list[str]) -> None:
    cache = BlockCache(10_000, block=2)
    for tokens in sent:
        cache.keep(tokens)

    hit = cache.hit(prompt)

    assert hit < max(len(prompt), 1)
    assert hit == 0 or any(tokens[:hit] == prompt[:hit] for tokens in sent)


def test_shares_are_told_by_step_and_replies_take_room_too() -> None:
    calls = [Replayed("draft", "aaaabbbb.", ["cccc"]), Replayed("draft", "aaaabbbb.", ["cccc"])]

    assert shares(calls, BlockCache(1000, block=4)) == {"draft": Share(18, 8)}
    assert shares(calls, BlockCache(4, block=4)) == {"draft": Share(18, 4)}


async def test_prompts_of_a_run_share_their_beginnings() -> None:
    """Above all each rewriting begins with what its round's answer was made from."""
    found = shares(replay(await rehearsed("standard"), words()), BlockCache(400_000))

    assert found["denoise"].share > 0.4
    assert total(found.values()).share > 0.55
