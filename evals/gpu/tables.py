"""Results as Markdown, for a page of the documentation."""

from collections.abc import Sequence

from redraft.evals.gpu.comparing import Row
from redraft.evals.gpu.results import Line, Result, Timing
from redraft.evals.report.document import Block, Document, Paragraph, Section, Table, number
from redraft.evals.report.markdown import markdown

SERVERS = {"plain": "without a drafter", "drafting": "that drafts"}


def steps(result: Result) -> str:
    """Times at all points, and both lines."""
    head = ["context", "at once", "drafted", "ms a step", "10 to 90 %", "share of the roofline", "tokens a second"]
    about = ", ".join(f"{name} {value}" for name, value in result.machine.items() if value)
    blocks: list[Block] = [Paragraph(f"{about}; bandwidth: {result.source}")]
    for server, line in result.lines.items():
        rows = [_cells(one) for one in result.timings if one.server == server]
        blocks += [Table(f"A server {SERVERS[server]}", head, rows, heads=3), Paragraph(_told(line))]
    return markdown(Document("Steps", [Section(result.name, blocks)]))


def _cells(one: Timing) -> list[str]:
    speed = f"{1000 * one.batch / one.ms:.0f}" if one.draft == 0 else ""
    spread = f"{one.p10:.2f} … {one.p90:.2f}"
    return [f"{one.context:,}", str(one.batch), str(one.draft), f"{one.ms:.2f}", spread, number(one.share), speed]


def _told(line: Line) -> str:
    return (
        f"{1e3 * line.constant:.3f} ms + {1e6 * line.a_token:.1f} µs for each computed token + "
        f"{1e9 * line.a_cached:.1f} ns for each of the cache; {line.residual:.1%} are left, {line.worst:.1%} at most"
    )


def rows(result: Result, compared: Sequence[Row]) -> str:
    """Drafters side by side."""
    measures = ["tokens a step", "ms a step", "of drafting", "tokens a second", "of the roofline", "ratio"]
    cells = [
        [
            *(row.drafter, str(row.concurrency), f"{row.tokens_per_step:.2f}", f"{row.step_ms:.2f}"),
            *(f"{row.drafting_ms:.2f}", f"{row.tokens_per_second:.0f}", f"{row.share:.2f}", f"{row.ratio:.2f}"),
        ]
        for row in compared
    ]
    table = Table("Replayed, with the step times that were measured", ["drafter", "at once", *measures], cells, heads=2)
    told = [Paragraph(f"A server {SERVERS[server]}: {_told(line)}") for server, line in result.lines.items()]
    return markdown(Document("Drafters", [Section(result.name, [table, *told])]))
