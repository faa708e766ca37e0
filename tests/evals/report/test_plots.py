"""Plots as SVG: text that is text, the same bytes each time, and nothing of the surroundings."""

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.evals.report.document import Cloud, Forest, Mark, Plot, Scatter, Spread
from redraft.evals.report.plots import LONGEST, svg
from redraft.evals.statistics import Interval
from redraft.tests.evals.report.given import ANY_TEXT

METADATA = {"metadata", "RDF", "Work"}
SVG = "{http://www.w3.org/2000/svg}"


def forest(*names: str) -> Forest:
    marks = [
        Mark(name, 0.1 * n, Interval(0.1 * n - 0.2, 0.1 * n + 0.2), bool(n), "noise") for n, name in enumerate(names)
    ]
    return Forest("Differences", "alt", {"↑ overall": marks})


def spread(*names: str) -> Spread:
    return Spread("Spread", "alt", {"↑ overall": dict.fromkeys(names, (1.0, 2.0, 2.0))})


def scatter(*names: str) -> Scatter:
    clouds = [Cloud(name, [1000.0, 2000.0], [0.5, 0.6]) for name in names]
    return Scatter("Cost", "alt", "overall", {"tokens": clouds, "seconds": clouds})


def texts(plot: Plot) -> Sequence[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg(plot)).iter(f"{SVG}text")]  # noqa: S314  # our own


def test_names_and_verdicts_are_text() -> None:
    assert {"↑ overall", "base", "new", "noise"} <= set(texts(forest("base", "new")))
    assert {"↑ overall", "base", "new"} <= set(texts(spread("base", "new")))
    assert {"tokens a report", "seconds a report", "overall", " base", " new"} <= set(texts(scatter("base", "new")))


def test_a_long_name_is_cut_and_a_dollar_is_a_dollar() -> None:
    shown = texts(spread("x" * 40, "$\\frac{a}$ & <b>", "_under"))
    assert {"x" * (LONGEST - 1) + "…", "$\\frac{a}$ & <b>", "_under"} <= set(shown)
    assert " _under" in texts(scatter("_under"))


@pytest.mark.parametrize("plot", [forest("a", "b"), spread("a", "b"), scatter("a", "b")])
def test_equal_plots_are_equal_bytes_whatever_the_users_own_style(plot: Plot) -> None:
    first = svg(plot)
    with mpl.rc_context({"svg.fonttype": "path", "font.size": 30, "lines.linewidth": 9}):
        assert svg(plot) == first
    assert not re.search(r"20\d\d-\d\d-\d\d|[Mm]atplotlib v|Matplotlib,", first)


def test_the_ink_is_that_of_the_readers_screen() -> None:
    drawn = svg(forest("a"))
    assert "prefers-color-scheme:dark" in drawn
    assert ": currentColor" in drawn
    assert ": #000000" not in drawn


def test_what_has_no_interval_or_one_value_can_be_drawn() -> None:
    assert "lone" in texts(Forest("c", "alt", {"m": [Mark("lone", 0.0, None, clear=False, told="noise")]}))
    assert "lone" in texts(Spread("c", "alt", {"m": {"lone": [1.0]}}))


@given(ANY_TEXT, st.sampled_from([forest, spread, scatter]))
@settings(max_examples=25)  # each is drawn
def test_any_name_can_be_drawn_and_none_becomes_markup(name: str, kind: Callable[[str], Plot]) -> None:
    drawn = ET.fromstring(svg(kind(name)))  # noqa: S314  # our own
    tags = {element.tag.rpartition("}")[2] for element in drawn.iter()}
    assert tags <= {"svg", "g", "defs", "style", "path", "use", "text", "title", "clipPath", "rect", *METADATA}
