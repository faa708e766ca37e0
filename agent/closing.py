"""SUMMARY and CONCLUSION: what stands at both ends of the report, written from the rest of it when that stands.

They say nothing that the sections do not say: to their writer, and to the checks, the sections are the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from langgraph.runtime import Runtime

from redraft.agent import guard, waves, writing
from redraft.agent.asking import Problem, Try, best
from redraft.agent.citations import cited, without_marks
from redraft.agent.errors import ContextTooSmall
from redraft.agent.events import CallLeftOut
from redraft.agent.gaps import Kind, ranked
from redraft.agent.llm import Message
from redraft.agent.polishing import QUOTE, Standing, body
from redraft.agent.preserving import foreign
from redraft.agent.prompting import fitting, messages
from redraft.agent.prose import one_line, word_count
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.writing import Assignment, Draft
from redraft.store import drafts, gaps, runs
from redraft.store.drafts import Exhibit
from redraft.store.models import Passage, Section, Source, now
from redraft.tools.sentences import SentenceSpan, sentence_spans

SHARES = (1.0, 0.6, 0.3, 0.1)
"""How much of each section the writer is shown: the most that the served context holds."""
MOST_OPEN = 6
"""Open questions that a conclusion names, the most urgent first."""
OUT_OF_DATE = "The report has changed since it was written."


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What is to be written."""

    node: str
    section: Section
    parts: Sequence[Standing]
    """The body, in order."""
    open: Sequence[str]
    """What the report could not find out, as questions."""
    notes: Sequence[str]
    """What the user asked for in it, from the first time on: a text that is written anew goes on heeding them."""

    @property
    def words(self) -> int:
        """It is not longer than half of what it closes."""
        return max(guard.SHORTEST, min(self.section.words, sum(part.words for part in self.parts) // 2))

    @property
    def texts(self) -> list[str]:
        return [part.text for part in self.parts]


async def summary(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    closing = _due(deps, run_id, "summary", [])
    if closing:
        await _write(deps, closing, "\n".join(dict.fromkeys(_opening(text) for text in closing.texts)))
    return {}


async def conclusion(state: RunState, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    closing = _due(deps, run_id, "conclusion", _open_questions(deps, run_id)) if deps.settings.conclusion else None
    if closing:
        await _write(deps, closing, "")  # what it could quote, the summary quotes already
    return {}


def _due(deps: Deps, run_id: str, node: str, questions: Sequence[str]) -> Closing | None:
    """None where there is nothing to write, or what is written still fits."""
    section = next((s for s in runs.outline(deps.database, run_id) if s.origin == node), None)
    # What the user locked before it was written has no text.
    parts = body(deps, run_id)
    if section is None or not parts or not _is_due(deps, section):
        return None
    return Closing(node=node, section=section, parts=parts, open=questions, notes=_notes(deps, section))


def _notes(deps: Deps, section: Section) -> list[str]:
    found = gaps.of_run(deps.database, section.run_id)
    return [gap.question for gap in found if gap.kind == Kind.NOTE and gap.section == section.number]


def _is_due(deps: Deps, section: Section) -> bool:
    """Whether it lacks a text, or its text is older than a section's, and was not tried anew since."""
    rows = drafts.versions(deps.database, section.run_id)
    mine = max((row.id or 0 for row in rows if row.section_id == section.id), default=0)
    standing = any(row.accepted for row in rows if row.section_id == section.id)
    parts = {entry.section.id for entry in body(deps, section.run_id)}
    newest = max(row.id or 0 for row in rows if row.accepted and row.section_id in parts)
    if section.locked:
        return standing and mine < newest
    return mine < newest or section.stale is not None


async def _write(deps: Deps, closing: Closing, fallback: str) -> None:
    section = closing.section
    prompts = (_prompt(deps, closing, share) for share in SHARES)
    reserve = writing.reserve(deps, section, closing.words)
    try:
        _, prompt = await fitting(deps.llm, prompts, reserve=reserve)
    except ContextTooSmall as error:
        deps.emit(CallLeftOut(node=closing.node, section=section.number, reason=str(error)))
        _keep(deps, section, [], fallback)
        return
    assignment = Assignment(
        node=closing.node,
        section=section,
        exhibits=_claims(drafts.run_exhibits(deps.database, section.run_id), closing.texts),
        words=closing.words,
        prompt=prompt,
        check=lambda text: _unsaid(text, closing),
    )
    tries = [_grounded(made, closing) for made in await writing.attempts(deps, assignment)]
    _keep(deps, section, tries, fallback)


def _keep(deps: Deps, section: Section, tries: Sequence[Try[Draft]], fallback: str) -> None:
    """The best try as the section's text, or beside it where the user has locked it; else the fallback, if any."""
    chosen, wave = best(tries), waves.current(deps.database, section.run_id)
    versions = writing.rows(section, "draft", tries, chosen, wave=wave)
    if section.locked:
        for version in versions:
            version.accepted, version.proposed = False, version.accepted
    elif chosen is None and fallback:
        versions.append(drafts.version_of(section, QUOTE, fallback, accepted=True, wave=wave))
    written = any(version.accepted for version in versions)
    drafts.settle(deps.database, section, versions, stale=None if written else OUT_OF_DATE)
    if written:
        writing.announce(deps, section, versions)


def _claims(exhibits: Sequence[Exhibit], texts: Sequence[str]) -> list[Exhibit]:
    """The evidence that the texts cite; in the place of each passage, what they say and cite it for."""
    said: dict[int, list[str]] = {}
    for sentence in (sentence for text in texts for sentence in _sentences(text)):
        for number in cited(sentence):
            said.setdefault(number, []).append(without_marks(sentence))
    known = (exhibit for exhibit in exhibits if exhibit.evidence.number in said)
    return [_saying(exhibit, "\n".join(said[exhibit.evidence.number])) for exhibit in known]


def _saying(exhibit: Exhibit, text: str) -> Exhibit:
    source = Source(library="", url="", title="", site="", digest="", page_digest="", added_at=now())
    return Exhibit(exhibit.evidence, Passage(source_id=0, start=0, end=len(text), heading="", text=text), source)


def _strange(text: str, closing: Closing) -> list[SentenceSpan]:
    return foreign(text, "\n\n".join(closing.texts), closing.open)


def _unsaid(text: str, closing: Closing) -> list[Problem]:
    found = [" ".join(text[span.start : span.end].split())[:120] for span in _strange(text, closing)]
    reason = 'The report does not say this: "{}". Say only what it says.'
    return [Problem(reason.format(sentence), fatal=False) for sentence in found[: guard.REASONS]]


def _grounded(made: Try[Draft], closing: Closing) -> Try[Draft]:
    """A try without the sentences that the report does not carry; unusable where too little is left."""
    if made.value is None:
        return made
    gone = _strange(made.value.text, closing)
    text = guard.without(made.value.text, gone)
    usable = word_count(text) >= guard.SHORTEST and cited(text)
    problems = [] if usable else [Problem("Little of the text is in the report.")]
    value = made.value._replace(text=text, unsupported=made.value.unsupported + len(gone))
    return replace(made, value=value, problems=[*made.problems, *problems])


def _open_questions(deps: Deps, run_id: str) -> list[str]:
    """The user's notes are not among them: they say what to do, and not what is to be found out."""
    found = [gap for gap in ranked(gaps.of_run(deps.database, run_id)) if gap.kind != Kind.NOTE]
    return list(dict.fromkeys(one_line(gap.question) for gap in found))[:MOST_OPEN]


def _prompt(deps: Deps, closing: Closing, share: float) -> tuple[Message, ...]:
    written = [{"title": part.section.title, "text": _beginning(part.text, share)} for part in closing.parts]
    first = next((f"e{number}" for text in closing.texts for number in cited(text)), None)
    values = {"open": closing.open} if closing.node == "conclusion" else {}
    return messages(
        deps.database,
        closing.section.run_id,
        closing.node,
        written=written,
        notes=closing.notes,
        words=closing.words,
        first=first,
        **values,
    )


def _beginning(text: str, share: float) -> str:
    """The first sentences of a text, as far as a share of its characters holds them, and one at least."""
    ends = [span.end for span in sentence_spans(text)]
    return text[: max((end for end in ends if end <= share * len(text)), default=ends[0] if ends else 0)]


def _opening(text: str) -> str:
    """The first line or paragraph of a section that cites: what the summary says when its writer fails."""
    lines = [line for line in text.splitlines() if cited(line)]
    return lines[0] if lines else text


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]
