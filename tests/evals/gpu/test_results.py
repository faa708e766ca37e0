from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.evals.gpu import tables
from redraft.evals.gpu.measuring import Point
from redraft.evals.gpu.results import Timing, line, read, result, write
from redraft.tests.evals.gpu.given import A_CACHED, A_TOKEN, CONSTANT, GPU, GRID, LLAMA, measured, seen


def timing(point: Point, seconds: float) -> Timing:
    told = {"server": "drafting", "seen": 1, "cached": cached(point), "p10": 0, "p90": 0, "share": 0}
    return Timing.model_validate({**point._asdict(), **told, "ms": 1000 * seconds})


def computed(point: Point) -> int:
    return point.batch * (1 + point.draft)


def cached(point: Point) -> int:
    return point.batch * point.context


def test_the_line_that_was_planted_is_found() -> None:
    lines = measured().lines

    plain, drafting = lines["plain"], lines["drafting"]
    assert (plain.constant, plain.a_token, plain.a_cached) == pytest.approx((CONSTANT, A_TOKEN, A_CACHED))
    assert drafting.constant == pytest.approx(2 * CONSTANT)
    assert drafting.worst == pytest.approx(0, abs=1e-9)


@given(st.floats(1e-3, 1e-2), st.floats(0, 1e-4), st.floats(0, 1e-6), st.lists(st.floats(-0.05, 0.05), min_size=12))
def test_what_is_left_at_the_points_is_no_more_than_what_was_added_to_them(
    constant: float, a_token: float, a_cached: float, noise: list[float]
) -> None:
    timings = [
        timing(point, (constant + a_token * computed(point) + a_cached * cached(point)) * (1 + noise[number]))
        for number, point in enumerate(GRID.points(GRID.drafts))
    ]

    found = line(timings)

    assert found
    assert found.residual <= found.worst
    assert found.residual <= 0.06, "no worse than the line that was planted"


def test_what_too_few_points_were_seen_of_is_kept_without_a_line() -> None:
    found = result("llama-3.1-8b", LLAMA, GPU, {"plain": seen(GRID.points([0])[:2]), "drafting": []})

    assert len(found.timings) == 2
    assert not found.lines
    with pytest.raises(UserError, match="too few points of the server 'plain'"):
        found.step_time("plain")


def test_shares_of_the_roofline_are_those_of_reading_weights_and_cache_once() -> None:
    first = measured().timings[0]

    reading = (15.01e9 + 131_072 * 120) / 3.35e12
    assert (first.server, first.context, first.batch, first.draft, first.seen) == ("plain", 100, 1, 0, 3)
    assert first.share == pytest.approx(reading / (first.ms / 1000), rel=0.01)
    assert first.p10 < first.ms < first.p90
    drafting = next(one for one in measured().timings if one.server == "drafting")
    assert drafting.share == pytest.approx(first.share / 2)


def test_a_file_holds_all_that_was_measured(tmp_path: Path) -> None:
    file = tmp_path / "new" / "h100.json"

    write(file, measured())

    assert read(file).model_dump() == measured().model_dump()
    fitted = read(file).step_time("plain")
    assert (fitted.constant, fitted.a_token, fitted.a_cached) == pytest.approx((CONSTANT, A_TOKEN, A_CACHED))
    assert "llama-3.1-8b" in fitted.name


@pytest.mark.parametrize("text", [None, "", "{}", '{"machine": 1}'])
def test_another_file_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "other.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(UserError, match=r"other\.json is no file that"):
        read(file)


def test_tables_show_each_point_and_both_lines() -> None:
    shown = tables.steps(measured())

    assert shown.count("\n| 100 |") + shown.count("\n| 1,000 |") == len(measured().timings)
    assert "6.000 ms + 20.0 µs for each computed token + 40.0 ns" in shown
    assert "12.000 ms + 40.0 µs" in shown
