"""What is done about claims that do not hold: rewritten from their evidence, given other evidence, hedged, or deleted.

A repair that fails leaves less text, never more: what the model says comes in only as a sentence that passes every
check of prose.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from redraft.agent import guard, writing
from redraft.agent.asking import Problem, Read, ask, best, fitted
from redraft.agent.citations import cited, mark, resolve, without_marks
from redraft.agent.claims import statements
from redraft.agent.examining import Finding, Subject, code_supports, examine_with
from redraft.agent.facts import unfounded
from redraft.agent.languages import language_of_run
from redraft.agent.llm import Reply, Request
from redraft.agent.prompting import messages, shown
from redraft.agent.prose import word_count
from redraft.agent.quoting import quotation
from redraft.agent.sentences import Sentence, checked
from redraft.agent.state import Deps
from redraft.prompts import wording
from redraft.store import runs
from redraft.store.drafts import Exhibit
from redraft.store.library import Match
from redraft.tools.sentences import SentenceSpan
from redraft.tools.suspicion import harmless

Action = Literal["kept", "patched", "hedged", "deleted"]

KEPT = 0.5
"""Of the words of a text, those that must be left after its repair: with less it is another section. Starting point."""
LONGER, MORE_WORDS = 1.5, 10
"""How long a repaired sentence may be: so many times the old one, and so many words more."""
SAME_MATTER = 0.5
"""Of a hedged sentence's terms, those that the claim must have: it says less, and nothing else. Starting point."""


class Repair(NamedTuple):
    finding: Finding
    action: Action = "kept"
    text: str = ""
    """What stands in the claim's place once it was patched or hedged."""


class Mended(NamedTuple):
    """A text with all of its repairs."""

    op: str
    """`repair`, or `quote` where nothing was left of it."""
    text: str
    repairs: list[Repair]


def second_search(subject: Subject, finding: Finding, found: Sequence[Match]) -> Match | None:
    """Of the passages that a search for a claim brought, the first in which code finds it and that it does not cite."""
    known = {exhibit.passage.id for exhibit in subject.cited(finding.statement)}
    fresh = (match for match in found if match.passage.id not in known)
    return next((match for match in fresh if code_supports(finding.statement.text, match.passage.text)), None)


async def mend(deps: Deps, subject: Subject, findings: Sequence[Finding], elsewhere: Mapping[int, Exhibit]) -> Mended:
    """The text with what its findings ask for. `elsewhere`: where a second search found a claim, by its number."""
    once = {finding.statement.text: finding for finding in reversed(findings)}
    repairs = await asyncio.gather(
        *(_repair(deps, subject, finding, elsewhere.get(finding.statement.number)) for finding in once.values())
    )
    done = dict(zip(once, repairs, strict=True))
    return settle(subject, [done[finding.statement.text]._replace(finding=finding) for finding in findings])


def settle(subject: Subject, repairs: Sequence[Repair]) -> Mended:
    """The repaired text; where too much would go, only what is contradicted goes; where nothing is left, quotations."""
    whole = applied(subject.version.text, repairs)
    if _holds(whole, subject):
        return Mended("repair", whole, list(repairs))
    milder = [repair if _is_needed(repair) else repair._replace(action="kept") for repair in repairs]
    text = applied(subject.version.text, milder)
    if cited(text):
        return Mended("repair", text, milder)
    exhibits = [subject.exhibits[number] for number in cited(subject.version.text)]
    section = subject.section
    return Mended("quote", quotation(exhibits, f"{section.title} {section.purpose}"), milder)


def findings_after(mended: Mended) -> list[Finding]:
    """What is known of the claims of the mended text: a repaired one holds, as its checks found."""
    known = {_said(repair): repair.finding for repair in mended.repairs}
    after = []
    for statement in statements(mended.text):
        before = known.get(statement.text)
        if before is None or mended.op == "quote":
            before = Finding(statement, "supported" if mended.op == "quote" else "unchecked")
        elif statement.text != before.statement.text:
            before = replace(before, verdict="supported", why="repaired")
        after.append(replace(before, statement=statement))
    return after


def _said(repair: Repair) -> str:
    """What stands in the place of a claim that was not deleted."""
    return repair.text if repair.action in ("patched", "hedged") else repair.finding.statement.text


def applied(text: str, repairs: Sequence[Repair]) -> str:
    """A text with its claims replaced and deleted as the repairs, in their order, say."""
    pieces, gone, at, size = list[str](), list[SentenceSpan](), 0, 0
    for repair in repairs:
        statement = repair.finding.statement
        said = _said(repair)
        pieces += [text[at : statement.start], said]
        begin = size + statement.start - at
        at, size = statement.end, begin + len(said)
        if repair.action == "deleted":
            gone.append(SentenceSpan(begin, size))
    changed = "".join([*pieces, text[at:]])
    return guard.without(changed, gone) if gone else changed


def _is_needed(repair: Repair) -> bool:
    """Whether it goes even where too much would go: what is contradicted may not stay."""
    return repair.action != "deleted" or repair.finding.verdict == "contradicted"


def _holds(text: str, subject: Subject) -> bool:
    old = subject.version.text
    if text == old:
        return True
    # Its sentences are checked already, one by one: what is left to judge is the whole.
    problems = guard.judge(text, wanted=word_count(text), evidence=dict.fromkeys(cited(text), ""), instructions="")
    return word_count(text) >= KEPT * word_count(old) and not any(problem.fatal for problem in problems)


async def _repair(deps: Deps, subject: Subject, finding: Finding, elsewhere: Exhibit | None) -> Repair:
    if finding.verdict == "unsupported":
        text = await _cited_anew(deps, subject, finding, elsewhere) if elsewhere else None
        return Repair(finding, "patched", text) if text else Repair(finding, "deleted")
    if finding.verdict not in ("contradicted", "partial"):
        return Repair(finding)
    if patched := await _rewritten(deps, subject, finding, "repair"):
        return Repair(finding, "patched", patched)
    if finding.verdict == "contradicted":
        return Repair(finding, "deleted")
    hedged = await _rewritten(deps, subject, finding, "hedge")
    return Repair(finding, "hedged", hedged) if hedged else Repair(finding)


async def _cited_anew(deps: Deps, subject: Subject, finding: Finding, elsewhere: Exhibit) -> str | None:
    """The claim with the passage that says it in the place of those that do not."""
    again = await examine_with(deps, subject, finding, [elsewhere])
    if again.verdict != "supported":
        return None
    number = elsewhere.evidence.number
    return resolve(f"{finding.statement.text} {mark([number])}", {number}).text


async def _rewritten(deps: Deps, subject: Subject, finding: Finding, way: str) -> str | None:
    """The claim as the model puts it right, if that passes all checks. `way`: the prompt, `repair` or `hedge`."""
    exhibits = subject.cited(finding.statement)
    prompt = messages(
        deps.database,
        subject.section.run_id,
        way,
        evidence=shown(exhibits),
        asked=finding.question,
        answer=finding.answer,
        claim=harmless(without_marks(finding.statement.text)).text,
        first=mark([exhibits[0].evidence.number]),
    )
    tokens = writing.room(deps, subject.section, _most_words(finding))
    request = Request(
        node=way,
        section=subject.section.number,
        messages=(),
        max_tokens=tokens,
        temperature=writing.TEMPERATURE,
    )
    read = _reader(deps, subject, finding, way)
    fit = await fitted(deps, request, [prompt])
    chosen = best(await ask(deps, fit.request, read)) if fit else None
    return chosen.value if chosen else None


def _reader(deps: Deps, subject: Subject, finding: Finding, way: str) -> Read[str]:
    exhibits = subject.cited(finding.statement)
    wanted = Sentence(
        evidence={exhibit.evidence.number: exhibit.passage.text for exhibit in exhibits},
        origins={exhibit.evidence.number: writing.origin(exhibit) for exhibit in exhibits},
        instructions=wording(way),
        language=language_of_run(runs.get(deps.database, subject.section.run_id)),
        words=_most_words(finding),
    )

    def read(reply: Reply) -> tuple[str | None, Sequence[Problem]]:
        text, problems = checked(reply.text, wanted, cut_off=reply.finish_reason != "stop")
        return text, [*problems, *map(Problem, _not_mended(text, finding, way))]

    return read


def _most_words(finding: Finding) -> int:
    return round(LONGER * word_count(finding.statement.text)) + MORE_WORDS


def _not_mended(text: str, finding: Finding, way: str) -> list[str]:
    """Why a good sentence is no repair of a claim."""
    said, claim = without_marks(text), without_marks(finding.statement.text)
    if said == claim:
        return ["This is the claim as it was. Change what is wrong with it."]
    if way == "hedge" and (unfounded(said, [claim]) or guard.support(said, [claim]) < SAME_MATTER):
        return ["Say what the claim says, with more caution, and nothing else."]
    if finding.verdict == "contradicted" and unfounded(said, [finding.question, finding.answer]):
        return ["Take numbers, dates and quoted words from the answer alone."]
    return []
