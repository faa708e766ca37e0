import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.search.canonical import canonical

SAME = [
    (
        "https://example.org/a",
        "HTTP://Example.ORG:80/a/",
        "https://www.example.org/a#part",
        "https://user:pw@example.org/a?utm_source=news&gclid=1",
        "https://example.org./b/../a?",
        "https://example.org/%61",
    ),
    ("https://example.org/100%", "https://example.org/100%25"),
    ("https://example.org", "http://example.org/", "https://www.example.org:443/?fbclid=x"),
    ("https://example.org/?b=2&a=1", "https://example.org?b=2&utm_medium=x&a=1"),
    ("https://example.org/%C3%BC%2Fx", "https://example.org/ü%2fx"),
    ("https://bücher.example/", "https://xn--bcher-kva.example"),
    (
        "https://arxiv.org/abs/2401.01234",
        "http://arxiv.org/pdf/2401.01234v2",
        "https://www.arxiv.org/pdf/2401.01234.pdf",
        "https://export.arxiv.org/abs/2401.01234v1?context=cs",
        "https://doi.org/10.48550/arXiv.2401.01234",
    ),
    ("https://arxiv.org/abs/math.GT/0309136", "https://arxiv.org/pdf/math.gt/0309136v1.pdf"),
    ("https://doi.org/10.1000/ABC", "http://dx.doi.org/10.1000/abc", "https://www.doi.org/doi:10.1000/Abc/"),
    ("https://en.wikipedia.org/wiki/Tram", "https://en.m.wikipedia.org/wiki/Tram#Cost"),
]
DIFFERENT = [
    ("https://example.org/a", "https://example.org/A"),
    ("https://example.org/a", "https://example.org:8080/a"),
    ("https://example.org/?id=1", "https://example.org/?id=2"),
    ("https://example.org/?a=1&b=2", "https://example.org/?b=2&a=1"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://example.org/?ref=main", "https://example.org/"),
    ("https://blog.example.org/", "https://example.org/"),
    ("https://www.com/", "https://com/"),
    ("https://arxiv.org/abs/2401.01234", "https://arxiv.org/abs/2401.01235"),
    ("https://arxiv.org/list/cs/new", "https://arxiv.org/abs/cs/new"),
    ("https://doi.org/10.1000/a", "https://doi.org/10.1000/b"),
]
PARTS = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "www.", "doi.org/", "doi:", "10.", "10.48550/arxiv.", "arxiv.org/abs/"),
        *(
            "2401.1v2",
            "en.m.wikipedia.org",
            "a",
            "B",
            "/",
            "//",
            "..",
            ".",
            "%2e",
            "%",
            "%41",
            "%2F",
            "é",
            "。",
            "[::1]",
        ),
        *("?", "&", "=", "utm_a=1", "#", ":80", ":443", ":8", "@", " ", "\t", "\x00", ";", "+"),
    ]
)
URLS = st.lists(PARTS | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize("urls", SAME)
def test_addresses_of_one_page_have_one_key(urls: tuple[str, ...]) -> None:
    assert len({canonical(url) for url in urls}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_of_two_pages_have_two_keys(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "text", ["", "tram", "mailto:a@b", "http://", "https://☃.net/", "http://[::1", "http://a\x00b/"]
)
def test_what_is_no_address_of_a_page_is_its_own_key(text: str) -> None:
    assert canonical(text) == text


@given(URLS | URLS.map("http://".__add__) | URLS.map("http://doi.org/".__add__) | st.text().map("http://a/".__add__))
def test_a_key_is_its_own_key_and_nothing_is_an_error(url: str) -> None:
    key = canonical(url)

    assert canonical(key) == key
    assert canonical(f" {url}\n") == key
