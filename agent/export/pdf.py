"""A page as PDF, by WeasyPrint: an extra of the package, which needs the library Pango of the system."""

import importlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from redraft.agent.errors import UserError

PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""The packages of Debian and Ubuntu that WeasyPrint's documentation names."""


FONTS = "fonts of its script (on Debian, fonts-noto-cjk or fonts-noto-core)"
MOST_BOXES = 100
"""Characters that may show as boxes for want of a font: names in another script are no reason to have no report, and a
paragraph is. Starting point, not measured."""


def pdf(page: str) -> bytes:
    """The pages that a self-contained HTML document prints as. Nothing is fetched, whatever it names.

    Equal documents give equal pages; the bytes tell apart when the fonts were embedded. Raises as `check_pdf` does, and
    `UserError` where the fonts of the system do not have the script of the document.
    """
    weasyprint = _weasyprint()
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    with _boxes() as boxes:
        document: bytes = weasyprint.HTML(string=page, url_fetcher=nothing).write_pdf(pdf_tags=True)
    if len(boxes) > MOST_BOXES:
        lacking = f"no font of this system has {boxes[0]!r} and {len(boxes) - 1} more characters of this report"
        message = f"{lacking}: install {FONTS}, or export it as html"
        raise UserError(message)
    return document


@contextmanager
def _boxes() -> Iterator[list[str]]:
    """Has the characters put into it for which no font is found. WeasyPrint tells them to its log alone."""
    boxes: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.args and record.msg.startswith(".notdef glyph"):
                boxes.append(str(record.args[0]) if isinstance(record.args, tuple) else "")

    log, listener = logging.getLogger("weasyprint"), Listener(logging.WARNING)
    log.addHandler(listener)
    try:
        yield boxes
    finally:
        log.removeHandler(listener)


def check_pdf() -> None:
    """Raises `UserError` where no PDF can be made, saying what to install."""
    _weasyprint()


def _weasyprint() -> Any:
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # Where a library is missing it prints advice to stdout, which is for reports, and warns of one it can do
            # without (HarfBuzz-Subset, for smaller files).
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module("weasyprint")
    except ImportError as error:
        message = f"a PDF takes a package that is not installed ({error.name}): pip install 'redraft[pdf]'"
        raise UserError(message) from error
    except OSError as error:  # cffi, for a library that the system lacks
        message = f"a PDF takes the library Pango, which the system lacks: on Debian, apt install {PANGO}"
        raise UserError(message) from error
