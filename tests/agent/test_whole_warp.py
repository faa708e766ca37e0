"""Whole runs in the dialect `warp`: the tags come in, and none of them gets into a report."""

import re

from redraft.agent.llm import Request
from redraft.store import rounds
from redraft.tests.agent.tagging import tagging
from redraft.tests.agent.whole import PATIENT, STANDARD, Shelf

pytestmark = PATIENT

KEYS = ("textid", "bibkey", "\\cite", "<thought", "<action", "init-plan", "extend-plan", "section-")


def test_a_run_in_tags_is_planned_searched_for_written_and_divided_as_in_json(shelf: Shelf) -> None:
    llm = tagging()
    with shelf.done(llm, dialect="warp", **STANDARD) as whole:
        report = whole.report
        titles = [section.title for section in whole.sections if section.origin == "model"]
        done = [(row.route, row.outcome) for row in rounds.of_run(whole.database, whole.run_id)]

    tagged = [request for request in llm.requests if _in_tags(request)]
    assert {request.node for request in tagged} == {"outline", "query", "draft", "deepen"}
    assert all("<action>" in request.messages[-1].content and request.schema is None for request in tagged)
    assert {"Trams and their use", "Lifetime of trams", "Energy of trams"} & set(titles)
    assert ("deepen", "accepted") in done
    assert all(f"\n## {title}\n" in report or f"\n### {title}\n" in report for title in titles)
    assert [key for key in KEYS if key in report] == []


def test_every_sentence_of_a_run_in_tags_cites_the_source_that_says_it(shelf: Shelf) -> None:
    with shelf.done(tagging(), dialect="warp", **STANDARD) as whole:
        body, _, references = whole.report.partition("## References")
        quoted = sum(version.op == "quote" for version in whole.versions)

    listed = dict(re.findall(r"^\[(\d+)\] (\w+) in cities\.", references, re.MULTILINE))
    cited = re.findall(r"(?:capacity|cost|upkeep|lifetime|energy|noise) of (\w+)[^\[\n]*\[(\d+)\]", body)
    assert len(cited) > 20
    assert [(thing, number) for thing, number in cited if listed[number].lower() != thing] == []
    assert {number for _, number in cited} == set(listed)
    assert quoted == 0


def test_a_reply_without_an_action_that_can_be_read_is_asked_for_again_and_never_stands(shelf: Shelf) -> None:
    good = tagging()
    bad = {
        "outline": "<thought>I would begin with trams.</thought>",
        "query": '<thought>So.</thought><action>{"name": "write"}',
        "draft": "<thought>It says much of bibkey: textid3, and I will",
        "deepen": '<thought>So.</thought><action>{"name": "extend-plan", "position": "section-9"}',
    }

    def reply(request: Request) -> str:
        script = good.script[request.node]
        assert callable(script)
        return bad[request.node] if request.attempt == 0 else str(script(request))

    good_script = dict(good.script)
    llm = type(good)({**good_script, **dict.fromkeys(bad, reply)})
    with shelf.done(llm, dialect="warp") as whole, shelf.done(tagging(), dialect="warp") as usual:
        assert whole.report == usual.report
        assert {call.node for call in whole.calls() if call.attempt} >= {"outline", "query", "draft"}


def _in_tags(request: Request) -> bool:
    return request.stop == ("</action>",)
