"""What the web withheld from a run, as sentences for the reader of its report."""

from collections import Counter
from collections.abc import Sequence

from redraft.agent.events import SuspiciousText
from redraft.store import pages, runs, searches
from redraft.store.database import Database
from redraft.store.models import Search

_WORDS = {
    "robots": "closed to programs by robots.txt",
    "not_found": "not found",
    "forbidden": "closed to programs",
    "rate_limited": "asked for too often",
    "server_error": "failing",
    "too_big": "too large",
    "unsupported_type": "of a kind that cannot be read",
    "empty": "empty",
    "javascript": "empty without scripts",
    "challenge": "behind a check for humans",
    "consent": "behind a consent wall",
    "paywall": "behind a paywall",
    "private_address": "in a private network",
    "timeout": "too slow",
    "no_text_layer": "pictures of text",
}
"""Reasons in words; the others are shown as they are named."""


def shortfalls(database: Database, run_id: str) -> list[str]:
    """Empty for a run that got what it asked for."""
    said = ["Written offline: the web was not asked."] if runs.get(database, run_id).settings.get("offline") else []
    withheld = [*_silent_providers(searches.of_run(database, run_id)), *_unread_pages(database, run_id)]
    return [*said, *withheld, *_left_out(database, run_id)]


def _left_out(database: Database, run_id: str) -> list[str]:
    urls = {event.data["url"] for event in runs.events(database, run_id) if event.kind == SuspiciousText.__name__}
    count = f"{len(urls)} sources hold" if len(urls) > 1 else "One source holds"
    return [f"{count} text addressed to software, which was left out."] if urls else []


def _silent_providers(rows: Sequence[Search]) -> list[str]:
    said = []
    for provider in dict.fromkeys(row.provider for row in rows):
        answers = [row for row in rows if row.provider == provider]
        failed = [row for row in answers if row.failure is not None]
        if failed and failed[-1].failure == "offline":  # it was not asked: that the run was offline is said already
            continue
        if failed:
            count = f"{len(failed)} of {len(answers)} searches" if len(failed) < len(answers) else "every search"
            said.append(f"The search provider {provider} failed in {count}: {failed[-1].detail.rstrip('.')}.")
        elif not any(row.hits for row in answers):
            said.append(f"The search provider {provider} found nothing.")
    return said


def _unread_pages(database: Database, run_id: str) -> list[str]:
    visited = pages.visited(database, run_id)
    reasons = Counter(entry.fetch.failure for entry in visited if entry.fetch.failure is not None)
    if not reasons:
        return []
    named = ", ".join(f"{count} {_WORDS.get(reason or '', reason)}" for reason, count in reasons.most_common())
    said = f"Of {len(visited)} web pages, {reasons.total()} could not be read: {named}."
    replaced = sum(entry.fetch.failure is not None and entry.source is not None for entry in visited)
    return [f"{said} An earlier reading or the abstract stands in for {replaced} of them." if replaced else said]
