"""What a protocol's scores come to, as tables and plots."""

from collections.abc import Iterator
from statistics import fmean, quantiles

from redraft.evals.comparison import Comparison, Row
from redraft.evals.direction import arrowed
from redraft.evals.metrics import METRICS
from redraft.evals.report.document import Block, Forest, Mark, Paragraph, Spread, Table, ends, number
from redraft.evals.report.findings import By, Protocol

UNGATED = "ungated"


def title(protocol: Protocol) -> str:
    """With `ungated` behind it where the judge has not passed its check, for one system or for all."""
    ungated = [name for name, scored in protocol.scored.items() if scored.label == UNGATED]
    if not ungated:
        return protocol.name
    return (
        f"{protocol.name} ({UNGATED})"
        if len(ungated) == len(protocol.scored)
        else f"{protocol.name} (in part {UNGATED})"
    )


def blocks(protocol: Protocol) -> Iterator[Block]:
    """Notes, means, numbers of the whole, differences, spread, groups, noise, and every task."""
    yield from _notes(protocol)
    if protocol.measures:
        yield _means(protocol)
    if protocol.whole:
        yield _whole(protocol)
    if protocol.comparisons:
        yield _differences(protocol)
        yield _forest(protocol)
    if protocol.leading:
        yield _summary(protocol)
        yield _spread(protocol)
    for by in protocol.groups:
        yield _by(protocol, by)
    if protocol.noise:
        yield _noise(protocol)
    if protocol.leading:
        yield _tasks(protocol)


def _notes(protocol: Protocol) -> Iterator[Paragraph]:
    ungated = [name for name, scored in protocol.scored.items() if scored.label == UNGATED]
    if ungated:
        yield Paragraph(f"Ungated: the judge of {', '.join(ungated)} has not passed its check on {protocol.name}.")
    if protocol.differing:
        yield Paragraph(
            f"Not scored alike, and so hardly comparable: the systems differ in {', '.join(protocol.differing)}."
        )


def _unit(measure: str) -> str:
    return METRICS[measure].unit if measure in METRICS else ""


def _of(protocol: Protocol, system: str) -> str:
    return f"{system} ({UNGATED})" if protocol.scored[system].label == UNGATED else system


def _means(protocol: Protocol) -> Table:
    names = [(_of(protocol, name), f"{name}: tasks") for name in protocol.scored]
    rows = [
        [arrowed(measure), _unit(measure), *(cell for row in rows.values() for cell in (_mean(row), _count(row)))]
        for measure, rows in protocol.means.items()
    ]
    return Table("Means, with 95 % intervals", ["measure", "unit", *(n for pair in names for n in pair)], rows)


def _mean(row: Row) -> str:
    return f"{number(row.mean)} {ends(row.interval)}".strip()


def _count(row: Row) -> str:
    """As `31, 2 failed, 1 without`; the failed ones are among the 31."""
    others = ((row.failed, "failed"), (row.missing, "without"))
    return ", ".join([str(row.tasks), *(f"{count} {what}" for count, what in others if count)])


def _whole(protocol: Protocol) -> Table:
    rows = [[measure, *map(number, of.values())] for measure, of in protocol.whole.items()]
    return Table("Of all tasks together", ["measure", *(_of(protocol, name) for name in protocol.scored)], rows)


def _differences(protocol: Protocol) -> Table:
    first = next(iter(protocol.scored))
    header = ["measure", "system", "difference", "95 %", "p", "can show", "tasks", "verdict"]
    rows = []
    for (measure, name), compared in protocol.comparisons.items():
        found = compared.comparison
        told = [number(found.difference, signed=True), ends(found.interval, signed=True), f"{found.p:.3f}"]
        can_show = number(found.resolvable) if found.interval else ""
        rows.append([arrowed(measure), name, *told, can_show, str(found.tasks), found.winner])
    caption = f"Differences from {first}, task by task; p by permutation, adjusted for {len(rows)} (Holm)"
    return Table(caption, header, rows, heads=2)


def _forest(protocol: Protocol) -> Forest:
    panels: dict[str, list[Mark]] = {}
    for (measure, name), compared in protocol.comparisons.items():
        found = compared.comparison
        if measure in protocol.leading:
            mark = Mark(name, found.difference, found.interval, not found.is_noise, _verdict(found))
            panels.setdefault(arrowed(measure), []).append(mark)
    told = (
        f"{measure} {m.name} {number(m.value, signed=True)}: {m.told}" for measure, of in panels.items() for m in of
    )
    caption = f"{title(protocol)}: differences from {next(iter(protocol.scored))} with 95 % intervals; hollow is noise"
    return Forest(caption, "; ".join(told), panels)


def _verdict(found: Comparison) -> str:
    """Of the system that is held against the first."""
    if found.is_noise:
        return "noise"
    ways = {"higher": ("better", "worse"), "lower": ("worse", "better"), "neither": ("more", "less")}
    return ways[found.better][found.difference < 0]


def _values(protocol: Protocol) -> Iterator[tuple[str, str, list[float]]]:
    """Measure, system, and its values by task."""
    for measure in protocol.leading:
        for name, scored in protocol.scored.items():
            if values := scored.system.values(measure):
                yield measure, name, list(values.values())


def _summary(protocol: Protocol) -> Table:
    rows = [
        [arrowed(measure), name, str(len(values)), *map(number, _five(values))]
        for measure, name, values in _values(protocol)
    ]
    header = ["measure", "system", "tasks", "least", "quarter", "half", "three quarters", "most"]
    return Table("How the tasks spread", header, rows, heads=2)


def _five(values: list[float]) -> list[float]:
    """Least, quartiles and most."""
    inner = quantiles(values, method="inclusive") if len(values) > 1 else values * 3
    return [min(values), *inner, max(values)]


def _spread(protocol: Protocol) -> Spread:
    panels: dict[str, dict[str, list[float]]] = {}
    for measure, name, values in _values(protocol):
        panels.setdefault(arrowed(measure), {})[name] = values
    told = (f"{measure} {name}: mean {number(fmean(of))}" for measure, by in panels.items() for name, of in by.items())
    caption = f"{title(protocol)}: a point for each task, a box for the middle half, a diamond for the mean"
    return Spread(caption, "; ".join(told), panels)


def _by(protocol: Protocol, by: By) -> Table:
    names = list(protocol.scored)
    rows = []
    for measure, systems in protocol.groups[by].items():
        groups = sorted({row.group for of in systems.values() for row in of[1:]})  # the first row is of all
        of_group = {name: {row.group: row for row in of[1:]} for name, of in systems.items()}
        for group in groups:
            found = (of_group[name].get(group) for name in names)
            rows.append([arrowed(measure), group, *(f"{_mean(r)} ({_count(r)})" if r else "" for r in found)])
    return Table(
        f"By {by}: means with 95 % intervals (tasks)",
        ["measure", by, *(_of(protocol, name) for name in names)],
        rows,
        heads=2,
    )


def _noise(protocol: Protocol) -> Table:
    header = ["measure", "system", "repeats", "among tasks", "among repeats", "mean, by tasks", "mean, by repeats"]
    rows = [
        [arrowed(measure), name, str(len(protocol.scored[name].repeats)), *map(number, noise)]
        for (measure, name), noise in protocol.noise.items()
    ]
    return Table("Noise: standard deviations of scores, and of their mean", header, rows, heads=2)


def _tasks(protocol: Protocol) -> Table:
    systems = {name: scored.system.tasks for name, scored in protocol.scored.items()}
    tasks = dict.fromkeys(task for of in systems.values() for task in of)
    header = [f"{name}: {measure}" for measure in protocol.leading for name in systems]
    rows = [
        [task, *(number(of.get(task, {}).get(measure)) for measure in protocol.leading for of in systems.values())]
        for task in tasks
    ]
    return Table(f"Every task by {title(protocol)}", ["task", *header], rows, long=True)
