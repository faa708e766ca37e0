"""What is sent when a job has something to tell."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Parcel(BaseModel):
    """A report, or a notice, on its way to where the user wants it."""

    model_config = ConfigDict(frozen=True)

    key: str
    """The same for every try at one delivery and for no other: receivers tell by it what they have."""
    kind: Literal["report", "notice"]
    job: str
    """The job's name."""
    question: str
    due_at: datetime
    """The tick that it is for, in UTC."""
    zone: str
    """The IANA zone in which the user reads times."""
    language: str | None
    """As an ISO 639-1 code; None where neither the user nor the question has told it."""
    title: str
    text: str
    """What matters, as plain text: what is new, else the summary; for a notice, all of it."""
    markdown: str = ""
    """The whole report; empty for a notice."""
    html: str = ""
    run_id: str | None = None
    files: tuple[Path, ...] = ()
    """Where the report was put."""
