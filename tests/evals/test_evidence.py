"""What the citations of a report are checked by."""

import asyncio
from collections.abc import Mapping

import pytest

from redraft.evals.evidence import ASSUMED_PAGE, assumed, gathered
from redraft.evals.judged import Entry, Subject
from redraft.evals.judging.protocols import Evidence
from redraft.tests.agent.whole import Shelf, standing_in

PEERS = "# Trams\n\nTrams run on rails [1].\n\n## References\n\n[1] Rails. https://rails.example/\n"


async def read(evidence: Evidence, *urls: str) -> Mapping[str, str | None]:
    return await evidence.contents(urls)


def test_a_report_of_redraft_is_checked_by_what_its_run_has_read(shelf: Shelf) -> None:
    with shelf.done(standing_in()) as run:
        report = run.report
        subject = Subject(name="mine", entries=[Entry("1", report, run_id=run.run_id)])
        found = asyncio.run(gathered([subject], run.settings, run.database))
        same = assumed([subject], lambda: run.database)
        its = found[report]
        citations = its.citations or []
        texts = asyncio.run(read(its, *(citation.url for citation in citations)))
        nothing = asyncio.run(read(its, "https://elsewhere.example/"))

    assert len(citations) > 3
    assert all(texts.values())
    assert nothing == {"https://elsewhere.example/": None}
    assert same[report].citations == citations


def test_the_judge_finds_the_citations_of_others_and_their_pages_are_read(shelf: Shelf) -> None:
    with shelf.begun(offline=True) as run:
        subject = Subject(name="peer", entries=[Entry("1", PEERS), Entry("2", "")])
        found = asyncio.run(gathered([subject], run.settings, run.database))

    assert found.keys() == {PEERS, ""}
    assert found[PEERS].citations is None
    assert asyncio.run(read(found[PEERS], "https://rails.example/")) == {"https://rails.example/": None}


async def test_pages_that_nobody_has_read_are_taken_to_be_of_one_length() -> None:
    found = assumed([Subject(name="peer", entries=[Entry("1", PEERS)])], lambda: pytest.fail("no store is needed"))

    (text,) = (await read(found[PEERS], "https://rails.example/")).values()
    assert len(text or "") == ASSUMED_PAGE
