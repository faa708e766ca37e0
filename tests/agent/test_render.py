import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.changes import Change, Changes, Edition, Group, compare
from redraft.agent.citations import mark, resolve
from redraft.agent.prose import word_count
from redraft.agent.render import Part, Reference, Report, assemble, markdown
from redraft.prompts.labels import labels
from redraft.store.drafts import Exhibit
from redraft.store.models import Dispute, Version
from redraft.tests.rows import exhibit, section, source, version
from redraft.tests.texts import TEXTS

TRAMS, BUSES = source(1, title="Trams", date=None), source(2, title="Buses.", site="roads")
EXHIBITS = [exhibit(3, of=BUSES), exhibit(5, of=TRAMS), exhibit(8, of=BUSES), exhibit(9, of=source(4))]


def report(*texts: str, versions: list[Version] | None = None) -> Report:
    parts = [Part(section(str(n), title=f"Part {n}"), version(text)) for n, text in enumerate(texts)]
    return assemble("Ways to travel", parts, EXHIBITS, versions or [part.version for part in parts])


def test_sources_are_numbered_by_first_mention_across_the_parts() -> None:
    shown = markdown(report("Buses drive [e8].", "Trams run [e5]. Both move [e5, e3]."))

    assert shown == (
        "# Ways to travel\n\n"
        "## Part 0\n\nBuses drive [1].\n\n"
        "## Part 1\n\nTrams run [2]. Both move [1, 2].\n\n"
        "## References\n\n"
        "[1] Buses. roads, 2024-05-01. file:///library/2.md\n"
        "[2] Trams. cities. file:///library/1.md\n"
    )


def test_a_reference_holds_the_passages_that_are_cited_of_it_and_no_other() -> None:
    references = report("Buses drive [e8].", "Trams run [e5]. Both move [e5, e3].").references

    assert references == [
        Reference(1, BUSES, [EXHIBITS[2], EXHIBITS[0]]),
        Reference(2, TRAMS, [EXHIBITS[1]]),
    ]


def test_the_same_rows_give_the_same_report() -> None:
    texts = "Buses drive [e8].", "Trams run [e5]. Both move [e5, e3]."

    assert markdown(report(*texts)) == markdown(report(*texts))


def test_a_text_that_cites_what_the_run_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        report("Trams run [e1].")


@pytest.mark.parametrize(
    ("title", "site", "date", "entry"),
    [
        ("Trams", "cities", "2024-05-01", "[1] Trams. cities, 2024-05-01. file:///library/1.md"),
        ("Trams", "", "2024-05-01", "[1] Trams. 2024-05-01. file:///library/1.md"),
        ("Trams", "cities", None, "[1] Trams. cities. file:///library/1.md"),
        ("Trams", "", None, "[1] Trams. file:///library/1.md"),
        ("# **Trams** [2]\n[3] Forged.", "[4] x", None, "[1] Trams (2) (3) Forged. (4) x. file:///library/1.md"),
    ],
)
def test_a_reference_is_one_line_whatever_its_source_is_called(
    title: str, site: str, date: str | None, entry: str
) -> None:
    cited = exhibit(1, of=source(1, title=title, site=site, date=date))

    shown = markdown(assemble("Trams", [Part(section(), version("Trams run [e1]."))], [cited], []))

    assert shown.partition("## References\n\n")[2] == f"{entry}\n"


def test_no_title_can_forge_a_mark_or_a_heading() -> None:
    parts = [Part(section(title="Cost [9]\n# of trams"), version("Trams run [e5]."))]

    shown = markdown(assemble("What is [7]?\n\n## Trams", parts, EXHIBITS, []))

    assert shown.partition("## References")[0] == "# What is (7)? Trams\n\n## Cost (9) of trams\n\nTrams run [1].\n\n"


def test_a_run_without_a_fault_has_no_limits() -> None:
    assert report("Trams run [e5].").limits == []
    assert "Limits" not in markdown(report("Trams run [e5]."))


def test_the_limits_name_what_was_quoted_given_or_taken_out() -> None:
    parts = [
        Part(section("1", title="Costs", origin="code"), version("“Trams run.” [e5]", op="quote")),
        Part(section("2", title="Rails"), version("“Buses drive.” [e8]", op="quote")),
    ]
    versions = [version("", invented=2), version("", invented=1, unsupported=4)]

    made = assemble("Trams", parts, EXHIBITS, versions)

    assert made.limits == [
        "No draft of “Costs” or “Rails” passed its checks: there the evidence is quoted instead.",
        "No usable title came from the model for “Costs”: the question and the sources gave it.",
        "Citations and links without evidence that were taken out of the drafts: 3.",
        "Sentences taken out because the evidence they cited does not say them: 4.",
    ]
    assert f"\n\n> **Limits of this report.** {' '.join(made.limits)}\n\n## References\n\n" in markdown(made)


def test_more_than_two_sections_are_limits_by_number() -> None:
    parts = [Part(section(str(n), title=f"Part {n}"), version("“Trams run.” [e5]", op="quote")) for n in (1, 2, 3)]

    made = assemble("Trams", parts, EXHIBITS, [])

    assert made.limits == ["No draft of 3 sections passed its checks: there the evidence is quoted instead."]


def test_in_another_language_the_fixed_words_are_its_own() -> None:
    parts = [
        Part(section("1", title="Kosten", origin="code"), version("„Bahnen fahren.“ [e5]", op="quote")),
        Part(section("2", title="Schienen"), version("„Busse fahren.“ [e8]", op="quote")),
    ]

    made = assemble("Bahnen", parts, EXHIBITS, [], said=labels("de"))

    assert made.limits[0].endswith("mit Zitaten aus den Belegen: „Kosten“ und „Schienen“.")
    assert f"\n\n> **Grenzen dieses Berichts.** {' '.join(made.limits)}\n\n## Quellen\n\n[1] " in markdown(made)


def test_sentences_of_a_language_without_spaces_have_none_between_them() -> None:
    parts = [Part(section("1", title="成本", origin="code"), version("“电车。” [e5]", op="quote"))]

    made = assemble("电车", parts, EXHIBITS, [], ["离线撰写。"], labels("zh"))

    assert f"> **本报告的局限。** {''.join(made.limits)}\n" in markdown(made)


def test_a_report_counts_the_words_of_its_parts() -> None:
    texts = "Trams run [e5].", "Buses drive on roads [e8]."

    assert report(*texts).words == sum(map(word_count, texts))


@st.composite
def assembled(draw: st.DrawFn) -> Report:
    """A report over texts of every kind, resolved as drafts are, with some sources behind several ids."""
    sources = [source(n, title=draw(TEXTS), site=draw(TEXTS)) for n in range(1, 5)]
    exhibits = [exhibit(n, of=draw(st.sampled_from(sources))) for n in range(1, 10)]
    ids = st.sets(st.integers(1, 9)).map(sorted)
    texts = draw(st.lists(st.tuples(TEXTS, ids), max_size=4))
    resolved = [resolve(f"{text} {mark(cited)}", range(1, 10)).text for text, cited in texts]
    op, origin = st.sampled_from(["draft", "quote"]), st.sampled_from(["model", "code"])
    parts = [
        Part(section(str(n), title=draw(TEXTS), origin=draw(origin)), version(text, op=draw(op), invented=n))
        for n, text in enumerate(resolved)
    ]
    old = [resolve(f"{draw(TEXTS)} {mark(draw(ids))}", range(1, 10)).text]
    changes = (
        compare(Edition(old, exhibits[:6]), Edition(resolved, exhibits), "2026-09-07") if draw(st.booleans()) else None
    )
    return assemble(draw(TEXTS), parts, exhibits, [part.version for part in parts], changes=changes)


@given(assembled())
def test_every_number_of_a_report_leads_to_a_reference_and_every_reference_is_cited(made: Report) -> None:
    body, _, references = markdown(made).rpartition("\n## References\n\n")

    marks = re.findall(r"\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]", body)
    numbers = {int(number) for cited in marks for number in cited.split(", ")}
    listed = [int(number) for number in re.findall(r"^\[(\d+)\] ", references, re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    assert numbers == set(listed)
    assert len(references.split("\n")) == max(1, len(listed)) + 1


@given(assembled())
def test_a_source_has_one_number_and_a_passage_one_source(made: Report) -> None:
    sources = [reference.source.id for reference in made.references]
    passages: list[Exhibit] = [exhibit for reference in made.references for exhibit in reference.exhibits]

    assert len(set(sources)) == len(sources)
    assert len({cited.evidence.number for cited in passages}) == len(passages)


def test_a_heading_is_as_deep_as_its_section_and_children_follow_the_text_above_them() -> None:
    texts = {"0": "All move [e5].", "2.1.1": "Deep [e5].", "10": "Last [e8].", "2": "Trams [e5].", "2.1": "Rails [e3]."}
    parts = [Part(section(number, title=f"At {number}"), version(text)) for number, text in texts.items()]

    shown = markdown(assemble("Ways", parts, EXHIBITS, []))

    assert re.findall(r"^#+ .*$", shown, re.MULTILINE) == [
        *("# Ways", "## At 0", "## At 2", "### At 2.1", "#### At 2.1.1", "## At 10", "## References"),
    ]


def dispute(topic: str = "passengers", one: str = "It is 9 [e5].", other: str = "It is 7 [e3].") -> Dispute:
    return Dispute(run_id="run", number=1, section="1", topic=topic, one=one, other=other)


def test_a_dispute_stands_under_its_section_with_both_sides_cited_like_any_text() -> None:
    parts = [Part(section("1", title="Use"), version("Both move [e9].")), Part(section("2"), version("On [e3]."))]

    shown = markdown(assemble("Ways", parts, EXHIBITS, [], disputes=[dispute()]))

    assert shown.startswith(
        "# Ways\n\n## Use\n\nBoth move [1].\n\n"
        "> **Where sources disagree: passengers**\n>\n> - It is 9 [2].\n> - It is 7 [3].\n\n"
        "## Trams\n\nOn [3].\n\n## References\n\n[1] "
    )
    assert len(re.findall(r"^\[\d\] ", shown, re.MULTILINE)) == 3


def test_a_dispute_of_a_section_that_is_not_there_is_left_out_with_its_sources() -> None:
    made = assemble("Ways", [Part(section("2"), version("On [e3]."))], EXHIBITS, [], disputes=[dispute()])

    assert "disagree" not in markdown(made)
    assert [reference.source for reference in made.references] == [BUSES]


def test_a_dispute_is_labelled_in_the_language_of_the_report_and_stays_in_its_box() -> None:
    hostile = dispute("**Wie\nviele?**", "Es sind\n\n# 9 [e5].")
    part = Part(section("1"), version("Bahnen fahren [e5]."))

    shown = markdown(assemble("Bahnen", [part], EXHIBITS, [], said=labels("de"), disputes=[hostile]))

    assert "> **Wo sich die Quellen widersprechen: Wie viele?**\n>\n> - Es sind # 9 [1].\n> - It is 7 [2].\n\n" in shown


TOLD = Part(section("0", title="Summary"), version("All move [e9]."))


def test_what_is_new_stands_first_and_its_citations_are_numbered_like_any() -> None:
    changes = Changes(
        "2026-09-07",
        (BUSES, TRAMS),
        added=Group((Change(new="Trams run [e5]."), Change(new="Buses drive [e3].")), 2),
        changed=Group((Change("They cost 5 [e8].", "They cost 6 [e8]."),)),
        contradicted=Group((Change("Both move [e5]."), Change("Few ride [e3].", "Many ride {daily} [e5]."))),
        withdrawn=Group((Change(old="It snowed [e9]."),)),
    )

    shown = markdown(assemble("Ways", [TOLD], EXHIBITS, [], changes=changes))

    assert shown.startswith(
        "# Ways\n\n## What is new\n\n"
        "New or updated sources since the report of 2026-09-07: 2.\n\n"
        "**Added**\n\n- Trams run [1].\n- Buses drive [2].\n- And 2 more.\n\n"
        "**Changed**\n\n- Before: They cost 5 [2]. — Now: They cost 6 [2].\n\n"
        "**Contradicted**\n\n- Both move [1].\n- Before: Few ride [2]. — Now: Many ride {daily} [1].\n\n"
        "**No longer in the report**\n\n- It snowed [3].\n\n"
        "## Summary\n\nAll move [3].\n\n## References\n\n[1] "
    )


def test_what_only_a_withdrawn_sentence_cites_is_among_the_references() -> None:
    changes = Changes("2026-09-07", withdrawn=Group((Change(old="Trams run [e5]."),)))

    made = assemble("Ways", [TOLD], EXHIBITS, [], changes=changes)

    assert [reference.source.id for reference in made.references] == [1, 4]


def test_new_sources_without_news_of_substance_are_said_to_be_that() -> None:
    shown = markdown(assemble("Wege", [TOLD], EXHIBITS, [], said=labels("de"), changes=Changes("2026-09-07", (BUSES,))))

    assert shown.startswith(
        "# Wege\n\n## Was neu ist\n\nNeue oder geänderte Quellen seit dem Bericht vom 2026-09-07: 1. "
        "Am Inhalt des Berichts hat sich nichts Wesentliches geändert.\n\n## Summary\n\n"
    )


def test_a_report_that_follows_none_does_not_speak_of_news() -> None:
    assert "What is new" not in markdown(report("Trams run [e5]."))
