"""All that it takes to repeat an evaluation, side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from redraft.agent.settings import Settings
from redraft.evals.report.document import Block, Paragraph, Section, Table
from redraft.evals.report.findings import Findings
from redraft.evals.report.flat import flat, said
from redraft.evals.report.subjects import Subject
from redraft.evals.writers import OWN


def repeating(findings: Findings, command: str) -> Section:
    """`command`: the one that makes this report."""
    subjects = findings.subjects
    blocks: list[Block] = [
        Paragraph(f"This report: {command}"),
        *_side_by_side("Made with", {s.name: s.eval_run.made_with if s.eval_run else {} for s in subjects}),
        *_side_by_side("Settings that differ from the defaults", {s.name: _settings(s) for s in subjects}),
    ]
    for protocol in findings.protocols:
        stamps = {name: scored.stamp for name, scored in protocol.scored.items()}
        blocks += _side_by_side(f"Scored by {protocol.name} with", stamps)
    return Section("To repeat", blocks)


def _side_by_side(caption: str, values: Mapping[str, Mapping[str, Any]]) -> Iterator[Table]:
    """A row for each entry that a system has, if any has one."""
    lines = {name: dict(flat(entries)) for name, entries in values.items()}
    if keys := dict.fromkeys(key for entries in lines.values() for key in entries):
        rows = [[key, *(entries.get(key, "") for entries in lines.values())] for key in keys]
        yield Table(caption, ["entry", *lines], rows, numbers=False)


def _settings(subject: Subject) -> dict[str, Any]:
    """Of redraft those that were chosen, of another program all."""
    if subject.eval_run is None:
        return {}
    settings = subject.eval_run.settings
    usual = Settings.model_construct().snapshot() if subject.eval_run.writer == OWN else {}
    return {name: value for name, value in settings.items() if name not in usual or value != usual[name]}


def model(subject: Subject) -> str:
    """Which model wrote; empty where that is not known."""
    known = subject.eval_run.made_with.get("model") if subject.eval_run else None
    return said(known) if known else ""
