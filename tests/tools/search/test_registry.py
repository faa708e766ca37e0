from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from redraft.tools.errors import Misconfigured
from redraft.tools.search.registry import PAID, PROVIDERS, SCHOLAR, SCHOLARLY, Access, automatic, expanded, providers
from redraft.tools.search.types import Provider

SECRET = "s3cr3t-t0k3n"
KEYS = {name: SecretStr(SECRET) for name in PROVIDERS}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def access(client: httpx.AsyncClient, url: str | None = None, keys: Mapping[str, SecretStr] | None = None) -> Access:
    return Access(client, searxng_url=url, keys=keys or {})


async def test_every_provider_is_called_what_it_is_listed_as(client: httpx.AsyncClient) -> None:
    made = providers(PROVIDERS, access(client, "http://localhost:8080", KEYS))

    assert [provider.name for provider in made] == list(PROVIDERS)
    assert all(provider.interval > 0 for provider in made)


async def test_one_name_stands_for_all_catalogues_and_nobody_is_asked_twice(client: httpx.AsyncClient) -> None:
    made = providers(["arxiv", SCHOLAR, "wikipedia"], access(client))

    assert [provider.name for provider in made] == [*SCHOLARLY, "wikipedia"]
    assert expanded(["wikipedia", SCHOLAR, "wikipedia"]) == ["wikipedia", *SCHOLARLY]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gogle", "there is no search provider 'gogle': choose from searxng, ddgs, .*, exa, scholar"),
        ("brave", "put it into REDRAFT_BRAVE_API_KEY"),
        ("searxng", "put it into REDRAFT_SEARXNG_URL"),
    ],
)
async def test_what_is_missing_is_said_with_what_helps(client: httpx.AsyncClient, name: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        providers([name], access(client))


@pytest.mark.parametrize(
    "url", ["", " ", "localhost:8080", "ftp://searx.example", "http://", "http://\x00", "https://☃"]
)
async def test_an_address_that_is_none_is_refused(client: httpx.AsyncClient, url: str) -> None:
    with pytest.raises(Misconfigured, match="REDRAFT_SEARXNG_URL"):
        providers(["searxng"], access(client, url))


@pytest.mark.parametrize("name", [*PAID, "openalex"])
@pytest.mark.parametrize("value", ["", " \n", f"{SECRET}\nX: y", f"{SECRET}ü"])
async def test_a_key_that_cannot_be_sent_is_refused_and_never_shown(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    with pytest.raises(Misconfigured, match=f"REDRAFT_{name.upper()}_API_KEY") as caught:
        providers([name], access(client, keys={name: SecretStr(value)}))

    assert SECRET not in str(caught.value)


async def test_nothing_secret_is_part_of_a_repr(client: httpx.AsyncClient) -> None:
    everything = access(client, f"http://user:{SECRET}@localhost", KEYS)
    made: list[Provider] = providers(PROVIDERS, everything)

    assert SECRET not in repr(everything)
    assert SECRET not in repr(made)


async def test_without_choice_the_users_own_engine_is_asked_and_what_has_a_key(client: httpx.AsyncClient) -> None:
    assert automatic(access(client)) == ("ddgs", "wikipedia")
    assert automatic(access(client, "http://localhost:8080")) == ("searxng",)
    keys = {"exa": SecretStr("x"), "tavily": SecretStr("x"), "openalex": SecretStr("x")}
    assert automatic(access(client, keys=keys)) == ("ddgs", "wikipedia", "tavily", "exa")
