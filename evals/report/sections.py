"""The findings of an evaluation as a document."""

from collections.abc import Iterator, Sequence

from redraft.evals.metrics import METRICS
from redraft.evals.report.costs import failures
from redraft.evals.report.document import Block, Cloud, Document, Paragraph, Scatter, Section, Table, ends, number
from redraft.evals.report.findings import Findings, Protocol
from redraft.evals.report.repeating import model, repeating
from redraft.evals.report.scores import blocks, title
from redraft.evals.report.subjects import Subject
from redraft.evals.statistics import RESAMPLES

HOW = (
    f"Intervals hold 95 %: bootstrap over tasks, {RESAMPLES:,} resamples. A task that failed counts with 0 in what "
    "should be high, and is left out of all else. ↑ higher is better, ↓ lower is better, – neither."
)
NO_SCORES = "There are no scores yet: redraft eval metrics and redraft eval score give some."


def document(findings: Findings, command: str) -> Document:
    """`command`: the one that makes this report. Equal findings give equal documents."""
    names = [subject.name for subject in findings.subjects]
    benchmark = next((f" on {subject.benchmark}" for subject in findings.subjects if subject.benchmark), "")
    sections = [
        Section("What was compared", list(_overview(findings))),
        *(Section(title(protocol), list(blocks(protocol))) for protocol in findings.protocols),
        Section("Cost", list(_costs(findings))),
        Section("Failures", list(_failures(findings.subjects))),
        Section("What the measures cannot tell", list(_blind(findings.protocols))),
        repeating(findings, command),
    ]
    return Document(f"Evaluation of {', '.join(names)}{benchmark}", [s for s in sections if s.blocks])


def _overview(findings: Findings) -> Iterator[Block]:
    header = ["system", "benchmark", "writer", "model", "done", "failed", "waiting", "repeats", "begun"]
    yield Table("Systems", header, [_system(subject) for subject in findings.subjects], numbers=False)
    if len(findings.subjects) > 1:
        yield Paragraph(f"Differences are from the first system, {findings.subjects[0].name}.")
    yield Paragraph(HOW if findings.protocols else NO_SCORES)


def _system(subject: Subject) -> list[str]:
    states = subject.states
    counts = [str(states[name]) for name in ("done", "failed", "waiting")]
    run = subject.eval_run
    if run is None:
        return [subject.name, subject.benchmark, "", "", *counts, "", ""]
    repeats = str(len({task.repeat for task in subject.tasks}))
    return [subject.name, run.benchmark, run.writer, model(subject), *counts, repeats, f"{run.created_at:%Y-%m-%d}"]


def _costs(findings: Findings) -> Iterator[Block]:
    known = {name: costs for name, costs in findings.costs.items() if costs.tokens or costs.seconds}
    if not known:
        return
    scored = [protocol for protocol in findings.protocols if protocol.leading]
    header = ["system", "reports", "tokens", "tokens a report", "seconds a report"]
    rows = [
        [
            name,
            *(number(value) for value in (costs.reports, costs.all_tokens, costs.tokens_each, costs.seconds_each)),
            *(_quality(protocol, name) for protocol in scored),
        ]
        for name, costs in known.items()
    ]
    qualities = [f"{title(protocol)}: {protocol.leading[0]}" for protocol in scored]
    yield Table("What the reports took, and how good they are", [*header, *qualities], rows)
    yield Paragraph("What failed reports took is on the account of the others.")
    for protocol in scored:
        yield from _scatter(findings, protocol)


def _quality(protocol: Protocol, system: str) -> str:
    row = protocol.means[protocol.leading[0]].get(system)
    return f"{number(row.mean)} {ends(row.interval)}".strip() if row else ""


def _scatter(findings: Findings, protocol: Protocol) -> Iterator[Block]:
    measure = protocol.leading[0]
    panels: dict[str, list[Cloud]] = {}
    for quantity in ("tokens", "seconds"):
        for name, scored in protocol.scored.items():
            spent, values = getattr(findings.costs[name], quantity), scored.system.values(measure)
            if both := [task for task in values if task in spent]:
                cloud = Cloud(name, [spent[task] for task in both], [values[task] for task in both])
                panels.setdefault(quantity, []).append(cloud)
    if panels:
        caption = f"{title(protocol)}: {measure} against what a report took"
        alt = "A point for each task, and a large one for each system's means, which the table above lists."
        yield Scatter(caption, alt, measure, panels)


def _failures(subjects: Sequence[Subject]) -> Iterator[Block]:
    found = [failure for subject in subjects for failure in failures(subject)]
    rows = [[f.system, f.what, f.why, str(len(f.tasks)), ", ".join(f.tasks)] for f in found]
    if rows:
        header = ["system", "lacks", "why", "number", "tasks"]
        yield Table("Reports and scores that there are none of", header, rows, numbers=False)
    else:
        yield Paragraph("None.")


def _blind(protocols: Sequence[Protocol]) -> Iterator[Block]:
    shown = [name for name in METRICS if any(name in protocol.measures for protocol in protocols)]
    rows = [[name, METRICS[name].definition, METRICS[name].blind] for name in shown]
    if rows:
        yield Table("Metrics without a judge", ["measure", "what it is", "cannot tell"], rows, numbers=False, long=True)
