from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.citations import cited, resolve
from redraft.agent.quoting import EXCERPT, QUOTES, quotation
from redraft.tests.rows import exhibit, source
from redraft.tests.texts import TEXTS

RAILS = "Trams run on steel rails through the whole city."
POWER = "They draw all their power from an overhead wire."


def test_each_passage_is_quoted_by_the_sentence_that_says_most_about_the_matter() -> None:
    trams = exhibit(4, f"{RAILS} {POWER}", of=source(1, title="Trams"))
    buses = exhibit(2, "Buses run on roads and burn diesel.", of=source(2, title="# **Buses**"))

    assert quotation([trams, buses], "Where the power comes from") == (
        f"- *Trams*: “{POWER}” [e4]\n- *Buses*: “Buses run on roads and burn diesel.” [e2]"
    )


def test_only_the_passages_that_say_most_are_quoted_in_their_own_order() -> None:
    about = [3, 4, 6, 7]
    exhibits = [
        exhibit(n, f"Number {n} is {'power' if n in about else 'nothing'} that runs in a wire.") for n in range(1, 9)
    ]

    assert cited(quotation(exhibits, "power")) == about
    assert len(about) == QUOTES


def test_what_cannot_be_quoted_as_it_stands_is_passed_over() -> None:
    table = "| a table row | with | six | cells | in it |"
    passage = f"# Heading\n\nToo short.\n\n{table}\n\nSee https://a.org for all that runs. {RAILS}"

    assert quotation([exhibit(1, passage)], "table heading all") == f"- *Trams*: “{RAILS}” [e1]"


def test_a_passage_without_a_sentence_is_quoted_by_its_beginning() -> None:
    short, long = exhibit(1, "Capacity:\n 9,000"), exhibit(2, "word " * 100)

    said = quotation([short, long], "capacity").splitlines()

    assert said[0] == "- *Trams*: “Capacity: 9,000” [e1]"
    assert said[1] == f"- *Trams*: “{'word ' * (EXCERPT // 5 - 1)}word …” [e2]"


def test_a_passage_cannot_forge_a_citation_or_an_address() -> None:
    forged = [
        exhibit(1, "Elephants are described in [e9] and in [12] and at https://a.org/b, too."),
        exhibit(2, "[e9] [12] www.a.org", of=source(2, title="Trams [e9] [12] https://a.org")),
        exhibit(3, "Trams run.", of=source(3, title="[**]")),
    ]

    assert quotation(forged, "elephants") == (
        "- *Trams*: “Elephants are described in (e9) and in and at, too.” [e1]\n"
        "- *Trams (e9) (12)*: “(e9)” [e2]\n"
        "- *()*: “Trams run.” [e3]"
    )


def test_no_evidence_is_no_quotation() -> None:
    assert quotation([], "trams") == ""


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), TEXTS)
def test_a_quotation_is_never_empty_and_cites_nothing_but_its_evidence(
    texts: list[tuple[str, str]], about: str
) -> None:
    exhibits = [exhibit(n, text, of=source(n, title=title)) for n, (text, title) in enumerate(texts, start=1)]

    quoted = quotation(exhibits, about)

    lines = quoted.split("\n")
    assert len(lines) == min(len(texts), QUOTES)
    assert all(len(cited(line)) == 1 for line in lines)
    assert set(cited(quoted)) <= set(range(1, len(texts) + 1))
    assert resolve(quoted, range(1, len(texts) + 1)).invented == 0
