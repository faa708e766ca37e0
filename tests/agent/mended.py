"""A report that was mended, as rows: those of a run that had a wave of rounds and was verified."""

from redraft.agent.events import RoundRouted
from redraft.store import calls, claims, drafts, gaps, library, rounds, runs, snapshots
from redraft.store.database import Database
from redraft.store.models import Brief, Call, Claim, Dispute, Gap, Run, Section, Snapshot, Version, now
from redraft.tests import rows

RUN = "mended00"
CAPACITY = "A tram line carries up to 9,000 passengers an hour [e1]. Buses can change their route [e2]."
COSTS = "Building a tram line costs between 15 and 40 million euros a kilometre [e1]."
TRAMS = "The rails last for about thirty years [e1]. A battery bus lasts for twelve years [e2]."


def mended(database: Database) -> str:
    """The id of the run. Its library is that of the settings in conftest."""
    runs.create(database, Run(id=RUN, question="What do trams cost?", status="done", settings={}, created_at=now()))
    runs.set_stopped(database, RUN, "rounds")
    runs.save_brief(database, _brief())
    runs.save_outline(database, RUN, _outline())
    _take_evidence(database)
    drafts.append(database, _versions(database))
    _have_rounds(database)
    _verify(database)
    for node, cached in (("draft", 0), ("draft", 300), ("question", 100)):
        calls.record(database, [_call(node, cached)])
    return RUN


def section(database: Database, number: str) -> Section:
    return runs.section(database, RUN, number)


def standing(database: Database, number: str) -> Version:
    return drafts.accepted(database, RUN)[section(database, number).id or 0]


def gap(number: str, question: str, *, kind: str = "thin", priority: str = "medium", by: str = "question") -> Gap:
    return rows.gap(RUN, question, section=number, kind=kind, priority=priority, opened_by=by)


def _brief() -> Brief:
    def item(text: str, weight: int, origin: str, dimension: str = "comprehensiveness") -> dict[str, object]:
        return {"dimension": dimension, "text": text, "weight": weight, "origin": origin}

    return rows.brief(
        RUN,
        title="Trams and buses",
        audience="a city council",
        constraints=["No tables."],
        words=300,
        words_from="question",
        checklist=[
            item("How long the rails of trams last in years", 3, "spec"),
            item("What ferries carry across rivers", 3, "spec"),
            item("Passengers that a tram line carries an hour", 2, "model"),
            item("Weighs one against the other", 1, "model", "insight"),
        ],
    )


def _outline() -> list[Section]:
    planned = [("0", "Summary", "summary", 0), ("1", "Capacity", "model", 0), ("2", "Cost", "model", 0)]
    planned += [("2.1", "Cost of trams", "model", 1), ("3", "Conclusion", "conclusion", 0)]
    return [
        Section(run_id=RUN, number=number, title=title, purpose=f"{title}, told.", words=60, origin=origin, wave=wave)
        for number, title, origin, wave in planned
    ]


def _take_evidence(database: Database) -> None:
    found = [library.search(database, "cities", [word], limit=1)[0].passage.id or 0 for word in ("tram", "buses")]
    finding = drafts.Finding(section(database, "1").id or 0, {}, found)
    drafts.save_findings(database, RUN, [finding])


def _versions(database: Database) -> list[Version]:
    def version(number: str, op: str, text: str, wave: int = 0, *, accepted: bool = True, reason: str = "") -> Version:
        row = drafts.version_of(section(database, number), op, text, accepted=accepted, wave=wave, reason=reason)
        row.problems = [] if accepted else ["It says less than before."]
        return row

    return [
        version("1", "draft", CAPACITY),
        version("2", "draft", "Trams cost more than buses [e1]."),
        version("1", "denoise", "Trams carry many [e1].", 1, accepted=False, reason="How many do buses carry?"),
        version("2", "denoise", COSTS, 1, reason="What does a kilometre cost?"),
        version("2.1", "draft", TRAMS, 1),
        version("0", "draft", "Trams carry 9,000 passengers an hour [e1]."),
        version("3", "draft", "Trams carry more and cost more [e1, e2]."),
    ]


def _have_rounds(database: Database) -> None:
    lacking = [gap("2", "What do the rails of trams cost?", kind="missing", priority="high")]
    lacking += [gap("1", "How many do buses carry?"), gap("2", "Which city has the newest tram line?")]
    found, thin, _ = gaps.open_all(database, lacking)
    rounds.begin(database, RUN, 1, [("", None), ("1", thin.id)])
    first, second = rounds.of_run(database, RUN)
    told = {"queries": ["tram rails cost"], "parts": ["What is a rail?"], "answer": "Much [e1].", "novelty": 1.0}
    rounds.update(database, first, gap_id=found.id, question=found.question, route="deepen", **told)
    rounds.update(database, second, question=thin.question, answer="", novelty=0.0, route="denoise")
    ids = [exhibit.passage.id or 0 for exhibit in drafts.run_exhibits(database, RUN)]
    other = library.search(database, "cities", ["cyclists"], limit=1)[0].passage.id or 0
    rounds.file_evidence(database, first, [*ids, other])
    rounds.conclude(database, first, "accepted", "A new section was written.", closing="answered")
    rounds.conclude(database, second, "refused", "The new text says less.")
    for number, where, route in ((1, "2", "deepen"), (2, "1", "denoise")):
        event = RoundRouted(round=number, section=where, route=route, reason="It is new.")
        runs.add_event(database, RUN, event.kind, event.data())


def _verify(database: Database) -> None:
    sentences = TRAMS.split(". ")
    claims.save(
        database,
        [
            claim(database, "2.1", 1, f"{sentences[0]}.", "supported", "kept"),
            claim(database, "2.1", 2, sentences[1], "unchecked", "kept"),
        ],
    )
    one, other = "Trams last thirty years [e1].", "Trams last twelve years [e2]."
    row = Dispute(run_id=RUN, number=0, section="2", topic="How long", one=one, other=other)
    claims.save_disputes(database, RUN, [row])
    for name, wave in (("wave 0", 0), ("wave 1", 1)):
        counts = {"dangling": 0, "unsupported": 1 - wave}
        snapshots.save(database, Snapshot(run_id=RUN, name=name, wave=wave, versions={}, counts=counts))
    snapshots.choose(database, snapshots.of_run(database, RUN)[1])


def claim(database: Database, number: str, order: int, text: str, verdict: str, action: str) -> Claim:
    """A claim of the version that stands in a section."""
    return Claim(
        version_id=standing(database, number).id or 0,
        number=order,
        text=text,
        evidence=[1],
        question="How long do they last?",
        answer="Thirty years.",
        verdict=verdict,
        action=action,
    )


def _call(node: str, cached: int) -> Call:
    return Call(
        run_id=RUN,
        key=f"{node}{cached}",
        node=node,
        attempt=0,
        messages=[],
        text="",
        model="m",
        finish_reason="stop",
        prompt_tokens=1000,
        cached_tokens=cached,
        output_tokens=50,
        ms=1,
        created_at=now(),
    )
