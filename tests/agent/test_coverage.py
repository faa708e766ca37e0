"""Whether a report covers a point: found by its words, in a few sentences in a row, in any section."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.checklist import Item
from redraft.agent.citations import without_marks
from redraft.agent.coverage import WINDOW, coverage, covered, measurable, of_run, share
from redraft.store.database import Database
from redraft.tests.agent.mended import mended
from redraft.tests.texts import TEXTS
from redraft.tools.retrieve import terms

REPORT = {
    "1": "Cities differ. A tram line carries up to 9,000 passengers an hour [e1]. Buses are slower.",
    "2": "Much is said of money. Rails are dear [e2]. A kilometre of them takes millions. They last for thirty years.",
    "2.1": "有轨电车的建设成本约为每公里两千万欧元[e3]。公共汽车便宜得多。",
}


def item(text: str, *, weight: int = 2, dimension: str = "comprehensiveness") -> Item:
    return Item(dimension=dimension, text=text, weight=weight, origin="model")  # type: ignore[arg-type]


def test_a_point_is_covered_where_most_of_its_words_stand_together() -> None:
    place = covered("How many passengers a tram line carries in an hour", REPORT)

    assert place is not None
    assert place.section == "1"
    assert place.sentence == "A tram line carries up to 9,000 passengers an hour."
    assert place.share > 0.8


def test_sentences_in_a_row_may_cover_a_point_together() -> None:
    place = covered("Rails: millions for a kilometre, and thirty years", REPORT)

    assert place is not None
    assert (place.section, place.sentence) == ("2", "A kilometre of them takes millions.")


def test_words_that_stand_far_apart_cover_nothing() -> None:
    filler = "Nothing is known of it. " * WINDOW
    point = "Ferries cross rivers cheaply in summer"

    assert covered(point, {"1": f"Ferries exist. {filler}They cross. {filler}Rivers are cheaply had."}) is None
    assert covered(point, {"1": "Ferries exist. They cross. Rivers are cheaply had."}) is not None


@pytest.mark.parametrize("point", ["What ferries carry across rivers", "", "…", "and the of"])
def test_a_point_that_is_not_there_or_has_no_words_is_not_covered(point: str) -> None:
    assert covered(point, REPORT) is None
    assert covered(point, {}) is None


def test_a_point_in_a_language_that_does_not_divide_words_is_found() -> None:
    place = covered("有轨电车每公里的建设成本", REPORT)

    assert place is not None
    assert (place.section, place.sentence) == ("2.1", "有轨电车的建设成本约为每公里两千万欧元。")
    assert covered("渡轮的载客能力和航线", REPORT) is None


def test_what_is_covered_is_told_for_each_point_and_weighed() -> None:
    entries = coverage([item("Passengers of a tram line", weight=3), item("Ferries on rivers", weight=1)], REPORT)

    assert [entry.place is not None for entry in entries] == [True, False]
    assert share(entries) == 0.75
    assert share([]) == 1


def test_only_points_that_name_a_matter_can_be_measured() -> None:
    named, weighed, empty = item("Costs"), item("Compares them", dimension="insight"), item("…")

    assert measurable([named, weighed, empty]) == [named]


def test_the_points_of_a_run_are_looked_for_in_its_body_alone(database: Database) -> None:
    entries = of_run(database, mended(database))

    assert [entry.place and entry.place.section for entry in entries] == ["2.1", None, "1"]
    assert of_run(database, "nobody") == []


@given(TEXTS, st.dictionaries(st.sampled_from(["1", "2", "2.1"]), TEXTS, max_size=3))
def test_a_place_is_always_in_the_report_and_never_says_more_of_the_point_than_its_section(
    point: str, texts: dict[str, str]
) -> None:
    place = covered(point, texts)

    if place is not None:
        said = terms(point) & terms(without_marks(texts[place.section]))
        assert 0 < round(place.share * len(terms(point))) <= len(said)


WORDS = st.lists(st.sampled_from(["trams", "buses", "rails", "cost", "carry", "cities"]), min_size=1, max_size=8)


@given(WORDS, TEXTS, TEXTS)
def test_a_point_that_a_sentence_says_word_for_word_is_always_covered(
    words: list[str], before: str, after: str
) -> None:
    point = " ".join(words).capitalize()

    assert covered(point, {"1": before, "2": f"{point} [e1].", "3": after}) is not None
