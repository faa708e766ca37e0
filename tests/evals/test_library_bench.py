from pathlib import Path

import pytest

from redraft.evals.library_bench import QUERIES, Words, main, measure, queries, write_documents


def written(folder: Path) -> dict[str, str]:
    write_documents(folder, 12, Words())
    return {file.name: file.read_text() for file in folder.rglob("*.md")}


def test_the_documents_and_queries_are_always_the_same(tmp_path: Path) -> None:
    assert written(tmp_path / "one") == written(tmp_path / "two")
    assert len(written(tmp_path / "one")) == 12
    assert queries(Words()) == queries(Words())
    assert {len(query) for query in queries(Words())} == set(range(2, 13))
    assert len(queries(Words())) == QUERIES


def test_everything_is_measured_on_ten_passages_a_document(tmp_path: Path) -> None:
    timings = {timing.what: timing.value for timing in measure(tmp_path, 12)}

    assert timings["passages"] == 120
    assert all(value > 0 for value in timings.values())


def test_the_bench_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--files", "3"])

    assert "search, 95th percentile" in capsys.readouterr().out
