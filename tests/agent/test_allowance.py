from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.allowance import for_news, for_rounds, for_scope, for_sections
from redraft.agent.settings import Settings


def settings(pages: int, rounds: int, *, deepen: bool = True, denoise: bool = True) -> Settings:
    return Settings(preset="standard", pages=pages, rounds=rounds, deepen=deepen, denoise=denoise)


def test_of_twenty_pages_five_are_read_for_the_outline_twelve_before_the_text_and_the_rest_in_rounds() -> None:
    own = settings(20, rounds=8)

    assert for_scope(own) == 5
    assert for_sections(own, 0) == 12
    assert (for_rounds(own, 0, 4), for_sections(own, 4)) == (14, 16)
    assert (for_rounds(own, 4, 4), for_sections(own, 8)) == (18, 20)


@given(pages=st.integers(0, 500), rounds=st.integers(0, 20))
def test_news_never_takes_more_than_half_of_the_pages_nor_what_the_first_round_may_have(
    pages: int, rounds: int
) -> None:
    own = settings(pages, rounds)

    assert for_news(own) <= pages / 2
    assert for_news(own) <= for_rounds(own, 0, 1)


def test_without_rounds_all_pages_are_for_the_first_text() -> None:
    assert for_sections(settings(20, rounds=0), 0) == 20
    assert for_sections(settings(20, rounds=8, deepen=False, denoise=False), 0) == 20


def test_where_no_sections_are_added_the_questions_have_it_all() -> None:
    assert for_rounds(settings(20, rounds=8, deepen=False), 0, 8) == 20


@given(pages=st.integers(0, 500), rounds=st.integers(0, 20), waves=st.lists(st.integers(1, 6), max_size=8))
def test_a_run_never_reads_more_than_its_pages_and_never_gives_back_what_it_had(
    pages: int, rounds: int, waves: list[int]
) -> None:
    own = settings(pages, rounds)
    had = [for_scope(own), for_sections(own, 0)]
    begun = 0
    for width in waves:
        had += [for_rounds(own, begun, width), for_sections(own, begun + width)]
        begun += width

    assert had == sorted(had)
    assert had[0] >= 0
    assert had[-1] <= pages
