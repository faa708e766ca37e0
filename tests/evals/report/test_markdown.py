"""A report as Markdown: tables that are tables, and text that is text."""

from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redraft.evals.report.document import Document, Paragraph, Section, Spread, Table
from redraft.evals.report.findings import find
from redraft.evals.report.markdown import escaped, markdown
from redraft.evals.report.sections import document
from redraft.evals.report.subjects import Subject
from redraft.tests.evals.report.given import ANY_TEXT, COMMAND, hostile
from redraft.tools.sanitize import visible

OWN = {"paragraph", "heading", "table", "thead", "tbody", "tr", "th", "td", "strong"}


def tokens(text: str) -> list[Token]:
    """With those inside of a line behind it. HTML would be HTML here."""
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [token for block in parsed for token in (block, *(block.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(text)} - {"inline", "text"}


def test_a_table_has_its_cells_whatever_is_in_them() -> None:
    table = Table("Some | pipes", ["a|b", "n"], [["x | y\nz", "1"], ["\\|", "2"]])
    text = markdown(Document("T", [Section("S", [table, Paragraph("1. *no* list")])]))
    assert text == (
        "# T\n\n## S\n\n**Some \\| pipes**\n\n"
        "| a\\|b | n |\n| --- | ---: |\n| x \\| y z | 1 |\n| \\\\\\| | 2 |\n\n1\\. \\*no\\* list\n"
    )


def test_plots_are_shown_where_they_have_a_file_and_left_out_elsewhere() -> None:
    plot = Spread("How [they] spread", "a: 1", {"m": {"a": [1.0]}})
    page = Document("T", [Section("S", [plot])])
    assert "![a: 1](x-1.svg)\n\nHow \\[they\\] spread" in markdown(page, {plot.caption: "x-1.svg"})
    assert markdown(page) == "# T\n\n## S\n"


@given(ANY_TEXT)
def test_every_sign_of_a_text_stands_for_itself(text: str) -> None:
    line = " ".join(visible(text).split())
    (heading,) = [token for token in tokens(f"# {escaped(text)}") if token.type == "inline"]
    assert "".join(token.content for token in heading.children or ()) == line
    paragraph = tokens(f"x\n\n{escaped(text)}\n\nx")
    assert {token.type for token in paragraph} <= {
        "paragraph_open",
        "inline",
        "text",
        "paragraph_close",
        "text_special",
    }


@given(hostile())
@settings(max_examples=50)  # each takes thousands of samples for its intervals
def test_nothing_in_a_report_becomes_markup(subjects: list[Subject]) -> None:
    made = document(find(subjects), COMMAND)
    text = markdown(made)
    assert kinds(text) <= OWN | {"text_special"}
    found = [token.type for token in tokens(text)]
    wanted = [block for section in made.sections for block in section.blocks if isinstance(block, Table)]
    assert found.count("table_open") == len(wanted)
    assert found.count("td_open") == sum(len(table.rows) * len(table.header) for table in wanted)
    assert found.count("heading_open") == 1 + len(made.sections)
