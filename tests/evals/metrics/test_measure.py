import time
from datetime import date
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redraft.evals.metrics import METRICS, measure
from redraft.evals.metrics.given import Cost, Encode, Gold, Trace, Work

PASSAGES = {
    "http://www.example.org/trams/": [
        "Trams run on rails. The line was opened in 1904. It carries 12,500 people a day."
    ],
    "https://example.com/buses": ["Buses run on roads and cost less than trams do."],
}
ARTICLE = """# Trams

## History

The tram line was opened in 1904 and carries 12,500 people a day on its rails [1].

## Costs

Buses run on roads everywhere and cost less than trams do, as is well known [2]. Nobody has asked yet?

## References

[1] Trams. https://example.org/trams
[2] Buses. https://example.com/buses
"""


def test_every_metric_is_measured_and_described() -> None:
    assert list(measure(ARTICLE)) == list(METRICS)
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.definition.endswith(".")
        assert metric.unit
        assert metric.source
        assert metric.blind


UNKNOWN = {
    "fabricated_citations",
    "unreachable_citations",
    "number_support",
    "date_support",
    "quote_support",
    "lexical_support",
    "embedding_support",
    "supported_claims",
    "meant_claims",
    "effective_citations",
    "reference_precision",
    "reference_recall",
    "reference_f1",
    "vital_nugget_recall",
    "nugget_recall",
    "key_point_recall",
    "source_age",
    "heading_soft_recall",
    "length_score",
    "break_rate",
    "breaking_versions",
    "round_novelty",
    "tokens",
    "model_calls",
    "seconds",
    "energy",
}


def test_what_is_not_given_is_not_measured() -> None:
    found = measure(ARTICLE)

    assert {name for name, value in found.items() if value is None} == UNKNOWN


def test_everything_is_measured_of_what_is_given(encode: Encode) -> None:
    trace = Trace([["Trams run on rails [e1].", "Buses run on roads [e2]."]], [0.5])
    gold = Gold(
        references=[Work("Trams", "https://example.org/trams")],
        vital=["The tram line was opened in 1904"],
        key_points=["Buses cost less than trams"],
        headings=["History"],
        words=30,
        language="en",
    )
    published = {"https://example.org/trams": date(2020, 1, 1)}
    told: dict[str, Any] = {"gold": gold, "encode": encode, "trace": trace, "cost": Cost(100, 3, 60.0, 30.0)}
    dates: dict[str, Any] = {"published": published, "today": date(2021, 1, 1)}
    found = measure(ARTICLE, passages=PASSAGES, cited=PASSAGES, **dates, **told)

    assert [name for name, value in found.items() if value is None] == ["date_support", "quote_support"]
    assert found["energy"] == 0.5
    assert found["source_age"] == pytest.approx(1, abs=0.01)
    assert found["break_rate"] == 1


def test_no_article_is_no_article() -> None:
    found = measure("", passages={}, gold=Gold(references=[Work("Trams and rails")], vital=["a point"], words=10))

    for name in ("words", "length_score", "reference_recall", "vital_nugget_recall"):
        assert found[name] == 0
    assert found["citation_coverage"] is None


SHARES = [name for name, metric in METRICS.items() if metric.unit in ("share", "0 or 1")]
FRAGMENTS = [
    "Trams carry 12,500 people a day on the rails of the old town [1].",
    "中国的城市轨道交通在过去二十年里发展得非常迅速，里程位居世界第一【1】。",
    "تعمل عربات الترام على القضبان في كل مدينة كبيرة",
    "\n\n# A heading\n\n",
    "\n## Sources\n",
    "\n[1] https://a.org\n",
    "| a | b |\n| --- | --- |\n| 1 |\n",
    "```",
    "“one two three four”",
    "[^2_3]",
    "[x](https://b.org/?q=1)",
]
PIECES = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(FRAGMENTS)), max_size=12)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(PIECES, PIECES, st.sampled_from(["", " ", "\n", "\n\n"]))
def test_no_text_makes_a_metric_raise_or_leave_its_range(article: list[str], passage: list[str], gap: str) -> None:
    texts = ["".join(passage)]
    gold = Gold(references=[Work(gap.join(article))], vital=texts, okay=texts, key_points=texts, words=7, language="de")
    found = measure(gap.join(article), passages={"https://a.org": texts, "": texts}, gold=gold)

    assert all(0 <= value <= 1 for name in SHARES if (value := found[name]) is not None)
    assert all(value >= 0 for name, value in found.items() if value is not None and name != "flesch_kincaid")


REORDERED = [
    "citation_coverage",
    "hard_citation_coverage",
    "section_citation_coverage",
    "citations_per_claim",
    "dangling_citations",
    "unused_references",
    "numbering_faults",
    "fabricated_citations",
    "number_support",
    "lexical_support",
    "supported_claims",
    "effective_citations",
    "distinct_sources",
    "domains",
    "source_diversity",
    "headings",
    "section_gini",
    "duplicate_headings",
    "words",
    "duplication",
    "alike_pairs",
    "sentence_length",
    "flesch_kincaid",
    "bullet_share",
]


def test_the_order_of_sections_changes_nothing_that_does_not_look_at_it() -> None:
    head, *sections = ARTICLE.partition("\n## References")[0].split("\n## ")
    tail = ARTICLE.partition("\n## References")[2]
    sections.append("More\n\nTrams run on rails in this town, and the tram line was opened in 1904, we think.\n")
    orders = ["\n## ".join([head, *order]) + "\n## References" + tail for order in permutations(sections)]
    first, *others = [measure(article, passages=PASSAGES) for article in orders]

    for other in others:
        assert {name: other[name] for name in REORDERED} == pytest.approx({name: first[name] for name in REORDERED})


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "| ", "- a\n", "a. ", "let me ", "我需要", "“", "1,", "\\|", "```\n", "## x\n", "年"]
)
def test_hostile_text_is_measured_in_time(piece: str) -> None:
    began = time.perf_counter()
    measure(piece * (20_000 // len(piece)))

    assert time.perf_counter() - began < 10


@pytest.fixture
def encode() -> Encode:
    """Texts by the words of a few that they have: alike where they share them."""
    words = ["tram", "bus", "rail", "road", "1904", "history", "cost"]

    def encoded(texts):  # type: ignore[no-untyped-def]
        rows = np.array([[text.lower().count(word) + 0.01 for word in words] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return encoded
