import pytest

from redraft.evals.judging.damages import (
    DAMAGES,
    PADDING,
    with_doubled_paragraphs,
    with_padding,
    with_shuffled_citations,
    without_sections,
)

TITLE = "# Trams\n\nA summary."
SECTIONS = "".join(f"\n\n## Part {n}\n\nIt says {n} [{n}]." for n in range(1, 10))
LIST = "\n\n## References\n\n" + "\n".join(f"[{n}] A book. https://books.example/{n}" for n in range(1, 10))
REPORT = TITLE + SECTIONS + LIST


def test_three_of_ten_sections_go_and_the_first_stays() -> None:
    less = without_sections(TITLE + SECTIONS)

    assert less.startswith(TITLE)
    kept = [n for n in range(1, 10) if f"## Part {n}\n" in less]
    assert kept == [n for n in range(1, 10) if f"It says {n} " in less]
    assert len(kept) in (6, 7)


def test_of_a_report_without_headings_paragraphs_go() -> None:
    report = "\n\n".join(f"Paragraph {n}." for n in range(10))

    kept = without_sections(report).split("\n\n")

    assert set(kept) < set(report.split("\n\n"))
    assert len(kept) in (7, 8)


def test_each_third_paragraph_comes_again() -> None:
    assert with_doubled_paragraphs("a\n\nb\n\nc\n\nd") == "a\n\nb\n\nc\n\nb\n\nd"


@pytest.mark.parametrize(("text", "language"), [("Trams are the best of it all.", "en"), ("有轨电车很好。", "zh")])
def test_padding_says_nothing_in_the_language_of_the_report(text: str, language: str) -> None:
    padded = with_padding(f"# Trams\n\n{text}\n\n| a |\n|---|\n| b |\n\n{text}")

    assert padded == f"# Trams\n\n{text} {PADDING[language]}\n\n| a |\n|---|\n| b |\n\n{text} {PADDING[language]}"


def test_shuffled_citations_point_elsewhere_and_the_list_stays() -> None:
    shuffled = with_shuffled_citations(REPORT)

    assert all(f"It says {n} [{n % 9 + 1}]." in shuffled for n in range(1, 10))
    assert shuffled.endswith(LIST)


@pytest.mark.parametrize("damage", [*DAMAGES.values(), with_padding])
def test_a_damage_changes_a_report_always_alike_and_bears_any_text(damage: object) -> None:
    assert damage(REPORT) == damage(REPORT) != REPORT  # type: ignore[operator]
    assert damage("") == ""  # type: ignore[operator]
