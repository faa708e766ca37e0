import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.metrics.document import UNNUMBERED, parse
from redraft.prompts.labels import LANGUAGES, labels

OURS = """# Trams

Trams run on rails in every city that has them today [1]. Buses run on roads, which costs less [1, 3].

## Costs

| kind | euros |
| --- | --- |
| tram | a million euros for each kilometre of line [2] |

## References

[1] Trams. example.org, 2024. https://example.org/trams
[2] Costs. https://example.org/costs
[3] Buses. https://example.com/buses
"""


def test_the_form_of_our_own_reports_is_read() -> None:
    document = parse(OURS)

    assert document.title == "Trams"
    assert [(section.level, section.heading) for section in document.sections] == [(1, "Trams"), (2, "Costs")]
    assert [reference.number for reference in document.references] == [1, 2, 3]
    assert document.references[1] == (2, "Costs", "https://example.org/costs")
    assert [sentence.citations for sentence in document.sentences] == [[1], [1, 3], [2]]
    assert document.language == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_report_lacks_is_no_part_of_it(language: str) -> None:
    box = f"> **{labels(language).limits}** No draft of 3 sections passed its checks: there 12 passages are quoted."

    assert parse(OURS.replace("## References", f"{box}\n\n## References")).sentences == parse(OURS).sentences
    assert parse(f"# A\n\n{box.replace('**', '')}").sentences  # anybody's quotation


@pytest.mark.parametrize(
    ("mark", "entry"),
    [
        ("[7]", "[7] Trams: https://example.org/a"),
        ("[7]", "7. [Trams](https://example.org/a)"),
        ("[7]", "7. Trams: https://example.org/a"),
        ("[7]", "- [7] https://example.org/a - Trams"),
        ("[^7]", "[^7]: Trams https://example.org/a"),
        ("[^1_7]", "[^1_7]: https://example.org/a"),
        ("【7】", "[7] Trams: https://example.org/a"),
        ("【7†L10-L12】", "【7】 Trams: https://example.org/a"),
        ("[7†source]", "[7] Trams (2024): https://example.org/a"),
        ("[7](https://example.org/a)", "7. [Trams](https://example.org/a)"),
        (" [Trams](https://example.org/a)", "- [Trams](https://example.org/a)"),
        (" https://example.org/a", "* Trams. https://example.org/a"),
    ],
)
@pytest.mark.parametrize(
    "heading", ["## Sources", "**References:**", "参考文献：", "## 六、参考来源", "### Key Citations", "## المراجع"]
)
def test_the_marks_and_lists_of_other_systems_are_read(mark: str, entry: str, heading: str) -> None:
    document = parse(f"# Report\n\nTrams run on rails{mark}.\n\n{heading}\n{entry}\n")

    assert [reference.url for reference in document.references] == ["https://example.org/a"]
    assert document.cited == [document.references[0].number]
    assert "example.org" not in document.text


def test_a_list_without_a_heading_is_read_by_its_numbers_and_addresses() -> None:
    document = parse(
        "Trams run on rails. [1]\n\n[1] https://example.org/a\n\nhttps://example.org/a\n\n[2] [4] https://b.org/\n"
    )

    assert [(reference.number, reference.url) for reference in document.references] == [
        (1, "https://example.org/a"),
        (2, "https://b.org/"),
        (4, "https://b.org/"),
    ]
    assert document.sentences[0].citations == [1]


def test_text_behind_a_list_of_references_is_text() -> None:
    document = parse("## One\n\nFirst [1].\n\n## Sources\n\n[1] https://a.org/\n\n## Two\n\nSecond.\n")

    assert [section.heading for section in document.sections] == ["One", "Two"]
    assert document.text == "First [e1].\n\nSecond."


def test_a_span_of_references_names_each_and_an_interval_of_numbers_none() -> None:
    assert parse("Trams run on rails [1-3, 7].").cited == [1, 2, 3, 7]
    assert parse("中国的电车在铁轨上运行【1-3，5】。").cited == [1, 2, 3, 5]
    assert parse("A number in [0, 1] is a share.").cited == []


def test_an_address_ends_before_the_stop_of_its_sentence_and_keeps_its_own_brackets() -> None:
    document = parse("See https://a.org/b_(c).d?e=f. And (https://b.org/x,y), or https://c.org/!? It ends")

    assert [reference.url for reference in document.references] == [
        "https://a.org/b_(c).d?e=f",
        "https://b.org/x,y",
        "https://c.org/",
    ]


def test_a_file_of_a_library_is_an_address() -> None:
    document = parse("Trams run [1].\n\n## References\n\n[1] Trams. cities. file:///library/1%20a.md\n")

    assert document.references == ((1, "Trams. cities", "file:///library/1%20a.md"),)


def test_code_is_neither_cited_from_nor_a_sentence() -> None:
    document = parse("Look at `a[1]`.\n\n```\nx = a[2]\n# Sources\n[3] https://a.org/\n```\n\nIt ends [4].")

    assert document.cited == [4]
    assert document.references == ()
    assert len(document.sentences) == 2


def test_a_link_that_the_list_lacks_is_a_reference_of_its_own() -> None:
    document = parse("See [Trams](https://example.org/a?utm_source=x) and https://example.org/a now.")

    assert [(r.number, r.title) for r in document.references] == [(UNNUMBERED, "Trams")]
    assert document.listed == 0


def test_chinese_and_arabic_sentences_are_told_apart_and_claims_by_their_length() -> None:
    chinese = parse("中国的城市轨道交通在过去二十年里发展得非常迅速，里程位居世界第一[1]。真的吗？它很快。")
    arabic = parse("تعمل عربات الترام على القضبان في كل مدينة كبيرة في العالم منذ عام 1900 [1]. لماذا؟")

    assert [sentence.is_claim for sentence in chinese.sentences] == [True, False, False]
    assert [sentence.is_claim for sentence in arabic.sentences] == [True, False]
    assert (chinese.language, arabic.language) == ("zh", "ar")


@given(
    st.text(),
    st.lists(
        st.sampled_from(["[1]", "](http://a.b", "【", "\n", "# Sources\n", "|", "```", "[^1_2]:", "1. ", "[", "("])
    ),
)
def test_no_text_makes_it_raise_and_no_reference_without_a_number_or_an_address(text: str, pieces: list[str]) -> None:
    document = parse(text + "".join(pieces) + text)

    assert all(reference.number >= 0 for reference in document.references)
    assert document.listed <= len(document.references)
    assert all(sentence.text.strip() for sentence in document.sentences)


@pytest.mark.parametrize(
    "piece",
    ["[", "[1", "[1,", "](http://a(", "`", "|", "【1†", "https://a.b/(", "#", "[1] ", "![a](http://", "\n- [", "[^1"],
)
def test_hostile_markdown_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def took(times: int) -> float:
        began = time.process_time()
        parse(piece * times).sentences  # noqa: B018 - computed when it is asked for
        return time.process_time() - began

    took(100)
    # Four times as long may take four times as long; eight leaves room for a busy machine, sixteen would be a square.
    assert took(40_000) < 10 * max(took(10_000), 0.02)
