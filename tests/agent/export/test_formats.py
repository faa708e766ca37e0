import pytest

from redraft.agent.errors import UserError
from redraft.agent.export import FORMATS, parse_formats
from redraft.agent.render import markdown
from redraft.tests.agent.export.reports import PRINTS, report, run


@pytest.mark.parametrize(
    ("given", "names"), [("html,pdf", ["html", "pdf"]), (" MD , json,md,", ["md", "json"]), ("", []), (" , ", [])]
)
def test_formats_are_named_in_any_case_and_kept_once(given: str, names: list[str]) -> None:
    assert parse_formats(given) == names


def test_a_format_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UserError, match="'docx'; known are html, pdf, json, md"):
        parse_formats("html,docx")


@pytest.mark.parametrize(
    ("name", "begins"), [("html", b"<!DOCTYPE html>"), ("json", b"{"), pytest.param("pdf", b"%PDF-", marks=PRINTS)]
)
def test_a_file_is_of_the_kind_that_its_ending_says(name: str, begins: bytes) -> None:
    assert FORMATS[name](report("Trams run [e1]."), run()).startswith(begins)


def test_markdown_is_the_report_as_it_is_printed() -> None:
    made = report("Trams run [e1].", disputed=True)

    assert FORMATS["md"](made, run()).decode() == markdown(made)
