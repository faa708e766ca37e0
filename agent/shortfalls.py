"""What the web withheld from a run, as sentences for the reader of its report."""

from collections import Counter
from collections.abc import Sequence

from redraft.agent.events import SuspiciousText
from redraft.prompts.labels import Labels
from redraft.store import pages, runs, searches
from redraft.store.database import Database
from redraft.store.models import Search


def shortfalls(database: Database, run_id: str, said: Labels) -> list[str]:
    """Empty for a run that got what it asked for. `said`: the wordings of the language to tell it in."""
    offline = [said.offline] if runs.get(database, run_id).settings.get("offline") else []
    silent = _silent_providers(searches.of_run(database, run_id), said)
    return [*offline, *silent, *_unread_pages(database, run_id, said), *_left_out(database, run_id, said)]


def _left_out(database: Database, run_id: str, said: Labels) -> list[str]:
    urls = {event.data["url"] for event in runs.events(database, run_id) if event.kind == SuspiciousText.__name__}
    return [said.suspicious.format(count=len(urls))] if urls else []


def _silent_providers(rows: Sequence[Search], said: Labels) -> list[str]:
    told = []
    for provider in dict.fromkeys(row.provider for row in rows):
        answers = [row for row in rows if row.provider == provider]
        failed = [row for row in answers if row.failure is not None]
        if failed and failed[-1].failure == "offline":  # it was not asked: that the run was offline is said already
            continue
        if failed:
            told.append(_failed(provider, failed, len(answers), said))
        elif not any(row.hits for row in answers):
            told.append(said.found_nothing.format(provider=provider))
    return told


def _failed(provider: str, failed: Sequence[Search], searches: int, said: Labels) -> str:
    sentence = said.failed_sometimes if len(failed) < searches else said.failed_always
    why = said.failures.get(failed[-1].failure or "", failed[-1].detail.rstrip("."))
    return sentence.format(provider=provider, failed=len(failed), all=searches, why=why)


def _unread_pages(database: Database, run_id: str, said: Labels) -> list[str]:
    visited = pages.visited(database, run_id)
    faults = Counter(entry.fetch.failure for entry in visited if entry.fetch.failure is not None)
    if not faults:
        return []
    reasons = said.listed.join(
        said.unread_reason.format(count=count, reason=said.reasons.get(fault, fault))
        for fault, count in faults.most_common()
    )
    unread = said.unread.format(all=len(visited), unread=faults.total(), reasons=reasons)
    replaced = sum(entry.fetch.failure is not None and entry.source is not None for entry in visited)
    return [unread, said.replaced.format(count=replaced)] if replaced else [unread]
