"""QUERY and RETRIEVE: what is searched for each section, and the evidence it is given.

Both serve the sections that wait for evidence: all of them at first, and later those that a wave of rounds adds.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Annotated

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field, StringConstraints

from redraft.agent import tree
from redraft.agent.asking import Problem, fill, fitted
from redraft.agent.corpus import Corpus
from redraft.agent.errors import NoEvidence
from redraft.agent.events import EvidenceGathered, SuspiciousText
from redraft.agent.guard import repeats_itself
from redraft.agent.llm import Message, Request
from redraft.agent.prompting import messages
from redraft.agent.selecting import by_id, ids, selected
from redraft.agent.shortfalls import shortfalls
from redraft.agent.state import Deps, RunState, SectionTask, Update
from redraft.prompts.labels import labels
from redraft.store import drafts, library, runs
from redraft.store.database import Database
from redraft.store.drafts import Exhibit, Finding
from redraft.store.library import Match
from redraft.store.models import Section
from redraft.tools.retrieve import fuse, search_words
from redraft.tools.suspicion import harmless

QUERY_TOKENS = 160
TEMPERATURE = 0.4
QUERY_WORDS = 12
LETTERS = 0.5
"""Of the characters of a query, counting its spaces. "§ 823 BGB" has 0.56 and "CVE-2024-3094 xz backdoor" 0.60; the
paths and version numbers that a babbling model asks for, such as "1.1.0.0.0/test/test.py", have 0.37 to 0.45."""

Words = Annotated[str, StringConstraints(min_length=2, max_length=90)]
"""Of two characters is a word of Chinese."""
Found = Mapping[str, Sequence[Match]]
"""What each search for one section brought, best first."""


class QueryForm(BaseModel):
    queries: Annotated[list[Words], Field(min_length=1, max_length=3)]


def awaiting(database: Database, run_id: str) -> list[Section]:
    """The sections that are to be written and have no evidence yet, in the order of the report."""
    supplied = drafts.supplied(database, run_id)
    body = tree.body(runs.outline(database, run_id))
    return drafts.open_among(database, run_id, (section for section in body if section.id not in supplied))


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
    section = runs.section(deps.database, run_id, state["section"])
    if drafts.queries(deps.database, section.id or 0) or not drafts.is_open(deps.database, section):
        return {}
    above = _above(deps.database, section)
    reply = await _asked(deps, section, above)
    asked = [" ".join(text.split()) for text in reply.queries] if reply else []
    # The title is always searched for: it finds what the section is about even when the model's queries do not.
    texts = list(dict.fromkeys([*asked, _by_title(section, above)]))
    drafts.save_queries(deps.database, section.id or 0, texts)
    return {}


async def _asked(deps: Deps, section: Section, above: str | None) -> QueryForm | None:
    request = Request(
        node="query", section=section.number, messages=(), max_tokens=QUERY_TOKENS, temperature=TEMPERATURE
    )
    fit = await fitted(deps, request, _prompts(deps, section, above))
    return await fill(deps, fit.request, QueryForm, _problems) if fit else None


def _prompts(deps: Deps, section: Section, above: str | None) -> Iterator[tuple[Message, ...]]:
    """With what the section may find, then without."""
    bare = Section(**section.model_dump() | {"hypotheses": []})
    for shown in (section, bare):
        prompt = deps.dialect.prompt("query")
        yield messages(deps.database, section.run_id, prompt, section=shown, above=above)


async def retrieve(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Gathers the evidence of all sections that wait for it, by number, so that its ids do not depend on who finished
    first."""
    deps, run_id = runtime.context, state["run_id"]
    sections = awaiting(deps.database, run_id)
    if not sections:
        return {}
    corpus, held = await deps.corpus(), drafts.run_exhibits(deps.database, run_id)
    found = [_searched(deps, corpus, section) for section in sections]
    # What speaks to the question fills up every section: none is left without evidence while the run has any.
    general = corpus.known() or [Match(exhibit.passage, exhibit.source) for exhibit in held] or list(_all(found))
    if not general:
        raise no_evidence(deps.database, deps.settings.library, run_id)
    used = {exhibit.passage.id or 0 for exhibit in held}
    findings: list[Finding] = []
    for section, by_text in zip(sections, found, strict=True):
        finding = await _finding(deps, section, by_text, general, used)
        used.update(finding.passage_ids)
        findings.append(finding)
    drafts.save_findings(deps.database, run_id, findings)
    _announce(deps, sections, {exhibit.evidence.number for exhibit in held})
    return {}


def tell_suspicious(deps: Deps, exhibits: Iterable[Exhibit]) -> None:
    """Announces which of these sources speak to software."""
    suspicious: Counter[str] = Counter()
    for exhibit in exhibits:
        suspicious[exhibit.source.url] += harmless(exhibit.passage.text).left_out
    for url, sentences in (+suspicious).items():
        deps.emit(SuspiciousText(url=url, sentences=sentences))


def is_query(text: str) -> bool:
    """Whether a text is one that can be searched for: some words, and not what a babbling model makes of them."""
    letters = sum(character.isalpha() or character.isspace() for character in text)
    words = bool(search_words(text)) and letters > LETTERS * len(text)
    return words and len(text.split()) <= QUERY_WORDS and not repeats_itself(text)


def _problems(reply: QueryForm) -> list[Problem]:
    for text in reply.queries:
        if not is_query(text):
            return [Problem(f'"{text}" is no query. Give two to eight words that a document would use.')]
    return []


def _above(database: Database, section: Section) -> str | None:
    """The title of the section above."""
    number = tree.parent(section.number)
    return runs.section(database, section.run_id, number).title if number else None


def _by_title(section: Section, above: str | None) -> str:
    """The search for a section's title. "Costs" below "Trams" means those of trams."""
    return f"{above} {section.title}" if above else section.title


def _searched(deps: Deps, corpus: Corpus, section: Section) -> Found:
    return {query.text: corpus.search(query.text) for query in drafts.queries(deps.database, section.id or 0)}


def _all(found: Iterable[Found]) -> Iterable[Match]:
    return chain.from_iterable(matches for by_text in found for matches in by_text.values())


async def _finding(
    deps: Deps, section: Section, found: Found, general: Sequence[Match], used: Collection[int]
) -> Finding:
    """The passages for one section, those before others that no section has yet."""
    title = _by_title(section, _above(deps.database, section))
    ranked = _ranked(found, title, general, unplanned=section.origin == "code")
    passage_ids = await selected(deps, ranked, by_id([*found.values(), general]), used)
    return Finding(section.id or 0, {text: len(matches) for text, matches in found.items()}, passage_ids)


def _ranked(found: Found, title: str, general: Sequence[Match], *, unplanned: bool) -> list[int]:
    # The model's queries are one voice and the title is another: three stray queries that agree cannot drown it.
    own = fuse([fuse([ids(found[text]) for text in found if text != title]), ids(found.get(title, ()))])
    if unplanned:
        # The model had no title for it, and its queries may be no better. Passages that such searches agree on would
        # all come before what the question finds, if that were one voice among them: so it is one of two.
        own = fuse([own, ids(general)])
    # The question's own ranking fills up what the section's searches leave open: a section is never without evidence.
    return own + [i for i in dict.fromkeys(ids(general)) if i not in own]


def _announce(deps: Deps, sections: Sequence[Section], held: Set[int]) -> None:
    """What these sections were given; `held`: the numbers of the evidence that the run had before."""
    by_section = {section.number: drafts.exhibits(deps.database, section.id or 0) for section in sections}
    exhibits = {exhibit.evidence.number: exhibit for given in by_section.values() for exhibit in given}
    tell_suspicious(deps, [exhibits[key] for key in sorted(exhibits.keys() - held)])
    sources = {exhibit.source.id for exhibit in exhibits.values()}
    per_section = {number: len(given) for number, given in by_section.items()}
    deps.emit(EvidenceGathered(passages=len(exhibits), sources=len(sources), per_section=per_section))
