"""Claims held against their evidence: asked about in the open, answered without the text, and only then compared.

The factored form of Chain-of-Verification (arXiv 2309.11495), with the evidence in the place of the model's memory: a
model that sees its own draft repeats the draft's mistakes. What code can compare, no model is asked.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, Field, StringConstraints

from redraft.agent import guard
from redraft.agent.asking import Problem, fill, fitted
from redraft.agent.citations import resolve, without_marks
from redraft.agent.claims import LIMITS, Statement, agrees, chosen, statements, unanswerable, word_for_word
from redraft.agent.facts import unfounded
from redraft.agent.llm import Request
from redraft.agent.prompting import messages, shown
from redraft.agent.state import Deps
from redraft.agent.writing import origin
from redraft.store.drafts import Exhibit
from redraft.store.models import Claim, Section, Version
from redraft.tools.language import comparable, language_of
from redraft.tools.suspicion import harmless

Verdict = Literal["supported", "partial", "contradicted", "unsupported", "unchecked"]

QUESTION_TOKENS = 60
"""For each claim: a question of 240 characters, and the JSON around it."""
ANSWER_TOKENS, VERDICT_TOKENS = 220, 120
TEMPERATURE = 0.0
"""Nothing here is better for being said in another way."""

Form = TypeVar("Form", bound=BaseModel)
Check = Callable[[Form], Sequence[Problem]]


class AskedForm(BaseModel):
    claim: int
    question: Annotated[str, StringConstraints(max_length=240, strip_whitespace=True)]


class QuestionsForm(BaseModel):
    questions: Annotated[list[AskedForm], Field(max_length=60)]


class AnswerForm(BaseModel):
    said: bool
    answer: Annotated[str, StringConstraints(max_length=600, strip_whitespace=True)]


class VerdictForm(BaseModel):
    why: Annotated[str, StringConstraints(max_length=240, strip_whitespace=True)]
    verdict: Literal["supported", "partial", "contradicted", "unsupported"]


@dataclass(frozen=True)
class Subject:
    """The text of a section under examination."""

    section: Section
    version: Version
    exhibits: Mapping[int, Exhibit]
    """All evidence of the run, by number."""
    known: Mapping[str, Claim] = field(default_factory=dict)
    """The claims of earlier texts of the section that a model has judged, by their sentence: none is judged twice."""

    def cited(self, statement: Statement) -> list[Exhibit]:
        return [self.exhibits[number] for number in statement.evidence]


@dataclass(frozen=True)
class Finding:
    """What is known of one claim."""

    statement: Statement
    verdict: Verdict = "unchecked"
    question: str = ""
    """Empty where none was asked."""
    answer: str = ""
    why: str = ""


async def examine(deps: Deps, subject: Subject) -> list[Finding]:
    """A finding on every claim of a text, in order. The model reads those that are worth a call of it."""
    found = statements(subject.version.text)
    if subject.version.op == "quote":
        return [Finding(statement, "supported", why="quoted by code") for statement in found]
    sound = _sound(subject, found)
    known = {s.text: _remembered(s, subject.known[s.text]) for s in found if s.text in subject.known}
    doubtful = [s for s in found if s.text not in known and not word_for_word(s.text, _passages(subject, s))]
    limit = LIMITS[deps.settings.preset]
    wanted = chosen(doubtful, limit if limit is None else max(0, limit - len(known)))
    known |= await _asked(deps, subject, wanted)
    by_code = {s.text: Finding(s, "supported" if s.number in sound else "unchecked") for s in found}
    return [replace(known.get(s.text, by_code[s.text]), statement=s) for s in found]


async def examine_with(deps: Deps, subject: Subject, finding: Finding, exhibits: Sequence[Exhibit]) -> Finding:
    """The finding on a claim if it rested on other evidence."""
    elsewhere = replace(subject, exhibits={exhibit.evidence.number: exhibit for exhibit in exhibits})
    statement = finding.statement._replace(evidence=list(elsewhere.exhibits))
    return await _checked(deps, elsewhere, statement, finding.question)


def _remembered(statement: Statement, claim: Claim) -> Finding:
    return Finding(statement, cast("Verdict", claim.verdict), claim.question, claim.answer, claim.detail)


async def _asked(deps: Deps, subject: Subject, wanted: Sequence[Statement]) -> dict[str, Finding]:
    """What the model makes of these claims, by their sentence; unchecked where it could not ask a question."""
    questions = await _questions(deps, subject.section, wanted)
    asked = [statement for statement in wanted if statement.number in questions]
    findings = await asyncio.gather(*(_checked(deps, subject, s, questions[s.number]) for s in asked))
    return {s.text: Finding(s) for s in wanted} | {finding.statement.text: finding for finding in findings}


def code_supports(sentence: str, passage: str) -> bool:
    """Whether code finds a sentence, whatever it cites, in a passage that it can be compared with."""
    plain = without_marks(sentence)
    alike = comparable(language_of(plain), language_of(passage))
    return alike and not unfounded(plain, [passage]) and guard.support(plain, [passage]) >= guard.SUPPORT


def _sound(subject: Subject, found: Sequence[Statement]) -> set[int]:
    """The numbers of the claims in which code finds no fault, as far as it can compare them with their evidence."""
    texts = {number: exhibit.passage.text for number, exhibit in subject.exhibits.items()}
    origins = {number: origin(exhibit) for number, exhibit in subject.exhibits.items()}
    dropped = [fault.sentence for fault in guard.supported(subject.version.text, texts, origins).dropped]
    faultless = [s for s in found if not any(s.text in sentence for sentence in dropped)]
    return {s.number for s in faultless if _alike(subject, s)}


def _alike(subject: Subject, statement: Statement) -> bool:
    return comparable(language_of(subject.version.text), language_of(" ".join(_passages(subject, statement))))


def _passages(subject: Subject, statement: Statement) -> list[str]:
    return [exhibit.passage.text for exhibit in subject.cited(statement)]


async def _questions(deps: Deps, section: Section, wanted: Sequence[Statement]) -> dict[int, str]:
    """An open question for each claim, by its number; none for a claim whose questions were all unusable."""
    if not wanted:
        return {}
    plain = [{"number": s.number, "text": harmless(without_marks(s.text)).text} for s in wanted]

    def check(form: QuestionsForm) -> list[Problem]:
        usable = _usable(form, wanted)
        missing = [f"Claim {s.number} has no question of its own." for s in wanted if s.number not in usable]
        wrong = [
            f'The question "{asked.question[:80]}" cannot be used. {fault}'
            for asked in form.questions
            for s in wanted
            if s.number == asked.claim and (fault := unanswerable(asked.question, s.text))
        ]
        return [Problem(text, fatal=False) for text in (*wrong, *missing)]

    tokens = QUESTION_TOKENS * len(wanted)
    form = await put(deps, "verify_question", section, QuestionsForm, check, tokens, claims=plain)
    return _usable(form, wanted) if form else {}


def _usable(form: QuestionsForm, wanted: Sequence[Statement]) -> dict[int, str]:
    """The first good question for each claim, and no question twice: what two claims share tells them not apart."""
    text = {statement.number: statement.text for statement in wanted}
    questions: dict[int, str] = {}
    for asked in form.questions:
        question = " ".join(harmless(asked.question).text.split())
        new = asked.claim in text and asked.claim not in questions and question not in questions.values()
        if new and unanswerable(question, text[asked.claim]) is None:
            questions[asked.claim] = question
    return questions


async def _checked(deps: Deps, subject: Subject, statement: Statement, question: str) -> Finding:
    answer = await _answer(deps, subject, statement, question)
    if answer is None:
        return Finding(statement, "unchecked", question)
    if not answer.said:
        return Finding(statement, "unsupported", question, why="the passages do not say")
    finding = Finding(statement, "supported", question, _line(answer.answer), "the answer says the same")
    if _alike(subject, statement) and agrees(statement.text, question, finding.answer):
        return finding
    verdict = await _verdict(deps, subject, finding)
    return replace(
        finding, verdict=verdict.verdict if verdict else "unchecked", why=_line(verdict.why if verdict else "")
    )


async def _answer(deps: Deps, subject: Subject, statement: Statement, question: str) -> AnswerForm | None:
    """What the evidence says to a question, from a model that sees nothing of the text."""
    exhibits = subject.cited(statement)
    told = [*(exhibit.passage.text for exhibit in exhibits), *map(origin, exhibits)]

    def check(form: AnswerForm) -> list[Problem]:
        if not form.said:
            return []
        answer = _line(form.answer)
        alike = comparable(language_of(answer), language_of(" ".join(told)))
        faults = [f"In your answer, {fault}." for fault in unfounded(answer, told, translated=not alike)]
        if not answer or (alike and guard.support(answer, told) < guard.SUPPORT):
            faults.append("The passages do not say this. Answer from them alone, or set `said` to false.")
        return [Problem(fault) for fault in faults]

    evidence = shown(exhibits)
    return await put(
        deps, "verify_answer", subject.section, AnswerForm, check, ANSWER_TOKENS, evidence=evidence, asked=question
    )


async def _verdict(deps: Deps, subject: Subject, finding: Finding) -> VerdictForm | None:
    exhibits = subject.cited(finding.statement)
    told = [finding.answer, *(exhibit.passage.text for exhibit in exhibits), *map(origin, exhibits)]
    claim = without_marks(finding.statement.text)

    def check(form: VerdictForm) -> list[Problem]:
        missing = unfounded(claim, told, translated=True) if form.verdict == "supported" else []
        return [Problem(f"The claim is not supported: {fault}.") for fault in missing]

    values: dict[str, Any] = {"evidence": shown(exhibits), "asked": finding.question, "answer": finding.answer}
    values |= {"claim": harmless(claim).text, "terse": deps.settings.terse}
    return await put(deps, "verdict", subject.section, VerdictForm, check, VERDICT_TOKENS, **values)


async def put(
    deps: Deps, node: str, section: Section, form: type[Form], check: Check[Form], tokens: int, **values: Any
) -> Form | None:
    """What a step's prompt brings back as a form; None where no reply could be used, or the prompt has no room."""
    prompt = messages(deps.database, section.run_id, node, **values)
    request = Request(node=node, section=section.number, messages=(), max_tokens=tokens, temperature=TEMPERATURE)
    # Less evidence than the claim cites could not tell what the claim rests on.
    fit = await fitted(deps, request, [prompt])
    return await fill(deps, fit.request, form, check) if fit else None


def _line(text: str) -> str:
    """A reply in one line, without marks, addresses, and words to software."""
    return " ".join(harmless(resolve(text, ()).text).text.split())
