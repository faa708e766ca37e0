import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redraft.agent.citations import Resolved, cited, mark, numbered, resolve, without_marks
from redraft.tests.texts import IDS, TEXTS


@pytest.mark.parametrize(
    ("spelling", "citation"),
    [
        ("[e3]", "[e3]"),
        ("[E3]", "[e3]"),
        ("[ e 3 ]", "[e3]"),
        ("[^e3]", "[e3]"),
        ("【e3】", "[e3]"),
        ("［e3］", "[e3]"),
        ("[source e3]", "[e3]"),
        ("[Sources: e3, e7]", "[e3, e7]"),
        ("[see e3]", "[e3]"),
        ("Source e3", "[e3]"),
        ("evidence e3 and e7", "[e3, e7]"),
        ("Source: e3", "[e3]"),
        ("[e3,e7]", "[e3, e7]"),
        ("[e3; e7]", "[e3, e7]"),
        ("[e3 and e7]", "[e3, e7]"),
        ("[e3, 7]", "[e3, e7]"),
        ("[e3-e7]", "[e3, e7]"),
        ("[e3、e7]", "[e3, e7]"),
        ("[e3][e7]", "[e3, e7]"),
        ("[e3], [e7]", "[e3, e7]"),
        ("[e3] [e7, e3]", "[e3, e7]"),
        ("[[e3]]", "[e3]"),
        ("[e3](https://a.org)", "[e3]"),
        ("[[e3]](https://a.org)", "[e3]"),
    ],
)
def test_a_known_id_is_kept_however_it_is_spelled(spelling: str, citation: str) -> None:
    assert resolve(f"Trams run {spelling}.", {3, 7}) == Resolved(f"Trams run {citation}.", 0)


@pytest.mark.parametrize(
    ("text", "left", "invented"),
    [
        ("Trams run [e9].", "Trams run.", 1),
        ("Trams run [e9, e3, e10].", "Trams run [e3].", 2),
        ("Trams run [e9][e9].", "Trams run.", 2),
        ("Source e9 says so.", "says so.", 1),
        (f"Trams run [e{'1' * 5000}].", "Trams run.", 1),
    ],
)
def test_an_unknown_id_goes_and_is_counted(text: str, left: str, invented: int) -> None:
    assert resolve(text, {3}) == Resolved(left, invented)


@pytest.mark.parametrize(
    "number",
    ["[3]", "[1, 2]", "[1-3]", "[1–3]", "[^1]", "【3】", "［3］", "[[3]]", "[3](#note-3)", "[[3]](https://a.org)"],
)
def test_a_number_that_the_model_gave_goes_and_is_counted(number: str) -> None:
    assert resolve(f"Trams run {number}.", {1, 2, 3}) == Resolved("Trams run.", 1)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[trams](https://a.org/b) run", "trams run"),
        ('[trams](https://a.org "A title") run', "trams run"),
        ("[trams](https://a.org/tram_(rail)) run", "trams run"),
        ("![trams](tram.png) run", "trams run"),
        ("Trams run https://a.org/b?c=d", "Trams run"),
        ("Trams run <https://a.org>.", "Trams run."),
        ("Trams run (see https://a.org).", "Trams run (see)."),
        ("See https://a.org/b. Trams run.", "See. Trams run."),
        ("Trams run, www.a.org says", "Trams run, says"),
        ("见https://a.org/b。电车运行。", "见。电车运行。"),
        ("Trams run doi:10.1234/ab.c-d.", "Trams run."),
        ("Trams run DOI 10.1016/S0140-6736(20)30183-5.", "Trams run."),
        ("Trams run doi.org/10.1234/ab", "Trams run"),
        ("Trams run 10.1234/ab", "Trams run"),
    ],
)
def test_an_address_goes_and_is_counted_and_the_words_of_a_link_stay(text: str, left: str) -> None:
    assert resolve(text, ()) == Resolved(left, 1)


@pytest.mark.parametrize(
    "text",
    [
        "[[a]] and trams [optional] [e3] run in [2024] at 10.5 km/h, 1/3 faster.",
        "Source e3ab and evidence of 40 percent (e3).",
        "```\nx = f(\n    .5,\n    )\n```",
        "- one\n    - two [e3]\n        ) three",
        "| a | b |\n|---|---|\n| 1 | 2 [e3] |",
    ],
)
def test_what_is_no_citation_stays_as_it_is(text: str) -> None:
    assert resolve(text, {3}) == Resolved(text, 0)


def test_a_number_behind_an_id_in_running_text_is_no_id() -> None:
    assert resolve("Source e3 and 7 others agree.", {3, 7}) == Resolved("[e3] and 7 others agree.", 0)


def test_no_gap_is_left_where_something_was_taken_out() -> None:
    text = "  Trams run [e9] , and [3] stop [e3] ! \n\n    - so [e9] do buses  "

    left = resolve(text, {3}).text

    assert left == "Trams run, and stop [e3]!\n\n    - so do buses".replace("[e3]!\n", "[e3]! \n")


def test_the_gap_between_two_sentences_stays() -> None:
    text = "Trams run [e3]. : Nine thousand people ride them [e3]."

    assert resolve(text, {3}).text == text


@given(TEXTS, IDS)
@example("[" * 50 + "3" + "]" * 50, frozenset())
@example("[e1[e9]2]", frozenset({1}))
@example("ht[1]tp://a.org ww[e9]w.a.org", frozenset())
@example("[[e1](a)](b)", frozenset())
def test_a_resolved_text_never_cites_or_links_what_it_may_not(text: str, allowed: frozenset[int]) -> None:
    left = resolve(text, allowed).text

    assert set(cited(left)) <= allowed
    assert not re.search(r"https?://|\bwww\.[a-z0-9]", left, re.IGNORECASE)
    assert not re.search(r"(?<![\d.])10\.\d{4,9}/[A-Za-z0-9]", left)
    assert not re.search(r"[\[【］]\s*\^?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*[\]】］]", left)


@given(TEXTS, IDS)
def test_resolving_twice_changes_nothing_and_finds_nothing_more(text: str, allowed: frozenset[int]) -> None:
    once = resolve(text, allowed)

    assert resolve(once.text, allowed) == Resolved(once.text, 0)


@given(st.lists(st.integers(1, 12), min_size=1, unique=True), IDS)
def test_of_well_formed_citations_exactly_the_allowed_ones_are_left(ids: list[int], allowed: frozenset[int]) -> None:
    text = " ".join(f"Tram {'x' * number} runs {mark([number])}." for number in ids)

    resolved = resolve(text, allowed)

    assert cited(resolved.text) == [number for number in ids if number in allowed]
    assert resolved.invented == len(set(ids) - allowed)


@pytest.mark.parametrize("opening", ["[e1", "Source e1", "[e1,", "[1", "[e1 and "])
def test_a_model_that_babbles_digits_keeps_nobody_waiting(opening: str) -> None:
    text = opening + "1" * 20_000 + "x"

    assert resolve(text, {1}) == Resolved(text, 0)


def test_ids_are_cited_each_once_by_first_mention() -> None:
    assert cited("Trams [e7, e3] run [e3] fast [e12]. (e4) [5]") == [7, 3, 12]
    assert cited("Trams run.") == []


def test_a_mark_names_its_ids_and_none_is_no_mark() -> None:
    assert mark([3, 7]) == "[e3, e7]"
    assert mark([]) == ""


def test_the_words_alone_have_no_mark_and_no_gap() -> None:
    assert without_marks("[e3] Trams run [e3]. They stop [e3, e7], too.") == "Trams run. They stop, too."


def test_the_reader_sees_the_numbers_of_sources_in_order_and_each_once() -> None:
    text = "Trams run [e3, e7]. They stop [e9, e3, e7]."

    assert numbered(text, {3: 2, 7: 2, 9: 1}) == "Trams run [2]. They stop [1, 2]."


def test_a_text_that_cites_what_has_no_number_is_refused() -> None:
    with pytest.raises(KeyError):
        numbered("Trams run [e3].", {})
