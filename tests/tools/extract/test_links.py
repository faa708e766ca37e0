from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.tools.extract.dom import parse
from redraft.tools.extract.links import MAX_LINKS, links
from redraft.tools.types import Link

URL = "https://www.example.org/a/b.html"


def found(body: str, head: str = "") -> list[str]:
    return [link.url for link in links(parse(f"<html><head>{head}</head><body>{body}</body></html>"), URL)]


def anchor(address: str) -> str:
    return f'<a href="{address}">go</a>'


def test_links_are_absolute_in_order_and_each_there_once() -> None:
    body = "".join(map(anchor, ["c.html#top", "/d", "?q=1", "//e.org/f", "http://g.org", "c.html", " d\n/e "]))

    assert found(body) == [
        "https://www.example.org/a/c.html",
        "https://www.example.org/d",
        "https://www.example.org/a/b.html?q=1",
        "https://e.org/f",
        "http://g.org",
        "https://www.example.org/a/d/e",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "#below",
        "b.html",
        URL,
        "mailto:a@b.c",
        "javascript:void(0)",
        "ftp://a.b/c",
        "data:text/html,x",
        "http://[x",
        "http://user:secret@a.b/",
        "https://",
        "x" * 3000,
    ],
)
def test_what_leads_nowhere_else_on_the_web_is_no_link(address: str) -> None:
    assert found(anchor(address)) == []


def test_a_page_may_have_another_base() -> None:
    assert found(anchor("c"), '<base href="/docs/">') == ["https://www.example.org/docs/c"]
    assert found(anchor("c"), '<base href="http://[x">') == ["https://www.example.org/a/c"]


@pytest.mark.parametrize("tag", ["nav", "header", "footer", "aside", "div role=navigation", "div class=sidebar"])
def test_links_of_the_furniture_are_left_out(tag: str) -> None:
    assert found(f"<{tag}><ul><li>{anchor('x')}</li></ul></{tag.split()[0]}><p>{anchor('y')}</p>") == [
        "https://www.example.org/a/y"
    ]


def test_links_outside_the_main_element_are_left_out() -> None:
    assert found(f"{anchor('x')}<main>{anchor('y')}</main>") == ["https://www.example.org/a/y"]
    assert found(f"{anchor('x')}<article>{anchor('y')}</article>") == ["https://www.example.org/a/y"]
    assert len(found(f"<article>{anchor('x')}</article><article>{anchor('y')}</article>")) == 2


def test_the_words_of_a_link_are_one_line() -> None:
    tree = parse("<p><a href=c>The\n <b>time</b>table\u200b</a> <a href=d><img src=x></a></p>")

    assert links(tree, URL) == (
        Link(url="https://www.example.org/a/c", text="The timetable"),
        Link(url="https://www.example.org/a/d", text=""),
    )


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters='"<&')), max_size=20))
def test_links_are_never_anything_but_addresses_of_the_web(addresses: list[str]) -> None:
    urls = found("".join(map(anchor, addresses)))

    assert len(urls) == len(set(urls))
    assert all(urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname and "#" not in url for url in urls)


def test_links_are_never_more_than_a_run_can_look_at() -> None:
    assert len(found("".join(anchor(str(number)) for number in range(2 * MAX_LINKS)))) == MAX_LINKS
