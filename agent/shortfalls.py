"""What a run did not get, find out or mend, as sentences for the reader of its report: one for each kind at most."""

from collections import Counter
from collections.abc import Sequence

from redraft.agent import coverage
from redraft.agent.citations import resolve
from redraft.agent.events import SuspiciousText, TooOld
from redraft.agent.gaps import ranked
from redraft.agent.prose import one_line
from redraft.agent.stopping import Reason
from redraft.prompts.labels import Labels
from redraft.store import claims, drafts, gaps, pages, runs, searches
from redraft.store.database import Database
from redraft.store.models import Search

MOST_QUESTIONS = 2
"""Open questions that are named."""
QUESTION_LENGTH = 80
"""Characters of each."""


def shortfalls(database: Database, run_id: str, said: Labels) -> list[str]:
    """Empty for a run that got what it asked for. `said`: the wordings of the language to tell it in."""
    offline = [said.offline] if runs.get(database, run_id).settings.get("offline") else []
    silent = _silent_providers(searches.of_run(database, run_id), said)
    web = [*offline, *silent, *_unread_pages(database, run_id, said), *_left_out(database, run_id, said)]
    return [*web, *_unanswered(database, run_id, said), *_counted(database, run_id, said)]


def _left_out(database: Database, run_id: str, said: Labels) -> list[str]:
    suspicious = _urls(database, run_id, SuspiciousText)
    old = _urls(database, run_id, TooOld)
    since = runs.get(database, run_id).settings.get("since")
    return [
        *([said.suspicious.format(count=len(suspicious))] if suspicious else []),
        *([said.too_old.format(count=len(old), since=since)] if old else []),
    ]


def _urls(database: Database, run_id: str, kind: type[SuspiciousText | TooOld]) -> set[str]:
    """The sources of which the run announced this, each once."""
    return {event.data["url"] for event in runs.events(database, run_id, kind=kind.__name__)}


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


def _unanswered(database: Database, run_id: str, said: Labels) -> list[str]:
    """Why the rounds ended too soon, and what they left open. Nothing where there were to be no rounds."""
    stopped = runs.get(database, run_id).stopped
    if stopped in (None, Reason.OFF):
        return []
    left = ranked(gaps.of_run(database, run_id))
    told = []
    if stopped == Reason.TOKENS:
        told.append(said.stopped_tokens)
    elif stopped == Reason.ROUNDS and any(gap.priority == "high" for gap in left):
        told.append(said.stopped_rounds)
    questions = list(dict.fromkeys(gap.question for gap in left))
    named = said.listed.join(said.quote.format(title=_short(question)) for question in questions[:MOST_QUESTIONS])
    return [*told, said.open_questions.format(count=len(questions), questions=named)] if questions else told


def _short(question: str) -> str:
    """A question in a sentence. A model may have written it: what looks like a citation or an address goes."""
    line = one_line(resolve(question, ()).text, limit=len(question))
    return line if len(line) <= QUESTION_LENGTH else f"{line[: QUESTION_LENGTH - 1].rstrip()}…"


def _counted(database: Database, run_id: str, said: Labels) -> list[str]:
    counts = _verified(database, run_id, said) | _sections(database, run_id, said)
    return [sentence.format(count=count) for sentence, count in counts.items() if count]


def _verified(database: Database, run_id: str, said: Labels) -> dict[str, int]:
    """What became of the sentences that were held against their evidence, as far as the report still shows it."""
    standing = drafts.accepted(database, run_id)
    outline = {section.id for section in runs.outline(database, run_id)}
    section_of = {version.id: version.section_id for version in drafts.versions(database, run_id)}
    found = {(section_of[c.version_id], c.text, c.verdict, c.action) for c in claims.of_run(database, run_id)}
    known = [
        (text in standing[s].text, verdict, action)
        for s, text, verdict, action in found
        if s in outline & standing.keys()
    ]
    return {
        said.unchecked: sum(stands and verdict == "unchecked" for stands, verdict, _ in known),
        said.hedged: sum(not stands and action == "hedged" for stands, _, action in known),
        said.deleted: sum(not stands and action == "deleted" for stands, _, action in known),
    }


def _sections(database: Database, run_id: str, said: Labels) -> dict[str, int]:
    outline = runs.outline(database, run_id)
    standing = drafts.accepted(database, run_id)
    covered = coverage.of_run(database, run_id)
    dropped = standing.keys() - {section.id for section in outline}
    tried = {version.section_id for version in drafts.versions(database, run_id)}
    without = tried - standing.keys()
    return {
        said.no_conclusion: sum(section.origin == "conclusion" and section.id in without for section in outline),
        said.uncovered: sum(entry.item.origin == "spec" and entry.place is None for entry in covered),
        said.rolled_back: len(dropped) + sum(version.op == "restore" for version in standing.values()),
        said.stale: sum(section.stale is not None and section.id in standing for section in outline),
    }
