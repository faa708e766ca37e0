"""What a user gives in files: read once, and refused in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.files import given as given_text
from redraft.agent.files import points, specification
from redraft.tools.errors import PathNotFound


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# What it must say\n\nThe following:\n\n- The cost\n- The use\n", ("The cost", "The use")),
        ("1. The cost\n2) The use,\n   an hour\n", ("The cost", "The use, an hour")),
        ("* [ ] The cost\n* [x] The use\n  - of a day\n", ("The cost", "The use", "of a day")),
        ("# Spec\n\nThe cost\nof a line.\n\nThe use.\n\nThe use.\n", ("The cost of a line.", "The use.")),
        ("The cost\nThe use\n", ("The cost", "The use")),
        ("# Only a title\n", ()),
    ],
)
def test_the_points_of_a_specification_are_its_items_else_its_paragraphs_else_its_lines(
    text: str, wanted: tuple[str, ...]
) -> None:
    assert points(text) == wanted


@given(st.text())
def test_a_point_is_one_line_that_says_something(text: str) -> None:
    assert all(point and "\n" not in point and point == point.strip() for point in points(text))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "as text"),
        (b"a" * 200_001, "has 200,001 characters, and at most 200,000 are taken"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path, content: bytes, wrong: str) -> None:
    file = tmp_path / "sample.md"
    file.write_bytes(content)

    with pytest.raises(UserError, match=wrong) as error:
        given_text(file)

    assert str(file) in str(error.value)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match="nowhere"):
        given_text(tmp_path / "nowhere.md")


@pytest.mark.parametrize("count", [0, 31])
def test_a_specification_has_a_bounded_number_of_points(tmp_path: Path, count: int) -> None:
    file = tmp_path / "spec.md"
    file.write_text("# Spec\n" + "".join(f"- Point {number}\n" for number in range(count)))

    with pytest.raises(UserError, match=f"has {count} points, and 1 to 30 are taken"):
        specification(file)
