"""PubMed: biomedical literature, through NCBI's E-utilities. https://www.ncbi.nlm.nih.gov/books/NBK25499/"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from lxml import etree
from pydantic import BaseModel, SecretStr

from redraft.tools.errors import SearchFailed
from redraft.tools.search import hits
from redraft.tools.search.http import fetch, key_refused, parsed
from redraft.tools.search.types import Answer, Ask, Hit
from redraft.tools.search.xml import parsed_xml, text_of

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST = 100


class _Warnings(BaseModel):
    outputmessages: list[str] = []
    quotedphrasesnotfound: list[str] = []


class _Result(BaseModel):
    idlist: list[str]
    warninglist: _Warnings = _Warnings()


class _Reply(BaseModel):
    esearchresult: _Result


@dataclass(frozen=True)
class PubMed:
    """Knows no languages: nearly all abstracts are English."""

    client: httpx.AsyncClient = field(repr=False)
    contact: str | None = None
    key: SecretStr | None = None

    @property
    def name(self) -> str:
        return "pubmed"

    @property
    def interval(self) -> float:
        return 0.2 if self.key else 0.7  # 10 and 3 requests a second are allowed, and a search makes two

    async def search(self, ask: Ask) -> Answer:
        form = {"term": ask.text, "retmax": str(min(ask.limit, MOST)), "retmode": "json", "sort": "relevance"}
        if ask.since:
            form |= {"datetype": "pdat", "mindate": f"{ask.since:%Y/%m/%d}", "maxdate": "3000"}
        found = parsed(_Reply, self.name, await self._post("esearch", form)).esearchresult
        if not found.idlist:
            return Answer(note=" ".join(found.warninglist.outputmessages))
        articles = await self._post("efetch", {"id": ",".join(found.idlist), "retmode": "xml"})
        root = parsed_xml(self.name, articles)
        if root.tag != "PubmedArticleSet":
            raise SearchFailed(self.name, "bad_answer", "an answer that is no list of articles")
        return Answer(hits=hits.kept(_hits(root), ask))

    async def _post(self, verb: str, form: dict[str, str]) -> bytes:
        """As a form, since an address with a key in it would be logged."""
        form |= {"db": "pubmed", "tool": "redraft"}
        if self.contact:
            form["email"] = self.contact
        if self.key:
            form["api_key"] = self.key.get_secret_value()
        return await fetch(
            self.client, self.name, "POST", f"{URL}/{verb}.fcgi", refused=key_refused(self.name, self.key), data=form
        )


def _hits(root: etree._Element) -> Iterator[Hit]:
    for citation in root.iterfind("PubmedArticle/MedlineCitation"):
        abstract = " ".join(_part(part) for part in citation.iterfind("Article/Abstract/AbstractText"))
        yield Hit(
            url=f"https://pubmed.ncbi.nlm.nih.gov/{text_of(citation.find('PMID'))}/",
            title=text_of(citation.find("Article/ArticleTitle")),
            snippet=abstract,
            date=_day(citation),
            author=hits.joined(_author(author) for author in citation.iterfind("Article/AuthorList/Author")),
            abstract=abstract or None,
        )


def _part(part: etree._Element) -> str:
    """A paragraph of the abstract, after its heading where it has one."""
    label = part.get("Label")
    return f"{label}: {text_of(part)}" if label else text_of(part)


def _author(author: etree._Element) -> str:
    return (
        text_of(author.find("CollectiveName"))
        or f"{text_of(author.find('ForeName'))} {text_of(author.find('LastName'))}"
    )


def _day(citation: etree._Element) -> str | None:
    """When it appeared online, else on paper: months are numbers in the one and names in the other."""
    dated = citation.find("Article/ArticleDate")
    if dated is None:
        dated = citation.find("Article/Journal/JournalIssue/PubDate")
    if dated is None:
        return None
    year, month, day = (text_of(dated.find(part)) for part in ("Year", "Month", "Day"))
    number = str(hits.MONTHS.index(month) + 1) if month in hits.MONTHS else month
    known = f"{year}-{number:0>2}-{day:0>2}" if number and day else f"{year}-{number:0>2}" if number else year
    return hits.day_of(known or text_of(dated.find("MedlineDate")))
