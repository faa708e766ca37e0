import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.explore import MAX_DEPTH, THRESHOLD, Trail, promising
from redraft.tools.types import Link

PAGE = "https://a.org/docs/admin/index.html"
QUESTION = "How does vacuum freeze old rows before wraparound?"


def link(path: str, text: str = "") -> Link:
    return Link(url=path if "://" in path else f"https://a.org/docs/admin/{path}", text=text)


def urls(*links: Link, about: str = QUESTION, limit: int = 5) -> list[str]:
    return [item.link.url.rpartition("/")[2] for item in promising(links, about, page_url=PAGE, limit=limit)]


OTHERS = [link(f"{word}.html", word) for word in ("install", "backup", "roles", "locale", "logs", "tuning")]


def test_links_that_share_words_with_the_question_come_first_and_others_not_at_all() -> None:
    found = urls(*OTHERS, link("a.html", "Vacuum"), link("b.html", "How to freeze rows with vacuum"))

    assert found == ["b.html", "a.html"]


def test_the_address_counts_where_the_words_say_nothing_but_less_than_words() -> None:
    found = urls(*OTHERS, link("vacuum-freeze.html", "here"), link("x.html", "Vacuum, freeze"))

    assert found == ["x.html", "vacuum-freeze.html"]


def test_a_word_of_nearly_every_link_counts_little() -> None:
    menu = [link(f"{n}.html", f"Vacuum chapter {n}") for n in range(12)]

    assert urls(*menu, link("x.html", "Wraparound")) == ["x.html"]


def test_what_the_folder_of_the_page_says_counts_for_no_link() -> None:
    here = "https://a.org/vacuum/freeze/start.html"
    links = [Link(url=f"https://a.org/vacuum/freeze/{n}.html", text="") for n in range(3)]

    assert promising(links[:1], QUESTION, page_url=here, limit=5) == []
    assert promising(links, QUESTION, page_url=here, limit=5) == []


@pytest.mark.parametrize(
    "path",
    [
        *("freeze.png", "freeze.PDF.gz", "freeze.zip", "freeze.css", "freeze.mp4", "freeze.json", "login", "sign-in/"),
        *("share/freeze", "privacy-policy.html", "terms-of-service", "contact.html", "tag/freeze", "tags/freeze"),
        *(
            "category/freeze",
            "calendar/freeze",
            "2024/05/",
            "genindex.html",
            "https://[freeze#a",
            "bookindex.html",
            "search?q=freeze",
        ),
        *("mailto://x@a.org", "ftp://a.org/freeze", "https://[freeze", "javascript://freeze", "edit/freeze"),
    ],
)
def test_what_cannot_be_a_page_of_text_is_left_out(path: str) -> None:
    assert urls(*OTHERS, link(path, "Vacuum and freeze")) == []


@pytest.mark.parametrize(
    "path",
    [
        "freeze.html",
        "freeze.pdf",
        "freeze",
        "terms/freeze.txt",
        "indexes-types.html",
        "calendar.html",
        "2024/05/freeze",
    ],
)
def test_what_only_looks_like_it_stays(path: str) -> None:
    expected = [] if path.startswith("terms/") else [path.rpartition("/")[2]]

    assert urls(*OTHERS, link(path, "Vacuum and freeze")) == expected


@pytest.mark.parametrize("same", [PAGE, f"{PAGE}#freeze", "https://a.org/docs/admin/", "https://a.org/docs/admin"])
def test_the_page_itself_is_no_link(same: str) -> None:
    assert urls(*OTHERS, link(same, "Vacuum and freeze")) == []


def test_an_address_counts_once_with_its_first_words() -> None:
    assert urls(*OTHERS, link("x.html", "Vacuum"), link("x.html#b", "Freeze"), link("x.html", "Vacuum")) == ["x.html"]


def test_of_equals_the_same_site_comes_first_then_the_deeper_page_then_the_one_met_first() -> None:
    elsewhere, beside = link("https://b.org/1", "Freeze rows"), link("https://a.org/blog/2", "Freeze rows")
    below, next_to_it = link("sub/3", "Freeze rows"), link("4", "Freeze rows")

    assert urls(*OTHERS, elsewhere, beside, below, next_to_it) == ["3", "4", "2", "1"]


def test_the_site_decides_nothing_over_a_word_more() -> None:
    assert urls(*OTHERS, link("a", "Freeze"), link("https://b.org/x", "Freeze old rows")) == ["x", "a"]


def test_no_more_links_than_wanted() -> None:
    assert urls(*OTHERS, link("a", "Freeze"), link("b", "Rows"), link("c", "Vacuum"), limit=2) == ["a", "b"]
    assert urls(link("a", "Freeze"), limit=0) == []
    assert urls(link("a", "Freeze"), about="the of and") == []


def test_a_trail_says_why_a_page_was_opened_and_goes_no_deeper_than_allowed() -> None:
    trail = Trail(PAGE).then(link("vacuum.html", "Vacuum")).then(link("freeze.html"))

    assert trail.address == "https://a.org/docs/admin/freeze.html"
    assert Trail(PAGE).address == str(Trail(PAGE)) == PAGE
    assert str(trail) == (
        f"{PAGE} → “Vacuum” → https://a.org/docs/admin/vacuum.html → “…” → https://a.org/docs/admin/freeze.html"
    )
    assert len(trail.steps) == MAX_DEPTH == 2
    with pytest.raises(ValueError, match="more than 2 links from"):
        trail.then(link("x"))


WORDS = st.lists(st.sampled_from(["vacuum", "freeze", "rows", "old", "trams", "the"]), max_size=4)
LINKS = st.lists(
    st.builds(link, WORDS.map("-".join) | st.text(max_size=5), WORDS.map(" ".join)),
    max_size=12,
)


@given(LINKS, st.integers(0, 6))
def test_what_is_promising_comes_from_the_page_once_in_order_and_above_the_threshold(
    links: list[Link], limit: int
) -> None:
    found = promising(links, QUESTION, page_url=PAGE, limit=limit)

    assert len(found) <= limit
    assert len({item.link.url for item in found}) == len(found)
    assert {item.link for item in found} <= set(links)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert all(item.score >= THRESHOLD for item in found)
    assert found == promising(links, QUESTION, page_url=PAGE, limit=limit)
