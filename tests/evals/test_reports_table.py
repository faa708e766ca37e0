import json
from pathlib import Path

import pytest

from redraft.evals.reports_table import main, mean_cell, read_reports


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    texts = ["One two.", "One two three four.", "One two three four five six."]
    rows: list[dict[str, object]] = [
        {"id": number, "prompt": "What are the trams of the town?", "article": text}
        for number, text in enumerate(texts, start=51)
    ]
    return write(
        tmp_path / "gpt-4.1.raw.jsonl", [*rows, {"id": 1, "prompt": "电车是什么？", "article": "我们坐电车。"}]
    )


def test_a_cell_tells_the_mean_and_of_how_many_where_not_of_all() -> None:
    assert mean_cell([1, 2], 2) == "1.5"
    assert mean_cell([1, 2], 3) == "1.5 (2)"
    assert mean_cell([], 3) == ""


def test_reports_are_chosen_by_the_language_of_their_question(reports: Path) -> None:
    assert list(read_reports(reports, "en").measured) == ["51", "52", "53"]
    assert list(read_reports(reports, "zh").measured) == ["1"]
    assert len(read_reports(reports).measured) == 4
    assert read_reports(reports).name == "gpt-4.1"


def test_the_table_has_a_row_for_what_can_be_told_and_the_correlation_with_scores(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = [{"id": number, "overall_score": score} for number, score in ((51, 0.9), (52, 0.5), (53, 0.4), (99, 1))]
    scored = write(tmp_path / "gpt-4.1.judge.jsonl", [dict(row) for row in scores])
    main([str(reports), "--language", "en", "--scores", str(scored)])
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "| metric | gpt-4.1 (3) | ρ gpt-4.1 |"
    assert "| words | 4 | -1.00 (3) |" in lines
    assert not any(line.startswith(("| tokens ", "| number_support ")) for line in lines)


def test_what_is_no_file_of_reports_is_told_in_a_line(tmp_path: Path) -> None:
    for content in ("no JSON", '{"id": 1}'):
        path = tmp_path / "x.jsonl"
        path.write_text(content)
        with pytest.raises(SystemExit, match="not a file of reports"):
            main([str(path)])
