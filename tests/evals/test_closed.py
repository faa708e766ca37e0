import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given as examples
from hypothesis import settings as trying
from hypothesis import strategies as st

from redraft.agent.archive import open_database, report
from redraft.agent.errors import UserError
from redraft.agent.settings import Settings, load_settings
from redraft.evals import rehearsal, standin_library
from redraft.evals.benchmarks import deepscholar, drb
from redraft.evals.benchmarks.base import Benchmark, CorpusDocument
from redraft.evals.closed import Filled, closed_settings, fill
from redraft.evals.measuring import Held, Way, of_run
from redraft.store import library
from redraft.store.database import Database
from redraft.tests.evals.benchmarks.given import write_lines, write_table
from redraft.tests.evaluated import Answer, benchmarks

TRAMS = CorpusDocument("https://arxiv.org/abs/2401.00001", "On\n trams", "Trams run on rails.", "2024")
BUSES = CorpusDocument("https://buses.example/b", "Buses", "Buses run on roads.")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", preset="quick", sections=3, words=240, search=("arxiv",))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    with closing(open_database(settings)) as database:
        yield database


def having(*documents: CorpusDocument) -> Benchmark:
    return replace(drb.BENCHMARK, name="small", corpus=lambda folder: iter(documents))


def kept(database: Database) -> dict[str, str]:
    documents = library.documents(database, "eval-small")
    return {source.url: library.page_text(database, source.page_digest) for source in documents}


def test_a_closed_world_is_a_library_of_documents_at_their_own_addresses(database: Database, tmp_path: Path) -> None:
    filled = fill(database, having(TRAMS, BUSES), tmp_path)

    trams, buses = library.documents(database, filled.library)
    assert filled == Filled("eval-small", documents=2, changed=2)
    assert (trams.url, trams.title, trams.site, trams.date) == (TRAMS.url, "On trams", "arxiv.org", "2024")
    assert (buses.url, buses.site, buses.date) == (BUSES.url, "buses.example", None)
    (match,) = library.search(database, filled.library, ["trams"], limit=5)
    assert (match.passage.text, match.passage.heading) == ("Trams run on rails.", "On trams")


def test_a_second_time_changes_nothing(database: Database, tmp_path: Path) -> None:
    fill(database, having(TRAMS, BUSES), tmp_path)
    before = library.documents(database, "eval-small")

    assert fill(database, having(TRAMS, BUSES), tmp_path) == Filled("eval-small", documents=2, changed=0)
    assert library.documents(database, "eval-small") == before


def test_what_has_changed_takes_the_place_of_what_was_there(database: Database, tmp_path: Path) -> None:
    fill(database, having(TRAMS, BUSES), tmp_path)

    filled = fill(database, having(TRAMS._replace(text="Trams were sold.")), tmp_path)

    assert filled.changed == 2
    assert kept(database) == {TRAMS.url: "# On trams\n\nTrams were sold."}
    assert library.search(database, "eval-small", ["rails"], limit=5) == []


@pytest.mark.parametrize("benchmark", [drb.BENCHMARK, having()])
def test_a_benchmark_without_documents_leaves_the_library_as_it_is(
    database: Database, tmp_path: Path, benchmark: Benchmark
) -> None:
    fill(database, having(TRAMS), tmp_path)

    with pytest.raises(UserError, match="has no closed world"):
        fill(database, benchmark, tmp_path)
    assert list(kept(database)) == [TRAMS.url]


_TEXTS = st.text("a#[]<>|\n \x00\ufeff。", max_size=20).map(lambda text: f"{text}word")
_DOCUMENTS = st.lists(st.builds(CorpusDocument, st.sampled_from([TRAMS.url, BUSES.url]), _TEXTS, _TEXTS), min_size=1)


@examples(_DOCUMENTS)
@trying(suppress_health_check=[HealthCheck.function_scoped_fixture])  # what is left from before is the point
def test_a_library_never_holds_anything_but_the_last_documents_each_with_a_passage(
    database: Database, documents: Sequence[CorpusDocument]
) -> None:
    fill(database, having(*documents), Path())

    held = library.holdings(database, "eval-small")
    assert {entry.source.url for entry in held} == {document.url for document in documents}
    assert all(entry.passages for entry in held)


def test_closed_settings_let_nothing_out_and_change_nothing_else(settings: Settings) -> None:
    closed = closed_settings(settings, having())

    changed = {name for name, value in closed if value != getattr(settings, name)}
    assert (closed.library, closed.search, closed.offline) == ("eval-small", ("none",), True)
    assert changed == {"library", "search", "offline"}


def test_preparing_a_benchmark_keeps_its_closed_world(tmp_path: Path) -> None:
    data = benchmarks(tmp_path / "data")

    shown = Answer("prepare", "deepscholar", "--data", data, "--closed")
    again = Answer("prepare", "deepscholar", "--data", data, "--closed", "--json")

    assert "library 'eval-deepscholar': 2 documents, 2 of them changed" in shown.err
    assert again.data["closed"] == {"library": "eval-deepscholar", "documents": 2, "changed": 0}
    assert Answer("prepare", "drb", "--data", data, "--closed").code == 2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A paper on the parts of a city, which cites four of the six works that there are."""
    header = ["parent_paper_arxiv_id", "cited_paper_title", "cited_paper_arxiv_link", "cited_paper_abstract"]
    documents = sorted(standin_library.documents(tmp_path / "documents", 6).iterdir())
    works = [
        ["2501.1" if number < 4 else "2501.2", file.stem, f"http://arxiv.org/abs/2401.0000{number}v1", file.read_text()]
        for number, file in enumerate(documents)
    ]
    data = tmp_path / "data"
    write_table(data / "recovered_citations.csv", header, *works)
    papers = ["arxiv_id", "title", "abstract", "clean_latex_related_works"]
    write_table(data / "papers_with_related_works.csv", papers, ["2501.1", "Cities", "Much.", "All."])
    task = {"arxiv_id": "2501.1", "query": standin_library.QUESTION, "nuggets": []}
    write_lines(data / "nuggets.jsonl", task)
    return data


def test_a_report_from_a_closed_world_cites_nothing_else(database: Database, settings: Settings, data: Path) -> None:
    held = Held(deepscholar.BENCHMARK, deepscholar.BENCHMARK.load(data))
    world = fill(database, deepscholar.BENCHMARK, data)
    closed = closed_settings(settings, deepscholar.BENCHMARK)

    run_id = asyncio.run(rehearsal.rehearsed(database, closed, rehearsal.writer()))

    (found,) = of_run(database, run_id, Way(held=held)).tasks.values()
    cited = {entry.source.url for entry in report(database, run_id).references}
    assert cited
    assert cited <= {source.url for source in library.documents(database, world.library)}
    assert found["fabricated_citations"] == 0
    assert found["reference_recall"]
    assert found["supported_claims"] == 1
