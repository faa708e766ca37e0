import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from redraft.agent.reading import Reader
from redraft.store import library, pages, runs
from redraft.store.database import Database
from redraft.store.models import Fetch, Run, Source, Visit, now
from redraft.tools.errors import PageFailed, PageFault
from redraft.tools.fetch.fetcher import Fetched, Validators
from redraft.tools.search.types import Hit
from redraft.tools.types import Content, Link

URL = "https://rails.example/trams"
STALE = timedelta(0)
"""For how long a page is fresh to a reader that always asks."""
HINT = Hit(url=URL, title="Trams, as listed", date="2019", author="A. Lister", abstract="Trams carry many passengers.")


@dataclass
class Site:
    """Says one thing after the other, the last one again and again: a text, or why there is none.

    Who knows already what it says is told so.
    """

    says: Sequence[str]
    asked: list[Validators | None] = field(default_factory=list)

    async def get(self, url: str, validators: Validators | None) -> Fetched:
        self.asked.append(validators)
        said = self.says[min(len(self.asked), len(self.says)) - 1]
        for reason in get_args(PageFault):
            if reason == said:
                raise PageFailed(url, reason, "the site says so")
        etag = f'"{zlib.crc32(said.encode())}"'
        known = validators is not None and validators.etag == etag
        return Fetched(
            url=url,
            final_url=f"{url}/",
            status=304 if known else 200,
            content_type="text/plain",
            charset="utf-8",
            data=b"" if known else said.encode(),
            etag=etag,
            last_modified="Fri, 20 Nov 2026 08:00:00 GMT",
            not_modified=known,
            hops=(),
            ms=1,
        )


async def understand(fetched: Fetched) -> Content:
    """A page without labels, which links to one other."""
    return Content(text=fetched.data.decode(), links=(Link(url="https://rails.example/cost", text="what it costs"),))


async def understand_labelled(fetched: Fetched) -> Content:
    return Content(
        text=fetched.data.decode(), title="Its own title", site="Rails", date="2024-05-01", author="T. Driver"
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "redraft.db")
    yield database
    database.close()


def source_of(database: Database, fetch: Fetch) -> Source:
    source = pages.source(database, fetch)
    assert source is not None
    return source


def text_of(database: Database, fetch: Fetch) -> str:
    return library.page_text(database, source_of(database, fetch).page_digest)


async def test_a_page_is_kept_as_it_was_read_and_cut_into_passages(database: Database) -> None:
    text = "# Trams\n\nTrams run on rails.\n\n# Cost\n\nA line costs 22 million euros a kilometre."

    fetch = await Reader(database, Site([text]).get, understand).page(URL)

    assert (fetch.url, fetch.final_url, fetch.status, fetch.failure) == (URL, f"{URL}/", 200, None)
    assert fetch.links == [["https://rails.example/cost", "what it costs"]]
    assert text_of(database, fetch) == text
    found = library.search(database, "@web", ["kilometre"], limit=1)[0]
    assert text[found.passage.start : found.passage.end] == found.passage.text


@pytest.mark.parametrize("spelled", [URL, f"{URL}/", f"{URL}?utm_source=mail#cost", "http://www.rails.example/trams"])
async def test_a_page_that_was_just_read_is_not_asked_for_again_however_it_is_spelled(
    database: Database, spelled: str
) -> None:
    site = Site(["Trams run on rails."])
    first = await Reader(database, site.get, understand).page(URL)

    again = await Reader(database, site.get, understand).page(spelled)

    assert again.id == first.id
    assert len(site.asked) == 1


async def test_an_old_page_that_has_not_changed_stays_the_same_source(database: Database) -> None:
    site = Site(["Trams run on rails."])
    reader = Reader(database, site.get, understand, fresh=STALE)

    first, second = await reader.page(URL), await reader.page(URL)

    known = Validators(first.etag, "Fri, 20 Nov 2026 08:00:00 GMT", f"{URL}/")
    assert site.asked == [None, known]
    assert (second.source_id, second.links, second.status) == (first.source_id, first.links, 304)
    assert second.id != first.id
    assert second.at > first.at


async def test_a_page_that_has_changed_is_a_new_source_and_an_earlier_run_keeps_what_it_read(
    database: Database,
) -> None:
    reader = Reader(database, Site(["Trams run on rails.", "Trams run on tyres."]).get, understand, fresh=STALE)
    run = runs.create(database, Run(id="run1", question="Why?", status="done", settings={}, created_at=now()))
    old = await reader.page(URL)
    visit = Visit(run_id=run.id, url_key=old.url_key, fetch_id=old.id or 0, number=1, via="trams", depth=0)
    pages.save_visits(database, [visit])

    new = await reader.page(URL)

    assert new.source_id != old.source_id
    assert text_of(database, new) == "Trams run on tyres."
    assert [match.passage.text for match in pages.passages(database, run.id)] == ["Trams run on rails."]


@pytest.mark.parametrize("reason", ["not_found", "forbidden", "paywall", "javascript", "too_big", "unsupported_type"])
async def test_a_page_that_cannot_be_had_for_long_is_not_asked_for_again(database: Database, reason: PageFault) -> None:
    site = Site([reason, "Trams run on rails."])
    reader = Reader(database, site.get, understand)

    first, second = await reader.page(URL), await reader.page(URL)

    assert (first.failure, first.detail, first.source_id) == (reason, "the site says so", None)
    assert second.id == first.id
    assert len(site.asked) == 1


@pytest.mark.parametrize("reason", ["timeout", "server_error", "rate_limited", "dns", "robots", "private_address"])
async def test_a_page_that_could_not_be_had_for_the_moment_is_asked_for_again(
    database: Database, reason: PageFault
) -> None:
    reader = Reader(database, Site([reason, "Trams run on rails."]).get, understand)

    first, second = await reader.page(URL), await reader.page(URL)

    assert (first.failure, second.failure) == (reason, None)
    assert text_of(database, second) == "Trams run on rails."


async def test_a_page_that_cannot_be_understood_is_kept_with_the_reason(database: Database) -> None:
    async def fails(fetched: Fetched) -> Content:
        raise PageFailed(fetched.url, "damaged", "it ends in the middle")

    fetch = await Reader(database, Site(["%PDF"]).get, fails).page(URL)

    assert (fetch.failure, fetch.detail, fetch.source_id) == ("damaged", "it ends in the middle", None)


async def test_the_abstract_of_a_catalogue_stands_for_a_page_that_cannot_be_had(database: Database) -> None:
    fetch = await Reader(database, Site(["paywall"]).get, understand).page(URL, HINT)

    source = source_of(database, fetch)
    assert fetch.failure == "paywall"
    assert text_of(database, fetch) == "Trams carry many passengers."
    assert (source.title, source.date, source.author) == ("Trams, as listed", "2019", "A. Lister")


async def test_a_page_that_can_be_had_is_preferred_to_its_abstract(database: Database) -> None:
    fetch = await Reader(database, Site(["Trams run on rails."]).get, understand).page(URL, HINT)

    assert text_of(database, fetch) == "Trams run on rails."


async def test_what_a_page_does_not_say_of_itself_is_taken_from_the_search_result(database: Database) -> None:
    site = Site(["Trams run on rails."])

    bare = source_of(database, await Reader(database, site.get, understand).page(URL, HINT))
    labelled = Reader(database, site.get, understand_labelled).page("https://rails.example/other", HINT)
    own = source_of(database, await labelled)

    assert (bare.title, bare.date, bare.author, bare.site) == ("Trams, as listed", "2019", "A. Lister", "rails.example")
    assert (own.title, own.date, own.author, own.site) == ("Its own title", "2024-05-01", "T. Driver", "Rails")


@pytest.mark.parametrize(
    ("url", "text", "title"),
    [
        (URL, "# Trams in cities\n\nThey run on rails.", "Trams in cities"),
        ("https://rails.example/city%20trams", "They run on rails.", "city trams"),
        ("https://rails.example", "They run on rails.", "rails.example"),
    ],
)
async def test_a_page_that_nobody_names_is_called_by_its_heading_or_its_address(
    database: Database, url: str, text: str, title: str
) -> None:
    fetch = await Reader(database, Site([text]).get, understand).page(url)

    assert source_of(database, fetch).title == title


async def test_offline_a_page_comes_from_the_store_however_old_and_whatever_happened_since(database: Database) -> None:
    online = Reader(database, Site(["Trams run on rails.", "server_error"]).get, understand, fresh=STALE)
    read = await online.page(URL)
    await online.page(URL)

    kept = await Reader(database, None, understand, fresh=STALE).page(URL)

    assert kept.id == read.id


async def test_a_page_that_is_missing_offline_is_fetched_once_the_run_may_go_out(database: Database) -> None:
    missing = await Reader(database, None, understand).page(URL)
    found = await Reader(database, Site(["Trams run on rails."]).get, understand).page(URL)

    assert (missing.failure, found.failure) == ("offline", None)


async def test_a_password_in_an_address_is_neither_told_nor_kept(database: Database, tmp_path: Path) -> None:
    fetch = await Reader(database, None, understand).page("https://user:opensesame@rails.example/trams")

    assert fetch.url == "https://rails.example/trams"
    assert [file for file in tmp_path.iterdir() if b"opensesame" in file.read_bytes()] == []


@pytest.mark.parametrize("reason", ["timeout", "server_error", "unreachable"])
async def test_what_was_read_before_stands_in_for_a_page_that_cannot_be_had_for_the_moment(
    database: Database, reason: PageFault
) -> None:
    site = Site(["Trams run on rails.", reason])
    before = await Reader(database, site.get, understand, fresh=STALE).page(URL)

    now_read = await Reader(database, site.get, understand, fresh=STALE).page(URL, HINT)

    assert (now_read.failure, now_read.source_id, now_read.links) == (reason, before.source_id, before.links)


async def test_neither_an_earlier_reading_nor_an_abstract_stands_in_for_a_page_that_was_read_and_is_gone(
    database: Database,
) -> None:
    site = Site(["Trams run on rails.", "not_found"])
    before = await Reader(database, site.get, understand, fresh=STALE).page(URL)

    gone = await Reader(database, site.get, understand, fresh=STALE).page(URL, HINT)
    offline = await Reader(database, None, understand).page(URL)

    assert (gone.failure, gone.source_id) == ("not_found", None)
    assert offline.source_id == before.source_id


async def test_an_abstract_that_comes_after_the_failure_stands_in_for_the_page_as_well(database: Database) -> None:
    site = Site(["paywall"])
    await Reader(database, site.get, understand).page(URL)

    fetch = await Reader(database, site.get, understand).page(URL, HINT)

    assert fetch.failure == "paywall"
    assert fetch.source_id is not None
    assert len(site.asked) == 1
