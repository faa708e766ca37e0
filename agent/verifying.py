"""VERIFY: every claim of the report is held against its evidence, and what does not hold is repaired or goes.

Whatever the model fails at, it costs a verdict, not the run, and no failure becomes text.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from langgraph.runtime import Runtime

from redraft.agent import tree, waves
from redraft.agent.citations import without_marks
from redraft.agent.corpus import Corpus
from redraft.agent.events import SectionVerified
from redraft.agent.examining import Finding, Subject, examine
from redraft.agent.gaps import Kind
from redraft.agent.repairing import Action, Mended, Repair, findings_after, mend, second_search
from redraft.agent.state import Deps, RunState, Update
from redraft.store import claims, drafts, gaps, runs
from redraft.store.database import Database
from redraft.store.drafts import Exhibit
from redraft.store.models import Claim, Gap, Section, Version

STALE = "Some of its claims do not hold against their evidence: a repaired text is proposed."


async def verify(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Verdicts on the claims of every section that has none, and the texts that follow from them."""
    deps, run_id = runtime.context, state["run_id"]
    if not deps.settings.verify:
        return {}
    subjects = _unverified(deps.database, run_id)
    examined = await asyncio.gather(*(examine(deps, subject) for subject in subjects))
    found = await _found_elsewhere(deps, subjects, examined)
    works = zip(subjects, examined, found, strict=True)
    mended = await asyncio.gather(*(mend(deps, *work) for work in works))
    for subject, text in zip(subjects, mended, strict=True):
        _keep(deps, subject, text)
    return {}


def _unverified(database: Database, run_id: str) -> list[Subject]:
    """What stands in the sections and was not verified yet, in the order of the report."""
    exhibits = drafts.by_number(database, run_id)
    rows, standing = claims.of_run(database, run_id), waves.standing(database, run_id)
    verified = {claim.version_id for claim in rows}
    section_of = {version.id: version.section_id for version in drafts.versions(database, run_id)}
    judged = [claim for claim in rows if claim.question and claim.verdict != "unchecked"]
    body = [section for section in tree.body(runs.outline(database, run_id)) if section.number in standing]
    return [
        Subject(section, standing[section.number], exhibits, _of(section, judged, section_of))
        for section in body
        if standing[section.number].id not in verified
    ]


def _of(section: Section, judged: Sequence[Claim], section_of: Mapping[int | None, int]) -> dict[str, Claim]:
    return {claim.text: claim for claim in judged if section_of[claim.version_id] == section.id}


async def _found_elsewhere(
    deps: Deps, subjects: Sequence[Subject], examined: Sequence[Sequence[Finding]]
) -> list[Mapping[int, Exhibit]]:
    """For the claims of each text that its evidence does not support, other evidence that may, by the claim's number.

    One section after the other, so that its ids do not depend on who finished first.
    """
    if not any(finding.verdict == "unsupported" for findings in examined for finding in findings):
        return [{} for _ in subjects]
    corpus = await deps.corpus()
    return [_sought(deps, corpus, *work) for work in zip(subjects, examined, strict=True)]


def _sought(deps: Deps, corpus: Corpus, subject: Subject, findings: Sequence[Finding]) -> dict[int, Exhibit]:
    section, found = subject.section, dict[int, int]()
    for finding in findings:
        if finding.verdict == "unsupported":
            match = second_search(subject, finding, corpus.search(without_marks(finding.statement.text)))
            if match:
                found[finding.statement.number] = match.passage.id or 0
    if not found:
        return {}
    drafts.take(deps.database, section, list(found.values()))
    by_passage = {exhibit.passage.id: exhibit for exhibit in drafts.run_exhibits(deps.database, section.run_id)}
    return {number: by_passage[passage_id] for number, passage_id in found.items()}


def _keep(deps: Deps, subject: Subject, mended: Mended) -> None:
    """Keeps the verdicts on one section with the text that follows from them, and tells of it."""
    section = subject.section
    versions = [] if mended.text == subject.version.text else [_version(deps, subject, mended)]
    if versions and section.locked:
        drafts.set_stale(deps.database, section, STALE)
    else:
        gaps.open_all(deps.database, list(_gaps(deps, section, mended)))
    verdicts = [_row(repair.finding, repair.action, subject.version.id) for repair in mended.repairs]
    after = [_row(finding, "kept") for finding in findings_after(mended)] if versions else []
    claims.save(deps.database, verdicts, versions, after)
    _announce(deps, section, mended.repairs)


def _version(deps: Deps, subject: Subject, mended: Mended) -> Version:
    section, verdicts = subject.section, Counter(repair.finding.verdict for repair in mended.repairs)
    told = [
        f"{verdicts[verdict]} {verdict}" for verdict in ("contradicted", "unsupported", "partial") if verdicts[verdict]
    ]
    reason = f"Of its {verdicts.total()} claims, {' and '.join(told)}."
    wave, open_to_us = waves.current(deps.database, section.run_id), not section.locked
    row = drafts.version_of(section, mended.op, mended.text, accepted=open_to_us, wave=wave, reason=reason)
    row.proposed = section.locked
    return row


def _row(finding: Finding, action: Action, version_id: int | None = None) -> Claim:
    statement = finding.statement
    return Claim(
        version_id=version_id or 0,
        number=statement.number,
        text=statement.text,
        evidence=statement.evidence,
        question=finding.question,
        answer=finding.answer,
        verdict=finding.verdict,
        action=action,
        detail=finding.why,
    )


def _gaps(deps: Deps, section: Section, mended: Mended) -> Iterator[Gap]:
    """What the report no longer says, and somebody may find out."""
    for repair in mended.repairs:
        if repair.action == "deleted":
            yield Gap(
                run_id=section.run_id,
                number=0,
                kind=Kind.UNSUPPORTED,
                section=section.number,
                question=repair.finding.question,
                priority="medium",
                opened_by="verification",
                opened_in=waves.current(deps.database, section.run_id),
            )


def _announce(deps: Deps, section: Section, repairs: Sequence[Repair]) -> None:
    verdicts = Counter(repair.finding.verdict for repair in repairs)
    actions = Counter(repair.action for repair in repairs)
    deps.emit(
        SectionVerified(
            section=section.number,
            supported=verdicts["supported"],
            partial=verdicts["partial"],
            contradicted=verdicts["contradicted"],
            unsupported=verdicts["unsupported"],
            unchecked=verdicts["unchecked"],
            patched=actions["patched"],
            hedged=actions["hedged"],
            deleted=actions["deleted"],
        )
    )
