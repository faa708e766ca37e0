import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.support_bench import Pair, auc, best_bound, evaluate, held_to, main, read

WORDS = st.floats(0, 1)


def pair(sentence: str, *, is_cited: bool) -> Pair:
    return Pair(sentence, "An abstract.", lambda _: 1.0, is_cited=is_cited)


def scored(values: dict[str, float]) -> list[Pair]:
    return [pair(name, is_cited=name.startswith("yes")) for name in values]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    latex = r"""\subsection{Trams}
Trams that run on iron rails carry more people than any bus \cite{trams}. Cycling lanes cost towns hardly any money
at all~\citep[see][]{bikes, unknown}. Short one \cite{trams}."""
    works = [
        ("1v1", "trams", "We show that trams on iron rails carry many people. A bus carries fewer."),
        ("1v1", "bikes", "Lanes for cycling cost little money. Towns build them at once."),
        ("1v1", "bare", ""),
        ("2v1", "trams", "Of another paper."),
    ]
    _write(tmp_path / "papers_with_related_works.csv", ["arxiv_id", "clean_latex_related_works"], [("1v1", latex)] * 2)
    head = ["parent_paper_arxiv_id", "citation_shorthand", "cited_paper_abstract"]
    _write(tmp_path / "recovered_citations.csv", head, works)
    return tmp_path


def _write(path: Path, head: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def test_each_citation_is_a_pair_and_has_one_with_an_abstract_that_its_sentence_does_not_cite(folder: Path) -> None:
    pairs = read(folder)[0]

    assert [(one.sentence.split()[0], one.abstract.split()[0], one.is_cited) for one in pairs] == [
        ("Trams", "We", True),
        ("Trams", "Lanes", False),
        ("Cycling", "Lanes", True),
        ("Cycling", "We", False),
    ]
    assert "cite" not in pairs[0].sentence


def test_the_abstract_that_a_sentence_is_about_is_told_from_the_other(folder: Path) -> None:
    for fit in evaluate(read(folder), None):
        assert (fit.auc, fit.precision, fit.recall) == (1, 1, 1)


def test_the_area_under_the_curve_is_1_0_and_a_half() -> None:
    values = {"yes 1": 0.9, "yes 2": 0.8, "no 1": 0.2, "no 2": 0.1}

    assert auc(scored(values), lambda one: values[one.sentence]) == 1
    assert auc(scored(values), lambda one: -values[one.sentence]) == 0
    assert auc(scored(values), lambda one: 0.5) == 0.5


def test_the_bound_is_the_lowest_that_tells_most() -> None:
    values = {"yes 1": 0.9, "yes 2": 0.6, "no 1": 0.5, "no 2": 0.1}
    bound = best_bound(scored(values), lambda one: values[one.sentence])

    assert bound == 0.51
    assert held_to("", lambda one: values[one.sentence], bound, scored(values))[3:] == (1, 1)


@given(st.lists(WORDS, min_size=1, max_size=9), st.lists(WORDS, min_size=1, max_size=9))
def test_the_area_is_the_share_of_pairs_of_pairs_in_the_right_order(some: list[float], others: list[float]) -> None:
    values = {f"yes {at}": value for at, value in enumerate(some)} | {f"no {at}": v for at, v in enumerate(others)}
    right = sum((one > other) + (one == other) / 2 for one in some for other in others)

    assert auc(scored(values), lambda one: values[one.sentence]) == pytest.approx(right / (len(some) * len(others)))


def test_the_program_prints_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="no DeepScholar-Bench"):
        main([str(folder / "nothing")])
    with pytest.raises(SystemExit, match="usage"):
        main([])
    assert capsys.readouterr().out == ""
