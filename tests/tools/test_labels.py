import pytest

from redraft.tools.labels import authors, given_title


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Ada Berg", "Ada Berg"),
        ("Ada Berg; Ole Dahl;Ada Berg", "Ada Berg, Ole Dahl"),
        ("By Ada  Berg\n", "Ada Berg"),
        ("Ada Berg <ada@example.org>", "Ada Berg"),
        ("https://example.org/people/ada; Ole Dahl", "Ole Dahl"),
        ("facebook.com/citypost", None),
        ("Berg, Ada", "Berg, Ada"),
        ("admin", None),
        ("Administrator; webmaster;Unknown; python-docx", None),
        ("Adminah Berg", "Adminah Berg"),
        ("1234; -", None),
        ("", None),
    ],
)
def test_authors_are_people(field: str, names: str | None) -> None:
    assert authors(field) == names


def test_the_authors_of_a_collaboration_are_not_all_named() -> None:
    assert len((authors(";".join(f"A{number} Berg" for number in range(3000))) or "").split(", ")) == 20


@pytest.mark.parametrize(
    "field", ["", "abc", "Untitled 3", "Microsoft Word - trams.docx", "trams.tex", "Word Document"]
)
def test_what_programs_fill_in_is_no_title(field: str) -> None:
    assert given_title(field) is None


def test_a_title_is_one_line() -> None:
    assert given_title(" Trams\n in\u200b Bergen ") == "Trams in Bergen"
