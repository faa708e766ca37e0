from datetime import UTC, datetime
from pathlib import Path

import pytest

from redraft.agent.atomic import replace


def test_a_file_is_made_and_replaced_whole_with_the_time_it_is_given(tmp_path: Path) -> None:
    target, at = tmp_path / ("日" * 80), datetime(2025, 3, 9, 7, tzinfo=UTC)

    replace(target, b"old")
    replace(target, b"new", at=at)

    assert target.read_bytes() == b"new"
    assert target.stat().st_mtime == at.timestamp()
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_replaced_stays_and_nothing_else_is_left_over(tmp_path: Path) -> None:
    target = tmp_path / "reports"
    target.mkdir()

    with pytest.raises(OSError, match="directory"):
        replace(target, b"new")

    assert list(tmp_path.iterdir()) == [target]
