"""A report for readers elsewhere: as a page, as a document to print, as data, or as Markdown."""

import json
from collections.abc import Callable, Mapping

from redraft.agent.errors import UserError
from redraft.agent.export.data import data
from redraft.agent.export.page import article, html
from redraft.agent.export.pdf import check_pdf, pdf
from redraft.agent.render import Report, markdown
from redraft.store.models import Run

__all__ = ["FORMATS", "Writer", "article", "check_available", "data", "html", "parse_formats"]

Writer = Callable[[Report, Run], bytes]


def _html(report: Report, run: Run) -> bytes:
    return html(report, run).encode()


def _pdf(report: Report, run: Run) -> bytes:
    return pdf(html(report, run))


def _json(report: Report, run: Run) -> bytes:
    return f"{json.dumps(data(report, run), ensure_ascii=False, indent=2)}\n".encode()


def _markdown(report: Report, run: Run) -> bytes:
    return markdown(report).encode()


FORMATS: Mapping[str, Writer] = {"html": _html, "pdf": _pdf, "json": _json, "md": _markdown}
"""What makes a file of a report, by the ending of the file. All but `pdf` are text in UTF-8."""


def parse_formats(names: str) -> list[str]:
    """`html, pdf` as a list: in the order given, each once. Raises `UserError` for what is none of `FORMATS`."""
    found = list(dict.fromkeys(name.strip().lower() for name in names.split(",") if name.strip()))
    for name in found:
        if name not in FORMATS:
            message = f"no report can be exported as {name!r}; known are {', '.join(FORMATS)}"
            raise UserError(message)
    return found


def check_available(name: str) -> None:
    """Raises `UserError` where this machine lacks what a format needs, before an hour is spent on a report."""
    if name == "pdf":
        check_pdf()
