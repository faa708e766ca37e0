import re

from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.language import size
from redraft.tools.passages import MAX_SIZE, cut
from redraft.tools.types import Span


def passages(text: str) -> list[tuple[str, str]]:
    return [(span.heading, text[span.start : span.end]) for span in cut(text)]


def test_a_passage_is_named_by_all_headings_that_it_stands_below() -> None:
    text = "A.\n# Trams\nB.\n## Cost\nC.\n### Rails\nD.\n## Speed\nE.\n# Buses\nF.\n### Cost\nG.\n## Speed ##\nH."

    assert passages(text) == [
        ("", "A."),
        ("Trams", "B."),
        ("Trams > Cost", "C."),
        ("Trams > Cost > Rails", "D."),
        ("Trams > Speed", "E."),
        ("Buses", "F."),
        ("Buses > Cost", "G."),
        ("Buses > Speed", "H."),
    ]


def test_a_heading_opens_a_passage_and_names_all_those_below_it() -> None:
    text = f"Before.\n\n# Trams\n\nThey run.\n\n{'They run often. ' * 80}\n\n## Costs ##\nHigh.\n"

    found = passages(text)

    assert found[0] == ("", "Before.")
    assert found[1][0] == "Trams"
    assert found[1][1].startswith("They run.\n\nThey run often.")
    assert {heading for heading, _ in found[1:-1]} == {"Trams"}
    assert found[-1] == ("Trams > Costs", "High.")


def test_small_neighbours_below_one_heading_share_a_passage() -> None:
    text = "# Trams\n\nOne.\n\n- two\n- three\n\nFour."

    assert passages(text) == [("Trams", "One.\n\n- two\n- three\n\nFour.")]


def test_headings_are_passages_only_where_there_is_nothing_else() -> None:
    assert passages("# Trams\n\n## Costs\n") == [("", "# Trams\n\n## Costs")]
    assert passages("# Trams\n\n## Costs\n\nHigh.") == [("Trams > Costs", "High.")]
    assert cut(" \n ") == []


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "This sentence is about trams in Bergen, e.g. their cost."

    found = passages(" ".join([sentence] * 40))

    assert len(found) == 3
    assert all(passage.startswith("This") and passage.endswith("cost.") for _, passage in found)


def test_code_and_tables_stay_whole_when_they_fit() -> None:
    code = "```\n" + "x = 1\n\n# no heading\n" * 30 + "```"
    table = "| a | b |\n|---|---|\n" + "| 1. | 2. |\n" * 50

    found = passages(f"{'Words. ' * 100}\n\n{code}\n\n{'Words. ' * 100}\n\n{table}")

    assert ("", code) in found
    assert ("", table.strip()) in found


def test_code_and_tables_that_do_not_fit_are_cut_between_lines() -> None:
    rows = [f"| row {number} | {'x' * 80} |" for number in range(40)]
    code = ["```", *(f"line_{number} = '{'x' * 80}'" for number in range(40)), "```"]

    for lines in (rows, code):
        found = [passage for _, passage in passages("\n".join(lines))]
        assert len(found) > 1
        assert "\n".join(found).split("\n") == lines


def test_a_sentence_without_end_is_cut_at_a_space_or_hard() -> None:
    words, letters = "tram " * 500, "x" * 2500

    assert all(set(passage.split()) == {"tram"} for _, passage in passages(words))
    assert [len(passage) for _, passage in passages(letters)] == [1000, 1000, 500]


def test_a_passage_in_a_script_of_many_tokens_is_as_many_tokens_long() -> None:
    sentence = "路面電車は街路を走る。"  # 10 characters that count, and a full stop

    found = [passage for _, passage in passages(sentence * 100)]

    assert all(passage.endswith("。") for passage in found)
    assert {len(passage) for passage in found[:-1]} == {MAX_SIZE // size(sentence) * len(sentence)}
    assert [size(passage) for _, passage in passages("電" * 1000)] == [999, 999, 999, 3]


def test_equal_texts_are_cut_equally() -> None:
    assert cut("# A\n\nB.") == cut("# A\n\nB.") == [Span(start=5, end=7, heading="A")]


LINES = st.sampled_from(
    [
        "# Heading",
        "## Sub",
        "- item",
        "| a | b |",
        "```",
        "~~~",
        "",
        "A sentence. Another one.",
        "word " * 150,
        "x" * 1200,
        "路面電車は街路を走る。" * 20,
        "電" * 400,
        "電車 tram " * 80,
    ]
)
TEXTS = st.text() | st.lists(LINES | st.text(max_size=20), max_size=30).map("\n".join)


@given(TEXTS)
def test_passages_are_ordered_disjoint_short_and_trimmed(text: str) -> None:
    spans = cut(text)

    borders = [border for span in spans for border in (span.start, span.end)]
    assert borders == sorted(borders)
    assert all(0 < size(text[span.start : span.end]) <= MAX_SIZE for span in spans)
    assert all(text[span.start : span.end] == text[span.start : span.end].strip() for span in spans)


@given(TEXTS)
def test_passages_cover_everything_but_white_space_and_headings(text: str) -> None:
    covered = {at for span in cut(text) for at in range(span.start, span.end)}

    missing = {at for at in range(len(text)) if not text[at].isspace()} - covered
    headings = {at for match in re.finditer(r"^ {0,3}#+[ \t].*$", text, re.MULTILINE) for at in range(*match.span())}
    assert missing <= headings
