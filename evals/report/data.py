"""The findings of an evaluation as data, ready for JSON."""

import math
from typing import Any

from redraft.evals.comparing import Compared
from redraft.evals.report.costs import Costs, failures
from redraft.evals.report.findings import Findings, Protocol
from redraft.evals.report.subjects import Subject


def data(findings: Findings, command: str) -> dict[str, Any]:
    """Everything that the document tells, not rounded, and the scores of every task."""
    return {
        "command": command,
        "systems": [_system(subject, findings.costs[subject.name]) for subject in findings.subjects],
        "protocols": {protocol.name: _protocol(protocol) for protocol in findings.protocols},
    }


def _system(subject: Subject, costs: Costs) -> dict[str, Any]:
    run = subject.eval_run
    about = run.model_dump(mode="json", exclude={"id", "name", "benchmark"}) if run else {}
    return {
        "name": subject.name,
        "benchmark": subject.benchmark or None,
        **about,
        "reports": {state: subject.states[state] for state in ("done", "failed", "waiting")},
        "tokens": costs.all_tokens,
        "tokens_each": costs.tokens_each,
        "seconds_each": costs.seconds_each,
        "failures": [{"lacks": f.what, "why": f.why, "tasks": f.tasks} for f in failures(subject)],
    }


def _protocol(protocol: Protocol) -> dict[str, Any]:
    return {
        "systems": {
            name: {"label": scored.label, "stamp": scored.stamp, "tasks": scored.system.tasks}
            for name, scored in protocol.scored.items()
        },
        "means": {
            measure: {name: row._asdict() for name, row in rows.items()} for measure, rows in protocol.means.items()
        },
        "whole": protocol.whole,
        "differences": [
            {"measure": measure, "system": name, "from": next(iter(protocol.scored)), **_compared(compared)}
            for (measure, name), compared in protocol.comparisons.items()
        ],
        "by": {
            by: {
                measure: {name: [row._asdict() for row in rows] for name, rows in of.items()}
                for measure, of in found.items()
            }
            for by, found in protocol.groups.items()
        },
        "noise": [
            {"measure": measure, "system": name, **found._asdict()} for (measure, name), found in protocol.noise.items()
        ],
    }


def _compared(compared: Compared) -> dict[str, Any]:
    resolvable = compared.comparison.resolvable
    return compared.data() | {"resolvable": resolvable if math.isfinite(resolvable) else None}
