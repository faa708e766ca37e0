import pytest

from redraft.evals.bench_pages import pages
from redraft.evals.gather_bench import measure


@pytest.mark.enable_socket
def test_both_ways_read_the_same_pages_and_take_their_time() -> None:
    turns = measure(pages(None, 2), 0.05, 1)

    assert turns.one[0] >= 2 * 0.05
    assert turns.other[0] >= 0.05


@pytest.mark.enable_socket
def test_ways_that_read_different_numbers_of_pages_are_not_compared() -> None:
    wall = b"<html><head><title>Just a moment...</title></head><body><p>Checking your browser.</p></body></html>"

    with pytest.raises(RuntimeError, match=r"read \[1, 2\] pages"):
        measure({**pages(None, 1), "/wall.html": wall}, 0, 1)
