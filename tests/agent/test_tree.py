"""The outline as a tree: places, neighbours, and what may grow."""

from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import tree
from redraft.store.models import Section
from redraft.store.runs import place
from redraft.tests.rows import section

NUMBERS = st.lists(st.integers(1, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def outline(*numbers: str, locked: str = "") -> list[Section]:
    sections = [section(number) for number in numbers]
    for entry in sections:
        entry.locked = entry.number == locked
    sections[0].origin = "summary"
    return sections


@given(NUMBERS)
def test_a_number_is_below_its_parent_and_one_level_deeper(number: str) -> None:
    above = tree.parent(number)

    assert (above is None) == (tree.depth(number) == 1)
    if above is not None:
        assert place(number)[:-1] == place(above)
        assert tree.depth(number) == tree.depth(above) + 1


def test_ten_comes_after_nine_and_children_behind_their_parent() -> None:
    assert sorted(["10", "2.1", "9", "2", "0", "2.1.1", "2.10", "2.2"], key=place) == [
        *("0", "2", "2.1", "2.1.1", "2.2", "2.10", "9", "10")
    ]


def test_summary_and_conclusion_are_no_part_of_the_body() -> None:
    sections = outline("0", "1", "2")
    sections[-1].origin = "conclusion"

    assert [entry.number for entry in tree.body(sections)] == ["1"]


def test_a_section_grows_once_never_below_the_third_level_and_never_when_it_is_locked() -> None:
    sections = outline("0", "1", "1.1", "2", "3", "1.1.1", locked="3")

    assert {number for number in ("0", "1", "1.1", "1.1.1", "2", "3", "9") if tree.may_grow(sections, number)} == {"2"}


def test_siblings_share_what_is_above_them() -> None:
    sections = outline("0", "1", "2", "2.1", "2.2", "2.2.1")

    assert [entry.number for entry in tree.siblings(sections, "2.1")] == ["2.2"]
    assert [entry.number for entry in tree.siblings(sections, "1")] == ["2"]
    assert [entry.number for entry in tree.children(sections, "2")] == ["2.1", "2.2"]
