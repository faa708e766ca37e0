import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.citations import cited, mark, resolve
from redraft.agent.claims import statements
from redraft.agent.examining import Finding, Subject, Verdict
from redraft.agent.repairing import Action, Mended, Repair, applied, findings_after, second_search, settle
from redraft.store.library import Match
from redraft.tests.rows import exhibit, section, version
from redraft.tests.texts import TEXTS

PASSAGE = "Trams run on steel rails in the street. They draw their power from an overhead wire."
EXHIBITS = {number: exhibit(number, PASSAGE) for number in range(1, 10)}
TEXT = (
    "Trams are common in many towns of the country. They run on steel rails in the street [e1]. Their power comes from "
    "an overhead wire along the street [e2].\n\n- Most of them are painted in bright colours [e3].\n- Rails last [e4]."
)


def subject(text: str) -> Subject:
    return Subject(section(), version(text), EXHIBITS)


def repairs(text: str, **done: tuple[Verdict, Action, str]) -> list[Repair]:
    """What is done with each claim of a text, by the id that it cites first; the others are kept."""
    made = []
    for statement in statements(text):
        verdict, action, said = done.get(f"e{statement.evidence[0]}", ("supported", "kept", ""))
        made.append(Repair(Finding(statement, verdict), action, said))
    return made


def test_claims_are_replaced_and_deleted_where_they_stand() -> None:
    done = repairs(
        TEXT,
        e1=("contradicted", "patched", "They run on rails [e1]."),
        e2=("unsupported", "deleted", ""),
        e4=("partial", "hedged", "Rails may last [e4]."),
    )

    assert applied(TEXT, done) == (
        "Trams are common in many towns of the country. They run on rails [e1].\n\n"
        "- Most of them are painted in bright colours [e3].\n- Rails may last [e4]."
    )


def test_with_a_deleted_item_its_mark_goes() -> None:
    assert applied(TEXT, repairs(TEXT, e3=("unsupported", "deleted", ""))).endswith(
        "the street [e2].\n\n- Rails last [e4]."
    )


def test_a_text_that_nothing_is_done_about_stays_as_it_is() -> None:
    text = f"\n\n\n{TEXT}\n\n\n\nEnd.\n"

    assert applied(text, repairs(text)) == text
    assert settle(subject(text), repairs(text)).text == text


def test_what_would_halve_a_text_is_kept_unless_it_is_contradicted() -> None:
    gone: tuple[Verdict, Action, str] = ("unsupported", "deleted", "")
    done = repairs(TEXT, e1=gone, e2=gone, e3=gone, e4=("contradicted", "deleted", ""))

    mended = settle(subject(TEXT), done)

    assert mended.text == TEXT.removesuffix("\n- Rails last [e4].")
    assert [repair.action for repair in mended.repairs] == ["kept", "kept", "kept", "deleted"]


def test_a_text_of_which_nothing_is_left_becomes_a_quotation_of_what_it_cited() -> None:
    text = "Trams fly over the river [e1]. They are made of paper [e2]."
    gone: tuple[Verdict, Action, str] = ("contradicted", "deleted", "")

    mended = settle(subject(text), repairs(text, e1=gone, e2=gone))

    assert mended.op == "quote"
    assert "“Trams run on steel rails in the street.” [e1]" in mended.text
    assert {finding.verdict for finding in findings_after(mended)} == {"supported"}


def test_the_claims_of_the_mended_text_have_what_is_known_of_them() -> None:
    done = repairs(
        TEXT,
        e1=("contradicted", "patched", "They run on rails [e1]."),
        e2=("unsupported", "deleted", ""),
        e3=("unchecked", "kept", ""),
    )

    after = findings_after(Mended("repair", applied(TEXT, done), done))

    assert [(finding.statement.number, finding.verdict) for finding in after] == [
        (1, "supported"),
        (2, "unchecked"),
        (3, "supported"),
    ]


@given(st.data())
def test_any_repair_keeps_the_other_claims_and_nothing_of_a_deleted_one(data: st.DataObject) -> None:
    words = data.draw(st.lists(TEXTS, max_size=4))
    text = resolve(" ".join(f"{word} {mark([n])}." for n, word in enumerate(words, 1)), range(1, 10)).text
    found = statements(text)
    deleted = data.draw(st.sets(st.integers(1, 1 + len(found))))
    done = [
        Repair(Finding(s, "contradicted"), "deleted") if s.number in deleted else Repair(Finding(s, "supported"))
        for s in found
    ]

    changed = applied(text, done)

    kept = [number for s in found if s.number not in deleted for number in s.evidence]
    assert set(cited(changed)) == set(kept)
    assert all(" ".join(s.text.split()) in " ".join(changed.split()) for s in found if s.number not in deleted)


@pytest.mark.parametrize(
    ("claim", "texts", "which"),
    [
        ("Trams carry 250 people [e1].", ["Trams carry 300 people.", "Each of the trams can carry 250 people."], 1),
        ("Trams carry 250 people [e1].", ["Trams carry 300 people."], None),
        ("Trams carry 250 people [e1].", [], None),
        ("Trams are driven by day and night [e1].", ["Ships sail.", "By day and by night trams are driven."], 1),
    ],
)
def test_a_second_search_takes_the_first_passage_that_says_the_claim(
    claim: str, texts: list[str], which: int | None
) -> None:
    found = [Match(exhibit(20 + n, text).passage, exhibit(20 + n).source) for n, text in enumerate(texts)]

    match = second_search(subject(claim), Finding(statements(claim)[0], "unsupported"), found)

    assert match == (None if which is None else found[which])


def test_a_second_search_passes_over_what_the_claim_cites() -> None:
    claim = "Trams run on steel rails [e1]."
    own = Match(EXHIBITS[1].passage, EXHIBITS[1].source)

    assert second_search(subject(claim), Finding(statements(claim)[0], "unsupported"), [own]) is None
