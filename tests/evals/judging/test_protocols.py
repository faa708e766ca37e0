import json
from collections.abc import Mapping, Sequence

import pytest

from redraft.agent.llm import Request
from redraft.evals.judging.cache import Cache
from redraft.evals.judging.citing import own_citations
from redraft.evals.judging.fact import Citation
from redraft.evals.judging.judge import FakeJudge
from redraft.evals.judging.pairwise import DIMENSIONS
from redraft.evals.judging.protocols import (
    Evidence,
    Items,
    Rival,
    by_deepconsult,
    by_fact,
    by_preference,
    by_rubric,
)
from redraft.evals.judging.scoring import Opinion

RIVALS = {"1": Rival("Trams?", "OLD"), "2": Rival("Trams?", "")}


async def pages(urls: Sequence[str]) -> Mapping[str, str | None]:
    return {url: None if "gone" in url else f"The page {url}." for url in urls}


def verdicts(*results: str) -> str:
    return json.dumps({"results": [{"idx": n, "result": result} for n, result in enumerate(results, start=1)]})


async def test_fact_counts_what_each_page_bears_out_and_what_could_not_be_checked(cache: Cache) -> None:
    def answer(request: Request) -> str:
        if request.node == "deduplicate":
            return '{"keep": [1, 2]}'
        return (
            verdicts("supported", "unsupported") if "a.example" in request.messages[0].content else verdicts("unknown")
        )

    cited = [("One.", "a"), ("Two.", "a"), ("Three.", "b"), ("Four.", "gone")]
    citations = [Citation(fact=fact, url=f"https://{name}.example") for fact, name in cited]

    opinion = await by_fact(FakeJudge(answer, cache), {"…": Evidence(pages, citations)})("1", "…", 0)

    assert opinion == Opinion(
        50.0,
        {
            "effective_citations_of_all": 1,
            "effective_citations": 1,
            "judged_citations": 2,
            "unknown_citations": 1,
            "unchecked_citations": 1,
        },
    )


async def test_a_report_that_cites_nothing_counts_for_all_reports_and_in_no_other_number(cache: Cache) -> None:
    score = by_fact(FakeJudge(lambda request: '{"citations": []}', cache), {"…": Evidence(pages), "": Evidence(pages)})

    assert await score("1", "…", 0) == await score("1", "", 0) == Opinion(None, {"effective_citations_of_all": 0})


async def test_a_report_whose_citations_cannot_be_found_or_checked_says_why(cache: Cache) -> None:
    gone = [Citation(fact="One.", url="https://gone.example")]
    evidence = {"…": Evidence(pages), "gone": Evidence(pages, gone)}
    score = by_fact(FakeJudge(lambda request: "no", cache), evidence)

    failed, unchecked = await score("1", "…", 0), await score("1", "gone", 0)

    assert (failed.score, failed.dimensions) == (None, {})
    assert failed.problem
    assert unchecked.problem == "https://gone.example: the page is not to be had"
    assert unchecked.dimensions["unchecked_citations"] == 1


def test_a_report_tells_its_own_citations() -> None:
    article = """# Trams

Trams carry many people [1][2]. They run on rails ([Rails](https://rails.example/a)). Nobody says this [7].

## References

[1] A Survey. https://a.example/1
[2] Without an address.
"""

    assert own_citations(article) == [
        Citation(fact="Trams carry many people.", ref_idx=1, url="https://a.example/1"),
        Citation(fact="They run on rails (Rails).", ref_idx=0, url="https://rails.example/a"),
    ]


def ballot(request: Request) -> str:
    text = request.messages[0].content
    preferred = "a" if text.index("NEW") < text.index("OLD") else "b"
    vote = {"explanation": "", "preferred": preferred, "gap_score": 3}
    return json.dumps(dict.fromkeys(DIMENSIONS, vote))


async def test_deepconsult_scores_the_report_against_the_other_whichever_is_read_first(cache: Cache) -> None:
    judge = FakeJudge(ballot, cache)

    opinion = await by_deepconsult(judge, RIVALS)("1", "NEW", 0)

    assert opinion == Opinion(8.0, dict.fromkeys(DIMENSIONS, 8.0) | {"win": 1.0, "tie": 0.0, "lose": 0.0})
    assert len(judge.requests) == 6


@pytest.mark.parametrize(("task", "article", "score"), [("1", "", 0), ("2", "NEW", 10), ("2", "", 5)])
async def test_where_a_report_is_missing_nobody_is_asked(task: str, article: str, score: float, cache: Cache) -> None:
    judge = FakeJudge(ballot, cache)

    graded = await by_deepconsult(judge, RIVALS)(task, article, 0)
    preferred = await by_preference(judge, RIVALS)(task, article, 0)

    assert (graded.score, preferred.score) == (score, 10 * score)
    assert graded.dimensions["lose"] == preferred.dimensions["lose"] == (score == 0)
    assert graded.dimensions["tie"] == (score == 5)
    assert judge.requests == []


async def test_votes_that_are_missing_are_told_beside_the_score(cache: Cache) -> None:
    def answer(request: Request) -> str:
        return ballot(request) if request.attempt < 4 else "no"

    opinion = await by_deepconsult(FakeJudge(answer, cache), RIVALS)("1", "NEW", 0)
    failed = await by_deepconsult(FakeJudge(lambda request: "no", cache, seed=9), RIVALS)("1", "NEW", 0)

    assert opinion.score == 8
    assert opinion.problem.startswith("4 votes missing: ")
    assert (failed.score, failed.problem[:17]) == (None, "6 votes missing: ")


async def test_a_preference_that_changes_with_the_order_is_a_tie_and_a_flip(cache: Cache) -> None:
    def choosing(better: str) -> FakeJudge:
        return FakeJudge(lambda request: json.dumps({"why": better, "better": better}), cache, seed=ord(better[0]))

    first = await by_preference(choosing("a"), RIVALS)("1", "NEW", 0)
    same = await by_preference(choosing("same"), RIVALS)("1", "NEW", 0)
    silent = await by_preference(FakeJudge(lambda request: "no", cache), RIVALS)("1", "NEW", 0)

    assert first == Opinion(50, {"win": 0, "tie": 1, "lose": 0}, 1.0)
    assert same == Opinion(50, {"win": 0, "tie": 1, "lose": 0}, 0.0)
    assert (silent.score, bool(silent.problem)) == (None, True)


ITEMS = {"1": Items("Trams?", {"vital": ["Costs.", "Use."], "okay": ["Age."]})}


async def test_a_rubric_is_the_share_of_items_that_the_report_itself_shows(cache: Cache) -> None:
    def answer(request: Request) -> str:
        met = "# What to check\n\nUse." not in request.messages[0].content
        return json.dumps({"why": "", "met": met, "quote": "trams cost much" if met else ""})

    opinion = await by_rubric(FakeJudge(answer, cache), ITEMS)("1", "Here trams cost much.", 0)

    assert opinion.score == pytest.approx(200 / 3)
    assert opinion.dimensions == {"vital": 50, "okay": 100}


async def test_a_rubric_with_an_item_unanswered_has_no_score_and_an_empty_report_meets_nothing(cache: Cache) -> None:
    def lying(request: Request) -> str:
        return json.dumps({"why": "", "met": True, "quote": "what does not stand there"})

    score = by_rubric(FakeJudge(lying, cache), ITEMS)

    failed, empty = await score("1", "Here trams cost much.", 0), await score("1", "", 0)

    assert (failed.score, failed.problem) == (
        None,
        "3 of 3 items without an answer: The quote does not stand in the report.",
    )
    assert empty == Opinion(0.0, {"vital": 0.0, "okay": 0.0})
