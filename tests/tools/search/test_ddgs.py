from datetime import date
from typing import Any

import pytest
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

from redraft.tools.errors import SearchFailed
from redraft.tools.search.ddgs import BACKENDS, Ddgs
from redraft.tools.search.types import Answer, Ask, Hit

RESULTS = [
    {"title": "Trams", "href": "https://rails.example/cost", "body": "Building a tram line"},
    {"title": "An advertisement", "href": "/y.js?ad=1", "body": ""},
]


class Engines:
    """Stand in for the search engines."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.asked: dict[str, Any] = {}

    def __call__(self, text: str, **options: Any) -> Any:
        self.asked = {"text": text, **options}
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def search(outcome: Any, ask: Ask | None = None) -> tuple[Answer, dict[str, Any]]:
    engines = Engines(outcome)
    answer = await Ddgs(engines, today=lambda: date(2026, 11, 20)).search(ask or Ask(text="tram cost"))
    return answer, engines.asked


async def test_results_become_hits() -> None:
    answer, asked = await search(RESULTS)

    assert answer.hits == (Hit(url="https://rails.example/cost", title="Trams", snippet="Building a tram line"),)
    assert asked["backend"] == BACKENDS
    assert asked["region"] == "us-en"
    assert asked["timelimit"] is None


@pytest.mark.parametrize(
    ("language", "since", "region", "timelimit"),
    [
        ("de", date(2026, 11, 19), "de-de", "d"),
        ("ja", date(2026, 11, 15), "jp-ja", "w"),
        ("fr", date(2026, 1, 1), "fr-fr", "y"),
        ("pt", date(2020, 1, 1), "br-pt", None),
    ],
)
async def test_language_and_first_day_are_asked_for(
    language: str, since: date, region: str, timelimit: str | None
) -> None:
    _, asked = await search(RESULTS, Ask(text="x", limit=4, language=language, since=since))

    assert (asked["region"], asked["timelimit"], asked["max_results"]) == (region, timelimit, 4)


async def test_finding_nothing_is_an_answer_that_says_what_it_may_mean() -> None:
    answer, _ = await search(DDGSException("No results found."))

    assert answer == Answer(note="its engines found nothing, or answer this address no more")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (RatelimitException("202"), "rate_limited"),
        (TimeoutException("timed out"), "timeout"),
        (DDGSException("DNSError: DNSError('https://x/?q=tram')"), "unreachable"),
        ([{"title": 1}], "bad_answer"),
        (None, "bad_answer"),
    ],
)
async def test_its_errors_have_reasons(outcome: Any, reason: str) -> None:
    with pytest.raises(SearchFailed) as caught:
        await search(outcome)

    assert caught.value.reason == reason
    assert "q=tram" not in str(caught.value)
