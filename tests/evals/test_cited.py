from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from redraft.agent.memory import StorePacer
from redraft.agent.settings import Settings
from redraft.agent.web import Web
from redraft.evals.cited import Texts, read_cited
from redraft.evals.metrics import measure
from redraft.store.database import Database
from redraft.tools.errors import PageFailed
from redraft.tools.fetch.fetcher import Fetched, Validators
from redraft.tools.types import Content

TRAMS = "The tram line was opened in 1904 and carries 12,500 people a day on its rails. " * 3
ARTICLE = """# Trams

The tram line was opened in 1904 and carries 12,500 people a day on its rails [1]. It was paid for by the king [2].
Nobody knows what became of the first trams that ran on these rails for years [3], nor where they are today [7].

## References

[1] Trams. http://www.trams.example/line/#history
[2] The king. https://gone.example/king
[3] The first trams, a book.
[4] Never cited. https://trams.example/other
"""


@dataclass
class Sites:
    """What stands where; everything else is not found."""

    texts: Mapping[str, str]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, validators: Validators | None) -> Fetched:
        self.asked.append(url)
        if url not in self.texts:
            raise PageFailed(url, "not_found", "404")
        return Fetched(
            url=url,
            final_url=url,
            status=200,
            content_type="text/plain",
            charset="utf-8",
            data=self.texts[url].encode(),
            etag=None,
            last_modified=None,
            not_modified=False,
            hops=(),
            ms=1,
        )


async def understand(fetched: Fetched) -> Content:
    return Content(text=fetched.data.decode())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    yield database
    database.close()


async def read(database: Database, sites: Sites | None, *articles: str) -> list[Texts]:
    web = Web(providers=(), pacer=StorePacer(database), get=sites.get if sites else None, understand=understand)
    return await read_cited(articles, Settings(), database, web)


def sites() -> Sites:
    return Sites({"http://www.trams.example/line/#history": TRAMS})


async def test_each_article_gets_the_pages_that_its_text_cites(database: Database) -> None:
    with_page, without = await read(database, web := sites(), ARTICLE, "Nothing is cited here.")

    assert list(with_page) == ["https://trams.example/line"]
    title, *texts = with_page["https://trams.example/line"]
    assert title == "line"  # of its address, as the page has none
    assert "".join(texts).strip() == TRAMS.strip()
    assert without == {}
    assert sorted(web.asked) == ["http://www.trams.example/line/#history", "https://gone.example/king"]


async def test_articles_are_measured_against_what_they_cite_and_what_cannot_be_read_is_told(database: Database) -> None:
    (cited,) = await read(database, sites(), ARTICLE)

    found = measure(ARTICLE, cited=cited)

    assert found["unreachable_citations"] == 3 / 4  # a page that is gone, a book, and a number without an entry
    assert found["number_support"] == 1
    assert found["fabricated_citations"] is None


async def test_a_page_that_several_articles_cite_is_asked_for_once_and_then_kept(database: Database) -> None:
    other = "It runs since 1904, as the company says itself (https://trams.example/line), and will run for years.\n"
    web = Sites({"http://www.trams.example/line/#history": TRAMS, "https://trams.example/line": TRAMS})

    first, second = await read(database, web, ARTICLE, other)
    asked = [url for url in web.asked if "trams" in url]
    again = await read(database, None, ARTICLE, other)

    assert len(asked) == 1
    assert first == second
    assert again == [first, second]


async def test_what_is_no_address_of_a_page_is_not_read(database: Database) -> None:
    (cited,) = await read(database, None, "It is so, as the file of the king says [1].\n\n[1]: file:///etc/passwd\n")

    assert cited == {}
