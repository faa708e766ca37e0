import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.retrieval_bench import (
    Paper,
    Work,
    evaluate,
    main,
    mean_interval,
    ndcg,
    ratio_interval,
    read,
    recall,
    retrievers,
    table,
)

RANKINGS = st.lists(st.integers(0, 20), unique=True)
SHARES = st.floats(0, 1)


def test_recall_is_the_share_of_what_is_relevant_that_was_found() -> None:
    assert recall([3, 1, 2], {1, 2, 7, 8}, at=2) == 0.25
    assert recall([3, 1, 2], {1, 2, 7, 8}, at=10) == 0.5
    assert recall([1], set(), at=10) == 0


def test_ndcg_counts_a_find_for_less_the_later_it_comes() -> None:
    assert ndcg([1, 2, 9], {1, 2}, at=10) == 1
    assert ndcg([9, 1], {1}, at=10) == pytest.approx(1 / math.log2(3))
    assert ndcg([9, 8, 1], {1}, at=2) == 0
    assert ndcg([1], set(), at=10) == 0


@given(RANKINGS, st.frozensets(st.integers(0, 20)), st.integers(1, 25))
def test_no_ranking_scores_below_0_or_above_1_and_one_that_begins_with_all_relevant_scores_1(
    ranking: list[int], relevant: frozenset[int], at: int
) -> None:
    perfect = sorted(ranking, key=lambda item: item not in relevant)

    for measure in (recall, ndcg):
        score, best = measure(ranking, relevant, at), measure(perfect, relevant, at)
        assert 0 <= score <= best + 1e-9 <= 1 + 2e-9
    assert ndcg(sorted(relevant), relevant, at) == pytest.approx(1 if relevant else 0)


@given(st.lists(SHARES, min_size=1, max_size=8))
def test_an_interval_never_leaves_out_its_mean_nor_leaves_the_values(values: list[float]) -> None:
    interval = mean_interval(values)

    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert mean_interval(values) == interval


def test_a_ratio_compares_two_ways_query_by_query() -> None:
    base = [0.1, 0.2, 0.4, 0.8]

    # Twice as good for every query is twice as good for every sample of them.
    assert ratio_interval([2 * value for value in base], base) == pytest.approx((2, 2, 2))
    assert math.isnan(ratio_interval([1.0], [0.0]).value)


def write(folder: Path) -> Path:
    papers = [
        {"arxiv_id": "2501.00001v2", "title": "Trams in cities", "abstract": "How trams run."},
        {"arxiv_id": "2501.00002", "title": "Buses", "abstract": "How buses run."},
    ]
    columns = ("parent_paper_arxiv_id", "cited_paper_title", "cited_paper_abstract", "search_res_content")
    works = [
        ("2501.00001v1", "Rails for trams", "Trams need rails.", "not this"),
        ("2501.00002v1", "Bus lanes", " ", "Lanes for buses."),
        ("2501.00001v1", "Overhead wires", "", "Cities hang wires."),
    ]
    for name, rows in (
        ("papers_with_related_works.csv", papers),
        ("recovered_citations.csv", [dict(zip(columns, work, strict=True)) for work in works]),
    ):
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_each_paper_is_to_find_the_works_that_it_cites(tmp_path: Path) -> None:
    works, papers = read(write(tmp_path))

    assert works == [
        Work("Rails for trams", "Trams need rails."),
        Work("Bus lanes", "Lanes for buses."),
        Work("Overhead wires", "Cities hang wires."),
    ]
    assert papers == [
        Paper("Trams in cities", "How trams run.", frozenset({0, 2})),
        Paper("Buses", "How buses run.", frozenset({1})),
    ]


class Letters:
    """Encodes a text by whether it speaks of buses."""

    name = "letters"

    def encode(self, texts: Sequence[str]) -> np.typing.NDArray[np.float32]:
        return np.array([[1, 0] if "bus" in text.lower() else [0, 1] for text in texts], np.float32)


def test_every_way_is_measured_for_titles_and_for_abstracts(tmp_path: Path) -> None:
    works, papers = read(write(tmp_path))

    scores = evaluate(papers, retrievers(works, Letters()))

    assert scores["title: recall@10"] == {"BM25": [1, 1], "dense": [1, 1], "fused": [1, 1]}
    assert scores["title and abstract: nDCG@10"]["dense"] == [1, 1]
    lines = table(scores).split("\n")
    assert lines[0] == "| measure | BM25 | dense | dense / BM25 | fused | fused / BM25 |"
    assert len(lines) == 2 + 6
    assert lines[2].startswith(
        "| title: recall@10 | 1.000 [1.000, 1.000] | 1.000 [1.000, 1.000] | 1.000 [1.000, 1.000] |"
    )


def test_without_an_encoder_there_is_bm25_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(write(tmp_path)), str(tmp_path)])

    told = capsys.readouterr()
    assert "no sentence model" in told.err
    assert told.out.startswith("3 works, 2 papers\n\n| measure | BM25 |\n")


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"], ["/nowhere"]])
def test_a_wrong_call_ends_with_one_line(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"usage: |no DeepScholar-Bench in /nowhere"):
        main(arguments)
