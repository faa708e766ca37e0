import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.listing import Listing
from redraft.tools.search.canonical import canonical

HOSTS = st.sampled_from(["http://a.example", "https://a.example", "https://www.a.example", "https://b.example"])
PATHS = st.text(st.sampled_from("/ab%?=&#."), max_size=8)
URLS = st.builds(lambda host, path: f"{host}/{path}", HOSTS, PATHS)


def listing(*urls: str) -> Listing:
    listed = Listing(canonical)
    listed.add(urls)
    return listed


def test_what_was_listed_may_be_asked_for_as_it_was_listed() -> None:
    listed = listing("https://a.example/trams?line=4")

    assert listed.check("http://www.a.example/trams/?line=4#map") == "https://a.example/trams?line=4"


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/trams?line=4&note=secret",
        "https://a.example/trams?line=secret",
        "https://a.example/secret",
        "https://a.example/trams/secret?line=4",
        "https://secret.a.example/trams?line=4",
        "https://a.example:8443/trams?line=4",
        "https://a.example/",
        "secret",
    ],
)
def test_what_a_model_adds_to_a_listed_address_is_refused(url: str) -> None:
    with pytest.raises(PageFailed) as failed:
        listing("https://a.example/trams?line=4").check(url)

    assert failed.value.reason == "unlisted"


@given(URLS)
def test_words_in_what_the_key_leaves_out_are_never_sent(url: str) -> None:
    """A tracking parameter, a fragment or a name and password could carry them."""
    mark = "&" if "?" in url else "?"

    for disguised in (f"{url}{mark}utm_source=secret", f"{url}#secret", url.replace("://", "://secret@")):
        try:
            assert "secret" not in listing(url).check(disguised)
        except PageFailed:
            continue


@given(st.lists(URLS, max_size=5), URLS)
def test_an_address_that_nobody_listed_is_never_let_through(urls: list[str], asked: str) -> None:
    listed = listing(*urls)

    if canonical(asked) in map(canonical, urls):
        assert listed.check(asked) in urls
    else:
        with pytest.raises(PageFailed):
            listed.check(asked)


@given(st.lists(st.text(max_size=8)), st.text(max_size=8))
def test_this_holds_for_any_strings(texts: list[str], asked: str) -> None:
    listed = Listing(str)
    listed.add(texts)

    if asked not in texts:
        with pytest.raises(PageFailed):
            listed.check(asked)
