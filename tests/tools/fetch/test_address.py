from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.errors import Misconfigured, PageFailed
from redraft.tools.fetch.address import allowed_hosts, parse, shown


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://Example.COM", "http://example.com/"),
        ("HTTPS://example.com:443/a#part", "https://example.com/a"),
        ("http://example.com:443/a", "http://example.com:443/a"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
        ("https://bücher.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"),
        ("https://my_blog.example/a%2Fb/../c", "https://my_blog.example/c"),
        ("https://[2606:2800:021f::1]/", "https://[2606:2800:21f::1]/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("https://example.com/@user?mail=a@b", "https://example.com/@user?mail=a@b"),
    ],
)
def test_an_address_has_one_form(url: str, normal: str) -> None:
    assert parse(url).url == normal
    assert parse(normal).url == normal


def test_host_and_port_are_known_even_where_they_are_not_written() -> None:
    assert (parse("https://a.example/").place, parse("http://[2606:2800::1]/").place) == (
        "a.example:443",
        "[2606:2800::1]:80",
    )
    assert parse("https://a.example/").origin == "https://a.example:443"


def test_what_has_no_form_of_an_address_is_refused_as_such() -> None:
    bad = [
        "",
        "example.com",
        "//example.com",
        "http:example.com",
        "http://",
        "http:///a",
        "http://a..example/",
        "x" * 9,
    ]
    bad += ["http://-a.example/", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/", "http://a.example:/"]
    bad += ["http://a.example:0/", "http://a.example:99999/", "http://[::1", f"http://a.example/{'x' * 8000}"]

    for url in bad:
        with pytest.raises(PageFailed) as failed:
            parse(url)
        assert failed.value.reason == "bad_url", url


def test_allowed_hosts_are_in_the_form_of_addresses() -> None:
    assert allowed_hosts(" 127.0.0.1:8899, LOCALHOST:8080 ,[0::1]:80,") == {
        "127.0.0.1:8899",
        "localhost:8080",
        "[::1]:80",
    }
    assert allowed_hosts("") == frozenset()


@pytest.mark.parametrize(
    "entry", ["localhost", "http://localhost:80", "127.1:80", "::1:80", "a b:80", "a:0", "a:99999"]
)
def test_a_host_without_a_port_and_what_is_no_host_cannot_be_allowed(entry: str) -> None:
    with pytest.raises(Misconfigured, match="not a host and a port"):
        allowed_hosts(f"localhost:80,{entry}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c"),
        ("http://user:secret@example.com/a", "http://example.com/a"),
        ("http://user:sec/ret@example.com/a", "http://example.com/a"),
        ("http://user:sec?ret@example.com/a", "http://example.com/a"),
        ("http:\\\\user:secret@example.com/a", "example.com/a"),
        ("http:///user:secret@example.com/a", "http://example.com/a"),
        ("user:secret@example.com", "example.com"),
        ("https://example.com/@user", "https://example.com/@user"),
        ("https://[2606::1]:80/@user", "https://user"),
        (f"https://example.com/?{'q' * 100}", f"https://example.com/?{'q' * 60}…"),
        (f"https://example.com/{'p' * 1000}", f"https://example.com/{'p' * 280}…"),
        ("https://example.com/\n\x1b[31mred", "https://example.com/\ufffd\ufffd[31mred"),
    ],
)
def test_messages_show_addresses_on_one_line_and_without_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


@given(
    st.text(st.sampled_from("abc:/\\?#[]."), max_size=12), st.sampled_from(["http://", "https:", "//", "", "http:/\\"])
)
def test_a_password_is_never_shown(noise: str, start: str) -> None:
    assert "SECRET" not in shown(f"{start}user:{noise}SECRET{noise}@host/path")


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: f"http://{rest}"))
def test_nothing_but_a_failed_page_comes_of_any_text(url: str) -> None:
    with suppress(PageFailed):
        assert parse(url).port in (80, 443)
