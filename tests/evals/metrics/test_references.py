import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.evals.metrics import references
from redraft.tools.search.canonical import canonical


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://a.org/docs/b.html", "/docs/b.html"),
        ("https://a.org/docs/b.html#part", "/b.html"),
        ("file:///home/docs/b.html#part", "/docs/b.html#other"),
        ("http://www.a.org/docs/?utm_source=x", "https://a.org/docs"),
    ],
)
def test_an_address_leads_to_its_page_whatever_host_and_fragment(url: str, page: str) -> None:
    assert references.leads_to(url, page)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://a.org/other-b.html", "/b.html"),
        ("https://b.html", "/b.html"),
        ("https://a.org/b.html?page=2", "/b.html"),
        ("https://a.org/b.html/c", "/b.html"),
        ("https://a.org", "/"),
        ("https://b.org/docs", "https://a.org/docs"),
    ],
)
def test_an_address_does_not_lead_to_another_page(url: str, page: str) -> None:
    assert not references.leads_to(url, page)


SEGMENT = st.text("ab%.-é", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@given(st.lists(SEGMENT, min_size=1, max_size=4), st.lists(SEGMENT, min_size=1, max_size=4))
def test_an_address_never_leads_to_a_page_with_another_last_name(path: list[str], page: list[str]) -> None:
    url, end = "https://ab.org/" + "/".join(path), "/" + "/".join(page)

    assert references.leads_to(url, "/" + "/".join(path))
    if references.leads_to(url, end):
        assert canonical(url).rpartition("/")[2] == canonical(f"https://ab.org{end}").rpartition("/")[2]
