from itertools import permutations

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from redraft.evals.benchmarks.references import arxiv_id, cited, link, normalised, references, split, with_marks
from redraft.evals.metrics.document import Reference
from redraft.tests.evals.benchmarks.given import ARTICLE


def test_the_list_is_read_with_titles_and_addresses() -> None:
    assert references(ARTICLE) == [
        Reference(1, "A Survey of Trams", "https://arxiv.org/abs/2401.00001v2"),
        Reference(2, "Trams vs. Buses", "https://nature.example/trams_(rail)"),
        Reference(3, "Rails That Last", "https://arxiv.org/pdf/2402.00002"),
    ]


def test_the_list_of_any_language_is_found_and_the_last_one_counts() -> None:
    text = "# Bäume\n\n## Quellen\n\nEs gibt Quellen.\n\n## Quellen\n\n[1] Ein Baum. file:///baum.md\n"

    assert references(text) == [Reference(1, "Ein Baum", "file:///baum.md")]
    assert split(text)[0].endswith("Es gibt Quellen.")


@examples(st.text(alphabet="#[]1, \nReferencs:/.", max_size=60))
def test_text_and_list_are_always_the_whole_article(article: str) -> None:
    text, entries = split(article)

    assert article.startswith(text)
    assert article.endswith(entries)
    assert not article.removeprefix(text).removesuffix(entries).strip()


def test_marks_are_replaced_one_by_one_and_leave_no_gap() -> None:
    text = "One [1, 2]. Two [3]! [a link](https://x.example) and [4](https://y.example)."

    assert with_marks(text, lambda number: f"({number})") == (
        "One (1) (2). Two (3)! [a link](https://x.example) and [4](https://y.example)."
    )
    assert with_marks(text, lambda number: "").startswith("One. Two! [a link]")
    assert cited(text) == [1, 2, 3]


def test_an_address_with_brackets_stays_one_link() -> None:
    assert link(3, "https://x.example/a_(b)") == "[3](https://x.example/a_%28b%29)"


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("http://arxiv.org/abs/2004.13332v1", "2004.13332"),
        ("https://www.arxiv.org/pdf/2401.00001", "2401.00001"),
        ("arXiv:1706.03762", "1706.03762"),
        ("https://arxiv.org/abs/cs.CL/0101001", "cs.CL/0101001"),
        ("https://nature.com/2004.13332", None),
        ("", None),
    ],
)
def test_the_number_of_a_work_on_arxiv(text: str, identifier: str | None) -> None:
    assert arxiv_id(text) == identifier


@pytest.mark.parametrize(
    "titles",
    [
        (
            "{BERT}: Pre-training of Deep Nets",
            "[1810.04805] BERT: Pre-Training of deep nets.",
            "bert pre training of deep nets",
        ),
        ('G{\\"o}del machines', "Gödel Machines", "Godel machines"),
        ("\\textit{U-Net}", "U-net", "u net"),
    ],
)
def test_spellings_of_one_title_are_equal(titles: tuple[str, ...]) -> None:
    assert all(normalised(one) == normalised(other) != "" for one, other in permutations(titles, 2))


def test_different_titles_stay_different() -> None:
    assert normalised("GPT-3") != normalised("GPT-4")
    assert normalised("图像分割综述") != normalised("图像分类综述")
