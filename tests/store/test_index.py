"""How a library is searched."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.store import library
from redraft.store.database import Database
from redraft.store.models import Source, now
from redraft.tools.passages import cut
from redraft.tools.retrieve import search_words

NUMBERS = itertools.count()


class Line(NamedTuple):
    """A passage of its own."""

    start: int
    end: int
    heading: str


def source(url: str, name: str = "mine") -> Source:
    return Source(library=name, url=url, title="A", site="here", digest="d", page_digest="", added_at=now())


def put(database: Database, *texts: str, name: str = "mine") -> None:
    for number, text in enumerate(texts):
        library.add(database, source(f"file:///{number:03}", name), text, cut(text))


def put_lines(database: Database, lines: Sequence[str]) -> None:
    """One document with a passage for each line: many passages in little time."""
    spans, at = [], 0
    for line in lines:
        spans.append(Line(at, at + len(line), ""))
        at += len(line) + 1
    library.add(database, source("file:///lines"), "\n".join(lines), spans)


def found(database: Database, query: str, *, limit: int = 9, name: str = "mine") -> list[str]:
    return [match.passage.text for match in library.search(database, name, search_words(query), limit=limit)]


CHINESE = "北京市的地铁每天运送一千万名乘客。"
JAPANESE = "東京の路面電車は一日に五万人を運ぶ。"
KOREAN = "서울의 지하철은 하루에 칠백만 명을 나른다."


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("北京地铁", CHINESE),
        ("乘客", CHINESE),
        ("路面電車", JAPANESE),
        ("東京のトラム", JAPANESE),
        ("지하철", KOREAN),
        ("서울 교통", KOREAN),
        ("千", CHINESE),
    ],
)
def test_chinese_japanese_and_korean_are_found_by_parts_of_their_sentences(
    database: Database, query: str, text: str
) -> None:
    put(database, CHINESE, JAPANESE, KOREAN, "Trams carry passengers.")

    assert found(database, query)[0] == text


def test_words_of_two_scripts_are_found_side_by_side(database: Database) -> None:
    put(database, "使用AI技术的车辆。", "AI runs trams.")

    assert found(database, "AI 车辆") == ["使用AI技术的车辆。", "AI runs trams."]


def test_equal_libraries_give_equal_answers_whatever_came_first(database: Database) -> None:
    texts = [f"Trams of line {number:03} run." for number in range(60)]
    for name, order in (("first", range(60)), ("second", range(59, -1, -1))):
        for number in order:
            library.add(database, source(f"file:///{number:03}", name), texts[number], cut(texts[number]))

    for name in ("first", "second"):
        assert found(database, "trams run", limit=3, name=name) == texts[:3]


def test_more_copies_of_one_text_than_are_asked_for_leave_room_for_others(database: Database) -> None:
    put(database, *["Trams, trams, trams."] * 40, "Trams run beside buses.")

    assert found(database, "trams", limit=2) == ["Trams, trams, trams.", "Trams run beside buses."]


@settings(max_examples=20, deadline=None)
@given(others=st.lists(st.sampled_from(["Trams.", "Rails, rails.", "Trams on rails and wires."]), max_size=8))
def test_nothing_in_another_library_changes_the_order_in_this_one(shared: Database, others: list[str]) -> None:
    mine, other = f"mine {next(NUMBERS)}", f"100 % of the other's {next(NUMBERS)}"
    put(shared, "Trams have wires.", "Rails have ties.", "Rails, then.", "Buses have tyres.", name=mine)

    alone = found(shared, "trams rails", name=mine)
    put(shared, *others, name=other)

    assert found(shared, "trams rails", name=mine) == alone


def test_common_words_weigh_in_a_large_library_and_a_rare_one_chooses(database: Database) -> None:
    # 24,000 passages: "tram" and "rail" stand in 10,800 each, together more than are ranked; "viaduct" in two.
    lines = [f"n{n} {'tram' if n % 20 < 9 else 'bus'} {'rail' if n % 20 > 10 else 'road'}" for n in range(24_000)]
    lines[5] += " viaduct"  # with "tram"
    lines[11] += " viaduct"  # with "rail"

    put_lines(database, lines)

    assert found(database, "tram rail viaduct")[:2] == [lines[5], lines[11]]
    assert found(database, "tram road viaduct", limit=1) == [lines[5]]
    assert found(database, "bus rail viaduct", limit=1) == [lines[11]]
    assert len(found(database, "tram rail", limit=40)) == 40


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("cafe", "Le café est là."),
        ("Zürich", "ZURICH HAS TRAMS."),
        ("draft", "Drafting takes weeks."),
        ("rails' \\ \0 | & !:*", "Trams run on rails."),
        ("3.11", "Python 3.11 is out."),
    ],
)
def test_words_are_found_in_their_other_forms_and_whatever_signs_stand_beside_them(
    database: Database, query: str, text: str
) -> None:
    put(database, text, "Something else altogether.")

    assert found(database, query) == [text]


def test_a_heading_that_names_the_matter_comes_before_a_word_in_passing(database: Database) -> None:
    put(database, "# Buses\n\nThey pass a tram or two here.", "# Trams\n\nThey pass a bus or two here.")

    assert [text.split()[-4] for text in found(database, "tram")] == ["bus", "tram"]


def test_a_library_without_documents_is_searched_in_vain(database: Database) -> None:
    assert found(database, "trams", name="nobody's") == []
