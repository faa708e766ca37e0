import json

from hypothesis import given

from redraft.agent.export import FORMATS
from redraft.agent.export.data import data
from redraft.agent.render import Report
from redraft.tests.agent.export.reports import hostile, report, run


def test_a_report_as_data_has_all_that_a_reader_sees() -> None:
    made = data(report("Both move [e1, e2].", "Trams stop [e3].", disputed=True), run())

    assert made == {
        "version": 1,
        "run": "0a1b2c3d",
        "question": "How do trams run?",
        "language": "en",
        "created_at": "2025-03-09T07:30:00+00:00",
        "finished_at": "2025-03-09T07:30:00+00:00",
        "title": "Ways to travel",
        "news": None,
        "sections": [
            {"number": "0", "title": "Part 0", "text": "Both move [1, 2].", "citations": [1, 2]},
            {"number": "1", "title": "Part 1", "text": "Trams stop [1].", "citations": [1]},
        ],
        "disputes": [
            {
                "section": "0",
                "topic": "rails",
                "sides": [
                    {"text": "There are 2 [1].", "citations": [1]},
                    {"text": "There are none [2].", "citations": [2]},
                ],
            }
        ],
        "limits": ["Written offline."],
        "references": [
            {
                "number": 1,
                "title": "Trams",
                "author": None,
                "url": "file:///library/1.md",
                "site": "cities",
                "date": "2024-05-01",
                "passages": [{"heading": "", "text": "Trams run on rails."}, {"heading": "", "text": "Trams stop."}],
            },
            {
                "number": 2,
                "title": "Buses",
                "author": None,
                "url": "file:///library/2.md",
                "site": "cities",
                "date": "2024-05-01",
                "passages": [{"heading": "", "text": "Buses need no rails."}],
            },
        ],
    }


def test_what_is_new_names_the_old_sentence_and_the_one_in_its_place() -> None:
    news = data(report("Both move [e1, e2].", updated=True), run())["news"]

    assert (news["since"], news["sources"]) == ("2025-03-02", [{"title": "Trams", "url": "file:///library/1.md"}])
    assert news["added"] == {
        "shown": [{"old": None, "new": {"text": "Trams stop [1].", "citations": [1]}}],
        "more": 2,
    }
    assert [change["old"]["text"] for change in news["changed"]["shown"]] == ["They ran [1]."]
    assert news["contradicted"] == news["withdrawn"] == {"shown": [], "more": 0}


@given(hostile())
def test_every_citation_has_its_reference_and_the_file_says_what_the_data_does(made: Report) -> None:
    told = data(made, run())

    texts = [*told["sections"], *(side for dispute in told["disputes"] for side in dispute["sides"])]
    listed = [reference["number"] for reference in told["references"]]
    told_of = sorted({number for text in texts for number in text["citations"]})
    assert told_of == listed if made.changes is None else set(told_of) <= set(listed)
    assert json.loads(FORMATS["json"](made, run())) == told
