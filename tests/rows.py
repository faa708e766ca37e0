"""Rows as a run would have stored them, where a test needs a few and no database."""

from redraft.store.drafts import Exhibit
from redraft.store.models import Evidence, Passage, Section, Source, Version, now

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


def section(number: int = 1, *, title: str = "Trams", words: int = 100, origin: str = "model") -> Section:
    return Section(
        id=number + 1, run_id="run", number=number, title=title, purpose="How trams run.", words=words, origin=origin
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
