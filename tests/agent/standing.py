"""A run whose sections stand, made by hand: any texts, any evidence."""

from collections.abc import Mapping, Sequence

from redraft.agent.settings import Settings
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.store.models import Evidence, Gap, Page, Passage, Run, Section, SectionEvidence, Source, Version, now
from redraft.tests import rows

QUESTION = "How many passengers do trams and buses carry, and what do they cost?"


def begin(
    database: Database,
    settings: Settings,
    texts: Mapping[str, str],
    evidence: Mapping[int, str],
    *,
    run_id: str = "run",
    words: int = 600,
    budget: int = 60,
    ends: Mapping[str, str] | None = None,
) -> str:
    """A run with a section for each text, and with evidence that each of them may cite.

    `budget`: the words wanted of each section. `ends`: origins of further sections by number, without texts.
    """
    settings = settings.model_copy(update={"language": "en"})
    row = Run(id=run_id, question=QUESTION, status="running", settings=settings.snapshot(), created_at=now())
    runs.create(database, row)
    runs.save_brief(database, rows.brief(run_id, words=words))
    origins = {**dict.fromkeys(texts, "model"), **(ends or {})}
    runs.save_outline(database, run_id, [_section(run_id, number, origins[number], budget) for number in origins])
    body = [runs.section(database, run_id, number) for number in texts]
    _file(database, run_id, body, evidence)
    drafts.append(database, [drafts.version_of(s, "draft", texts[s.number], accepted=True) for s in body])
    return run_id


def write(database: Database, run_id: str, number: str, text: str, op: str = "draft") -> None:
    """One more version that stands."""
    section = runs.section(database, run_id, number)
    drafts.append(database, [drafts.version_of(section, op, text, accepted=True)])


def lock(database: Database, run_id: str, number: str) -> None:
    drafts.set_locked(database, runs.section(database, run_id, number), locked=True)


def lack(database: Database, run_id: str, question: str, priority: str = "high") -> Gap:
    """A gap that is open."""
    return gaps.open_all(database, [rows.gap(run_id, question, priority=priority)])[0]


def texts(database: Database, run_id: str) -> dict[str, str]:
    """What stands in each section."""
    accepted = drafts.accepted(database, run_id)
    return {row.number: accepted[row.id].text for row in runs.outline(database, run_id) if row.id in accepted}


def versions(database: Database, run_id: str, number: str) -> list[Version]:
    section = runs.section(database, run_id, number)
    return [version for version in drafts.versions(database, run_id) if version.section_id == section.id]


def _section(run_id: str, number: str, origin: str, words: int) -> Section:
    title = f"Matter {number}" if origin == "model" else origin.title()
    return Section(run_id=run_id, number=number, title=title, purpose="What it says.", words=words, origin=origin)


def _file(database: Database, run_id: str, sections: Sequence[Section], evidence: Mapping[int, str]) -> None:
    with database.session() as session:
        session.merge(Page(digest="page", data=b""))
        source = Source(
            library="cities",
            url=f"file:///{run_id}.md",
            title="",
            site="",
            digest="",
            page_digest="page",
            added_at=now(),
        )
        session.add(source)
        session.flush()
        for number, text in evidence.items():
            passage = Passage(source_id=source.id or 0, start=0, end=len(text), heading="", text=text)
            session.add(passage)
            session.flush()
            row = Evidence(run_id=run_id, number=number, passage_id=passage.id or 0)
            session.add(row)
            session.flush()
            session.add_all(
                SectionEvidence(section_id=section.id or 0, evidence_id=row.id or 0, rank=number)
                for section in sections
            )
