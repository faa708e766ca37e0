"""Parcels, and what must never be told about their way."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redraft.agent.jobs.parcel import Parcel

SECRET = "hunter2-Xyz"


def parcel(**own: Any) -> Parcel:
    given = {
        "key": "trams-42-1",
        "kind": "report",
        "job": "weekly-trams",
        "question": "What do trams cost?",
        "due_at": datetime(2026, 3, 2, 6, tzinfo=UTC),
        "zone": "Europe/Berlin",
        "language": "en",
        "title": "Was Straßenbahnen kosten",
        "text": "Neu: eine Linie in Köln.",
        "markdown": "# Was Straßenbahnen kosten\n\nViel.",
        "html": "<h1>Was Straßenbahnen kosten</h1>",
        "run_id": "20260302-060000-ab12",
        "files": (Path("/reports/trams.html"), Path("/reports/trams.pdf")),
    }
    return Parcel.model_validate(given | own)


def told(error: BaseException | None) -> str:
    """All that a log could show of an error and of those behind it."""
    if error is None:
        return ""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{error} {error!r}\n{told(behind)}"
