"""QUERY and RETRIEVE: what is searched for each section, and the evidence it is given."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints

from redraft.agent.asking import Problem, ask, best, form
from redraft.agent.corpus import Corpus
from redraft.agent.errors import NoEvidence
from redraft.agent.events import EvidenceGathered, SuspiciousText
from redraft.agent.guard import repeats_itself
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import messages
from redraft.agent.shortfalls import shortfalls
from redraft.agent.state import Deps, RunState, SectionTask, Update
from redraft.prompts.labels import labels
from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.drafts import Finding
from redraft.store.library import Match
from redraft.store.models import Section
from redraft.tools.retrieve import distinct, fill, fuse, search_words, spread
from redraft.tools.sanitize import sanitize
from redraft.tools.suspicion import harmless

QUERY_TOKENS = 160
TEMPERATURE = 0.4
SPARE = 2
"""Passages looked at for each one taken: what is too long for the budget makes room for what is not."""
PASSAGE_TOKENS = 280
"""Of the served model, for each passage of the preset. A passage of 1,000 characters took 80 to 280 with the embedded
model's tokenizer; only text of another kind, such as tables of numbers or a script of its own, takes more."""
PER_SOURCE = 2
"""Passages of one source in a section, as long as others have something to say."""
QUERY_WORDS = 12
LETTERS = 0.5
"""Of the characters of a query, counting its spaces. "§ 823 BGB" has 0.56 and "CVE-2024-3094 xz backdoor" 0.60; the
paths and version numbers that a babbling model asks for, such as "1.1.0.0.0/test/test.py", have 0.37 to 0.45."""

Words = Annotated[str, StringConstraints(min_length=3, max_length=90)]


class QueryForm(BaseModel):
    queries: Annotated[list[Words], Field(min_length=1, max_length=3)]


def no_evidence(database: Database, library_name: str, run_id: str) -> NoEvidence:
    """The error for a run that has found nothing to write from, and why."""
    held = library.libraries(database).get(library_name, 0)
    why = f"none of its {held} documents speaks to the question" if held else "it is empty"
    withheld = "".join(f"{said} " for said in shortfalls(database, run_id, labels("en")))
    return NoEvidence(
        f"nothing to write from. {withheld}The library {library_name!r} has no evidence: {why}. "
        "Add documents with `redraft library add`, or name another search provider"
    )


async def query(state: SectionTask, runtime: Runtime[Deps]) -> Update:
    deps, run_id = runtime.context, state["run_id"]
    section = runs.outline(deps.database, run_id)[state["section"]]
    if drafts.queries(deps.database, section.id or 0):
        return {}
    request = Request(
        node="query",
        section=section.number,
        messages=messages(deps.database, run_id, "query", section=section),
        max_tokens=QUERY_TOKENS,
        temperature=TEMPERATURE,
        schema=QueryForm.model_json_schema(),
    )
    chosen = best(await ask(deps.llm, deps.emit, request, form(QueryForm, _problems), retries=deps.settings.retries))
    asked = chosen.value.queries if chosen and chosen.value else []
    # The title is always searched for: it finds what the section is about even when the model's queries do not.
    texts = list(dict.fromkeys([*(" ".join(text.split()) for text in asked), section.title]))
    drafts.save_queries(deps.database, section.id or 0, texts)
    return {}


async def retrieve(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Gathers the evidence of all sections at once, by number, so that its ids do not depend on who finished first."""
    deps, run_id = runtime.context, state["run_id"]
    if drafts.run_exhibits(deps.database, run_id):
        return {}
    corpus = await deps.corpus()
    general = corpus.known()
    if not general:
        raise no_evidence(deps.database, deps.settings.library, run_id)
    body = [section for section in runs.outline(deps.database, run_id) if section.number > 0]
    findings: list[Finding] = []
    used: set[int] = set()
    for section in body:
        finding = await _find(deps, corpus, section, general, used)
        used.update(finding.passage_ids)
        findings.append(finding)
    drafts.save_findings(deps.database, run_id, findings)
    _announce(deps, run_id, body)
    return {}


def _problems(reply: QueryForm) -> list[Problem]:
    for text in reply.queries:
        if not _is_query(text):
            return [Problem(f'"{text}" is no query. Give two to eight words that a document would use.')]
    return []


def _is_query(text: str) -> bool:
    letters = sum(character.isalpha() or character.isspace() for character in text)
    words = bool(search_words(text)) and letters > LETTERS * len(text)
    return words and len(text.split()) <= QUERY_WORDS and not repeats_itself(text)


async def _find(deps: Deps, corpus: Corpus, section: Section, general: Sequence[Match], used: set[int]) -> Finding:
    """The passages for one section: what no earlier section has comes first, and no source crowds out the others."""
    found = {query.text: corpus.search(query.text) for query in drafts.queries(deps.database, section.id or 0)}
    ranked = _ranked(found, section.title, general)
    matches = {match.passage.id or 0: match for matches in (*found.values(), general) for match in matches}
    fresh = [i for i in ranked if i not in used] + [i for i in ranked if i in used]
    alone = distinct(fresh, {i: match.passage.text for i, match in matches.items()})
    limit = deps.settings.size.passages
    source = {i: match.source.id for i, match in matches.items()}
    chosen = spread(alone, source, limit=SPARE * limit, per_group=PER_SOURCE)
    costs = await asyncio.gather(*(_tokens(deps, matches[i]) for i in chosen))
    price = dict(zip(chosen, costs, strict=True))
    fitting = fill(chosen, price.__getitem__, limit * PASSAGE_TOKENS)[:limit]
    return Finding(section.id or 0, {text: len(matches) for text, matches in found.items()}, fitting)


def _ranked(found: Mapping[str, Sequence[Match]], title: str, general: Sequence[Match]) -> list[int]:
    by_text = {text: [match.passage.id or 0 for match in matches] for text, matches in found.items()}
    by_title = by_text.pop(title)
    # The model's queries are one voice and the title is another: three stray queries that agree cannot drown it.
    ids = fuse([fuse(list(by_text.values())), by_title])
    # The question's own ranking fills up what the section's searches leave open: a section is never without evidence.
    return ids + [match.passage.id or 0 for match in general if match.passage.id not in ids]


async def _tokens(deps: Deps, match: Match) -> int:
    return await deps.llm.count([Message(role="user", content=sanitize(match.passage.text))])


def _announce(deps: Deps, run_id: str, body: Sequence[Section]) -> None:
    exhibits = drafts.run_exhibits(deps.database, run_id)
    per_section = {section.title: len(drafts.exhibits(deps.database, section.id or 0)) for section in body}
    sources = {exhibit.source.id for exhibit in exhibits}
    suspicious: Counter[str] = Counter()
    for exhibit in exhibits:
        suspicious[exhibit.source.url] += harmless(exhibit.passage.text).left_out
    for url, sentences in (+suspicious).items():
        deps.emit(SuspiciousText(url=url, sentences=sentences))
    deps.emit(EvidenceGathered(passages=len(exhibits), sources=len(sources), per_section=per_section))
