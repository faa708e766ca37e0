"""Rows as a run would have stored them, or is to store them."""

from typing import Any

from redraft.store.drafts import Exhibit
from redraft.store.models import Brief, Evidence, Gap, Passage, Section, Source, Version, now
from redraft.store.runs import place

MOMENT = now()


def source(number: int = 1, *, title: str = "Trams", site: str = "cities", date: str | None = "2024-05-01") -> Source:
    url = f"file:///library/{number}.md"
    return Source(
        id=number,
        library="cities",
        url=url,
        title=title,
        site=site,
        date=date,
        digest="",
        page_digest="",
        added_at=MOMENT,
    )


def exhibit(number: int, text: str = "Trams run on rails.", *, of: Source | None = None) -> Exhibit:
    """Evidence `number`; without `of`, from a source of its own."""
    origin = of or source(number)
    passage = Passage(id=number, source_id=origin.id or 0, start=0, end=len(text), heading="", text=text)
    return Exhibit(Evidence(id=number, run_id="run", number=number, passage_id=number), passage, origin)


def section(number: str = "1", *, title: str = "Trams", words: int = 100, origin: str = "model") -> Section:
    return Section(
        id=sum(100**level * part for level, part in enumerate(place(number))) + 1,
        run_id="run",
        number=number,
        title=title,
        purpose="How trams run.",
        words=words,
        origin=origin,
    )


def version(text: str, *, op: str = "draft", invented: int = 0, unsupported: int = 0) -> Version:
    return Version(
        section_id=1,
        number=1,
        op=op,
        text=text,
        accepted=True,
        problems=[],
        invented=invented,
        unsupported=unsupported,
        created_at=MOMENT,
    )


def brief(run_id: str, **fields: Any) -> Brief:
    """Of 600 words for anybody, with no demands, unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "title": "Getting about in cities",
        "intent": "To choose between them.",
        "audience": "",
        "constraints": [],
        "words": 600,
        "words_from": "user",
        "checklist": [],
        "style": [],
    }
    return Brief(run_id=run_id, **given | fields)


def gap(run_id: str, question: str, **fields: Any) -> Gap:
    """Of section 1, named by a round's question before the first wave, unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "number": 0,
        "kind": "thin",
        "section": "1",
        "priority": "medium",
        "opened_by": "question",
        "opened_in": 0,
    }
    return Gap(run_id=run_id, question=question, **given | fields)
