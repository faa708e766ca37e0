import json
from collections.abc import Mapping, Sequence

import pytest

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.fact import Citation, Cited, Page, fact, stat, stat_all
from redraft.evals.judging.judge import FakeJudge

TRAMS, BUSES, GONE = "https://trams.example", "https://buses.example", "https://gone.example"
CITATIONS = [
    Citation(fact="有轨电车运送九千人。", ref_idx=1, url=TRAMS),
    Citation(fact="有轨电车每小时运送九千人。", ref_idx=1, url=TRAMS),
    Citation(fact="Rails last for thirty years.", ref_idx=1, url=TRAMS),
    Citation(fact="Buses carry 4,000.", ref_idx=2, url=BUSES),
    Citation(fact="Bicycles carry 14,000.", ref_idx=3, url=GONE),
]
PAGES = {TRAMS: "Trams carry 9,000.", BUSES: "404 page not found", GONE: None}


async def contents(urls: Sequence[str]) -> Mapping[str, str | None]:
    assert len(urls) == len(set(urls)) > 0
    return {url: PAGES[url] for url in urls}


def judging(request: Request) -> str:
    text = request.messages[0].content
    if request.node == "extract":
        return json.dumps({"citations": [citation.model_dump() for citation in CITATIONS]})
    if request.node == "deduplicate":
        return '{"keep": [1, 3]}'
    if "404" in text:
        return '{"results": [{"idx": 1, "result": "unknown"}]}'
    return '{"results": [{"idx": 2, "result": "unsupported"}, {"idx": 1, "result": "supported"}]}'


async def test_a_report_is_extracted_deduplicated_and_checked_page_by_page(cache: Cache) -> None:
    judge = FakeJudge(judging, cache)

    found = await fact(judge, "1", "…[1]", contents)

    assert found == Cited(
        "1",
        (
            Page(TRAMS, (CITATIONS[0].fact, CITATIONS[2].fact), ("supported", "unsupported")),
            Page(BUSES, (CITATIONS[3].fact,), ("unknown",)),
            Page(GONE, (CITATIONS[4].fact,), (), "the page is not to be had"),
        ),
    )
    assert [request.node for request in judge.requests] == ["extract", "deduplicate", "validate", "validate"]


async def test_claims_of_our_own_need_no_extraction(cache: Cache) -> None:
    judge = FakeJudge(judging, cache)

    found = await fact(judge, "1", "…", contents, citations=CITATIONS[3:4])

    assert [page.results for page in found.pages] == [("unknown",)]
    assert [request.node for request in judge.requests] == ["validate"]


async def test_an_empty_report_cites_nothing_and_asks_nothing(cache: Cache) -> None:
    judge = FakeJudge(judging, cache)

    assert await fact(judge, "1", "", contents) == Cited("1", ())
    assert judge.requests == []


@pytest.mark.parametrize("keep", ["[]", "[0]", "[1, 9]", "[1, 2, 3, 3]", '"all"'])
async def test_a_list_that_makes_no_sense_keeps_all_statements(keep: str, cache: Cache) -> None:
    def answer(request: Request) -> str:
        return f'{{"keep": {keep}}}' if request.node == "deduplicate" else "{}"

    found = await fact(FakeJudge(answer, cache), "1", "…", contents, citations=CITATIONS[:3])

    assert [page.facts for page in found.pages] == [tuple(citation.fact for citation in CITATIONS[:3])]


@pytest.mark.parametrize("results", [[], [1], [1, 1], [1, 3], [1, 2, 3]])
async def test_a_statement_without_exactly_one_verdict_leaves_its_page_unchecked(
    results: list[int], cache: Cache
) -> None:
    def answer(request: Request) -> str:
        return json.dumps({"results": [{"idx": number, "result": "supported"} for number in results], "keep": [1, 2]})

    found = await fact(FakeJudge(answer, cache), "1", "…", contents, citations=CITATIONS[:2])

    assert [(page.results, bool(page.problem)) for page in found.pages] == [((), True)]


REPORTS = [
    Cited(
        "1", (Page("a", ("x", "y", "z"), ("supported", "supported", "unsupported")), Page("b", ("v",), ("unknown",)))
    ),
    Cited("2", (Page("c", ("x",), ("supported",)), Page("d", ("y", "z"), (), "the page is not to be had"))),
    Cited("3", ()),
    Cited("4", (), "cut off after 9 tokens"),
]


def test_upstream_leaves_reports_without_citations_out_and_we_do_not() -> None:
    upstream, ours = stat(REPORTS), stat_all(REPORTS)

    assert (upstream.protocol, upstream.tasks, upstream.accuracy) == ("fact", 2, 75)
    assert (upstream.effective, upstream.cited) == (1.5, 2)
    assert (ours.protocol, ours.tasks, ours.accuracy) == ("fact-all", 3, 75)
    assert [ours.effective, ours.cited] == pytest.approx([1, 4 / 3])
    assert {(score.unknown, score.unchecked, score.failed) for score in (upstream, ours)} == {(1, 2, 1)}


def test_where_nothing_is_cited_there_is_no_accuracy() -> None:
    assert (stat([]).accuracy, stat([]).effective) == (None, None)
    assert (stat_all([Cited("1", ())]).accuracy, stat_all([Cited("1", ())]).effective) == (None, 0)
