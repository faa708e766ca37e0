"""What is wrong with a report, by counting."""

from redraft.agent import diagnosis
from redraft.agent.checklist import Item
from redraft.agent.coverage import Covered, Place
from redraft.agent.diagnosis import Finding
from redraft.agent.gaps import Kind
from redraft.tests.rows import exhibit, section, source, version

EVIDENCE = {1: exhibit(1), 2: exhibit(2), 3: exhibit(3, of=source(1)), 4: exhibit(4, of=source(4, date="2009"))}
GOOD = "Trams run [e1]. They are fast [e2]. They are loud [e1]. They are old."


def found(text: str, *, op: str = "draft", year: int = 2026) -> list[Finding]:
    return diagnosis.findings([diagnosis.measured(section("2"), version(text, op=op), EVIDENCE)], [], year)


def point(text: str, weight: int = 2, place: Place | None = None) -> Covered:
    return Covered(Item(dimension="comprehensiveness", text=text, weight=weight, origin="model"), place)


def test_a_section_of_cited_sentences_from_two_recent_sources_lacks_nothing() -> None:
    assert found(GOOD) == []


def test_a_section_that_quotes_for_want_of_a_draft_is_the_most_urgent() -> None:
    assert found("“Trams run.” [e1]", op="quote") == [Finding(Kind.THIN, "2", "How trams run.", "high")]


def test_a_section_that_mostly_goes_uncited_is_unsupported() -> None:
    assert [f.kind for f in found("Trams run [e1]. They are fast. They are loud. They are old [e2].")] == [
        Kind.UNSUPPORTED
    ]


def test_several_sentences_from_one_source_are_thin_however_many_passages_it_has() -> None:
    assert [f.kind for f in found("Trams run [e1]. They are fast [e3]. They are loud [e1]. They are old [e3].")] == [
        Kind.THIN
    ]
    assert found("Trams run [e1].") == []


def test_a_section_is_outdated_only_where_its_youngest_source_is_old() -> None:
    assert [f.kind for f in found("Trams run [e4].")] == [Kind.OUTDATED]
    assert found("Trams run [e4]. They are fast [e1].") == []
    assert found("Trams run [e4].", year=2014) == []


def test_a_source_without_a_date_is_not_taken_for_old() -> None:
    undated = {1: exhibit(1, of=source(1, date=None))}

    measured = diagnosis.measured(section("2"), version("Trams run [e1]."), undated)

    assert measured.newest is None
    assert diagnosis.findings([measured], [], 2026) == []


def test_a_point_that_nobody_covers_goes_to_the_section_closest_to_it() -> None:
    sections = [
        section("1", title="Costs of trams"),
        section("2", title="Noise of buses"),
        section("2.1", title="Noise"),
    ]
    measured = [diagnosis.measured(entry, version(GOOD), EVIDENCE) for entry in sections]

    told = diagnosis.findings(measured, [point("Noise of buses at night"), point("What a ticket costs", 3)], 2026)

    assert told == [
        Finding(Kind.MISSING, "2", "Noise of buses at night", "medium"),
        Finding(Kind.MISSING, "1", "What a ticket costs", "high"),
    ]


def test_a_point_that_is_covered_is_no_gap() -> None:
    assert diagnosis.findings([], [point("Costs", place=Place("1", "It costs much.", 1.0))], 2026) == []


def test_the_weakest_sections_come_first_and_equals_by_their_place() -> None:
    texts = {"1": GOOD, "2": "Trams run [e1].", "3": GOOD, "4": "“Trams run.” [e1]"}
    ops = {"4": "quote"}
    measured = [
        diagnosis.measured(section(number), version(text, op=ops.get(number, "draft")), EVIDENCE)
        for number, text in texts.items()
    ]

    assert diagnosis.weakest(measured) == ["4", "2", "1", "3"]
