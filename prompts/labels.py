"""The fixed wordings of a report: one TOML file for each language that a report can be written in."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What the program itself says in a report. Braces hold the names of values, which every language has alike."""

    name: str
    """What the language is called in English: for the prompts."""
    unit: str
    """What a length is told in to a writer: words, or characters where words are not divided."""
    per_word: int
    """How many of these are counted as one word."""
    summary: str
    summary_purpose: str
    conclusion: str
    conclusion_purpose: str
    references: str
    limits: str
    disagreement: str
    """Above two sides of a matter."""
    quote: str
    """A title in a sentence."""
    both: str
    """Two titles in a sentence."""
    sections: str
    """Too many titles for a sentence."""
    listed: str
    """Between the parts of a list."""
    between: str
    """Between sentences."""
    quoted: str
    no_conclusion: str
    unplanned: str
    invented: str
    unsupported: str
    purpose: str
    """Of a section that the model did not plan."""
    offline: str
    suspicious: str
    too_old: str
    failed_always: str
    failed_sometimes: str
    found_nothing: str
    unread: str
    unread_reason: str
    replaced: str
    stopped_tokens: str
    stopped_rounds: str
    open_questions: str
    unchecked: str
    """Of sentences, as the two below."""
    hedged: str
    deleted: str
    uncovered: str
    """Points of the user's specification."""
    rolled_back: str
    stale: str
    news: str
    """Above what is new since the report that this one follows."""
    since: str
    nothing_changed: str
    """Behind it, where nothing stands below."""
    added: str
    """Of sentences, as the next and the two after that."""
    changed: str
    before_now: str
    """A sentence of the last report and the one in its place."""
    contradicted: str
    withdrawn: str
    more: str
    """Of a list that is cut short."""
    newer: str
    """A question that a section is to be brought up to date by."""
    reasons: Mapping[str, str]
    """Why a page could not be read, by the name of the fault; what has no words here is shown by its name."""
    failures: Mapping[str, str]
    """Why a search provider failed, likewise. Empty in English: the details that are kept are English sentences."""


_FOLDER = files("redraft.prompts") / "languages"

LANGUAGES = tuple(sorted(file.name[:2] for file in _FOLDER.iterdir() if file.name.endswith(".toml")))
"""The languages of reports, by their ISO 639-1 codes."""


@cache
def labels(language: str) -> Labels:
    """The wordings of one of `LANGUAGES`."""
    return Labels(**tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8")))
