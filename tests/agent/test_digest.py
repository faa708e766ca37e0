"""The report in few words: what a digest shows, and that it stops growing."""

from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import digest
from redraft.store.models import Section
from redraft.tests.rows import section

TEXT = "Trams run on rails [e1]. They carry many people [e2, e3]. " * 20


def wide(count: int) -> list[Section]:
    return [section(str(number), title=f"Matter number {number}") for number in range(1, count + 1)]


def test_the_outline_names_every_section_and_no_purpose() -> None:
    assert digest.outline(wide(2)) == "1 Matter number 1\n2 Matter number 2"


def test_what_a_section_says_is_shown_without_its_citations() -> None:
    assert digest.report(wide(1), {"1": "Trams run on rails [e1]. More."}) == (
        "1 Matter number 1: Trams run on rails. More."
    )


def test_a_section_that_is_not_written_is_left_out_of_the_report_and_told_by_its_purpose_to_neighbours() -> None:
    assert digest.report(wide(2), {"1": "Trams run."}) == "1 Matter number 1: Trams run."
    assert digest.neighbours(wide(2), "1", {}) == "2 Matter number 2: How trams run."


def test_the_closest_sections_are_told_and_no_more_than_a_writer_can_heed() -> None:
    sections = [*wide(20), *(section(f"7.{number}", title=f"Part {number}") for number in (1, 2, 3))]

    told = digest.neighbours(sections, "7.2", {}).splitlines()

    assert len(told) == digest.NEIGHBOURS
    assert {"7 Matter", "7.1 Part", "7.3 Part"} <= {" ".join(line.split()[:2]) for line in told}


@given(st.integers(1, 400))
def test_no_digest_grows_beyond_its_room(count: int) -> None:
    sections = wide(count)
    texts = dict.fromkeys((entry.number for entry in sections), TEXT)

    told = digest.report(sections, texts)

    assert len(told) <= digest.MOST_CHARACTERS + 80 * count
    assert len(digest.neighbours(sections, "1", texts)) <= digest.NEIGHBOURS * 3 * digest.SENTENCE_CHARACTERS


def test_deep_sections_are_left_out_of_an_outline_that_is_too_long() -> None:
    deep = [
        section(f"{top}.{below}", title="A rather long title of a section " * 2)
        for top in range(1, 21)
        for below in (1, 2, 3, 4)
    ]

    lines = digest.outline([*wide(20), *deep]).splitlines()

    assert [line.split()[0] for line in lines] == [str(number) for number in range(1, 21)]


@given(st.text(max_size=300), st.integers(20, 200))
def test_a_gist_is_never_longer_than_its_room(text: str, room: int) -> None:
    assert len(digest.gist(text, room)) <= room
