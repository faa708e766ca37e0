import logging
import re
import sys
import zlib
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest

from redraft.agent.errors import UserError
from redraft.agent.export import FORMATS, check_available
from redraft.agent.export.pdf import pdf
from redraft.tests.agent.export.reports import PRINTS, report, run

PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text y='9'>drawn</text></svg>"


def text(document: bytes) -> str:
    with pypdfium2.PdfDocument(document) as opened:
        return "\n".join(page.get_textpage().get_text_range() for page in opened)


@PRINTS
def test_a_pdf_says_what_the_report_does_and_links_to_its_sources() -> None:
    document = FORMATS["pdf"](report("Both move [e1, e2].", disputed=True, title="Trams — and buses"), run())

    said = " ".join(text(document).split())
    for words in ("Trams — and buses", "Both move [1, 2].", "Where sources disagree: rails", "[2] Buses. cities, 2024"):
        assert words in said
    streams = re.findall(rb"\nstream\n(.*?)\nendstream", document, re.DOTALL)
    assert b"(file:///library/2.md)" in b"".join(map(zlib.decompress, streams))
    with pypdfium2.PdfDocument(document) as opened:
        assert opened.get_metadata_value("Title") == "Trams — and buses"
        assert [mark.get_title() for mark in opened.get_toc()] == ["Trams — and buses", "Part 0", "References"]


@PRINTS
def test_a_long_report_goes_over_several_numbered_pages() -> None:
    document = FORMATS["pdf"](report(*["Trams run. " * 300 + "[e1]"] * 3), run())

    with pypdfium2.PdfDocument(document) as opened:
        assert len(opened) > 2
        assert f"1 / {len(opened)}" in opened[0].get_textpage().get_text_range()


@PRINTS
def test_nothing_is_fetched_while_a_page_is_laid_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    picture, style = tmp_path / "a.svg", tmp_path / "a.css"
    picture.write_text(PICTURE)
    style.write_text("p { display: none }")
    head = f'<link rel="stylesheet" href="{style.as_uri()}"><style>@import "{style.as_uri()}";</style>'
    inline = f'<img src="data:image/svg+xml,{PICTURE}">'

    with caplog.at_level(logging.ERROR, "weasyprint"):
        document = pdf(f'<!DOCTYPE html>{head}<p>shown</p><img src="{picture.as_uri()}">{inline}')

    assert text(document).split() == ["shown"]
    assert "disallowed protocol" in caplog.text


@PRINTS
def test_a_text_that_would_be_boxes_is_refused_and_a_name_that_would_is_not() -> None:
    no_character = "\u0378"

    pdf(f"<!DOCTYPE html><html lang=en><p>Trams {no_character}")
    with pytest.raises(UserError, match=r"no font of this system has .* more characters"):
        pdf(f"<!DOCTYPE html><html lang=en><p>{no_character * 200}")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("ModuleNotFoundError('no', name='weasyprint')", r"\(weasyprint\): pip install 'redraft\[pdf\]'"),
        ("OSError('cannot load library libpango-1.0-0')", "Pango.*apt install libpango"),
    ],
)
def test_a_machine_that_can_make_no_pdf_says_what_to_install(
    raised: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weasyprint.py").write_text(f"print('advice')\nraise {raised}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)

    with pytest.raises(UserError, match=told):
        check_available("pdf")
    for name in ("html", "json", "md"):
        check_available(name)
    assert capsys.readouterr().out == ""
