import pytest

from redraft.evals.bench_pages import pages
from redraft.evals.extraction_bench import main, measure


def test_both_pools_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    main(None, count=3, rounds=1)

    shown = capsys.readouterr().out
    assert "3 pages, 1 rounds" in shown
    assert "2 workers" in shown


def test_pages_that_say_nothing_cannot_be_compared() -> None:
    with pytest.raises(RuntimeError, match="no page was read"):
        measure({"/empty.html": b"<html><body></body></html>"}, 1)


def test_every_round_is_timed() -> None:
    turns = measure(pages(None, 2), 2)

    assert len(turns.ratios) == 2
    assert all(ratio > 0 for ratio in turns.ratios)
