import pytest

from redraft.agent.errors import UserError
from redraft.evals.gpu import tables
from redraft.evals.gpu.comparing import Row, compared
from redraft.evals.speed.lookup import Off
from redraft.evals.speed.report import Made
from redraft.tests.evals.gpu.given import measured, took
from redraft.tests.evals.speed.given import Oracle, call

CALLS = [call("p" * 50, "a" * 41), call("q" * 50, "b" * 41)]


def rows(concurrency: int) -> dict[str, Row]:
    drafters: Made = {"off": Off, "oracle": lambda: Oracle(CALLS, longest=3)}
    return {row.drafter: row for row in compared(measured(), CALLS, drafters, [concurrency])}


def test_without_a_drafter_a_step_takes_what_a_server_without_one_took() -> None:
    off = rows(1)["off"]

    assert (off.tokens_per_step, off.computed_per_step, off.drafting_ms, off.ratio) == (1, 1, 0, 1)
    assert off.step_ms == pytest.approx(1000 * took(1, 70.5), rel=1e-3)
    assert off.tokens_per_second == pytest.approx(1000 / off.step_ms)
    assert off.share == pytest.approx(measured().reading(70.5) / took(1, 70.5), rel=1e-3)


def test_a_drafter_takes_fewer_steps_each_of_which_takes_what_a_server_that_drafts_took() -> None:
    found = rows(1)
    oracle = found["oracle"]

    assert (oracle.tokens_per_step, oracle.computed_per_step) == (4, 4)
    assert oracle.step_ms == pytest.approx(2000 * took(4, 69), rel=1e-3)
    speed = 4 / (oracle.step_ms + oracle.drafting_ms) * 1000
    assert oracle.tokens_per_second == pytest.approx(speed)
    assert oracle.ratio == pytest.approx(speed / found["off"].tokens_per_second)
    assert oracle.share == pytest.approx(found["off"].share * oracle.ratio)


def test_requests_at_once_share_a_step() -> None:
    alone, together = rows(1)["off"], rows(2)["off"]

    assert together.computed_per_step == 2
    assert together.tokens_per_second == pytest.approx(2 * alone.tokens_per_second, rel=0.01)
    assert together.share == pytest.approx(alone.share, rel=0.01), "of twice the tokens that the bandwidth allows"


def test_transcripts_without_anything_to_decode_are_refused() -> None:
    with pytest.raises(UserError, match="no reply of more than one token"):
        compared(measured(), [call("p", "a")], {"off": Off}, [1])


def test_tables_show_each_drafter() -> None:
    shown = tables.rows(measured(), list(rows(1).values()))

    assert "| off | 1 | 1.00 | 6.0" in shown
    assert "| oracle | 1 | 4.00 | 12.1" in shown
