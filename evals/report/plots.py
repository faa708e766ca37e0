"""The plots of a report on an evaluation, as SVG. Needs Matplotlib, which the extra `evals` brings.

Text stays text, and equal plots give equal bytes: no date, no version, identifiers by a fixed salt, and the style of
Matplotlib itself whatever the user's own is. Colours are those of Okabe and Ito (2008), which the colour-blind can tell
apart, and each has a shape of its own.
"""

import io
import warnings
from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import cycle
from statistics import fmean
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from redraft.evals.report.document import Cloud, Forest, Mark, Plot, Scatter, Spread
from redraft.tools.sanitize import visible

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "os^DvP"
LONGEST = 32
"""Characters of a name; the tables have it whole."""
WIDTH = 7.5
"""Inches, of 72 units each."""
ROW, TITLE = 0.3, 0.75
"""Inches of a system's line, and of what stands above and below a panel."""
FEW = 5
"""Numbers on half an axis, side by side."""
INK = "#1b1b1b"
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "redraft",
    "text.parse_math": False,  # a $ in a name is a $
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}
_BOTH_SCHEMES = (
    f"<style>svg{{color:{INK};background:#fff}}"
    "@media (prefers-color-scheme:dark){svg{color:#e4e4e4;background:#161616}}</style>"
)


def svg(plot: Plot) -> str:
    """The plot as an image of its own, dark on light or light on dark as the reader's screen has it."""
    with style.context(_STYLE, after_reset=True), warnings.catch_warnings():
        # Matplotlib only measures the text, and whoever shows it has other fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        _figure(plot).savefig(drawn, format="svg", metadata={**nothing, "Title": _plain(plot.caption)})
    text = drawn.getvalue()
    head, opening, rest = text[text.index("<svg ") :].partition(">")
    return f"{head}{opening}{_BOTH_SCHEMES}{rest.replace(f': {INK}', ': currentColor')}"


@singledispatch
def _figure(plot: Plot) -> Figure:
    raise TypeError(type(plot))


@_figure.register
def _(plot: Forest) -> Figure:
    figure, panels = _panels([len(marks) for marks in plot.panels.values()])
    for axes, (measure, marks) in zip(panels, plot.panels.items(), strict=True):
        axes.set_title(_label(measure))
        axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        for place, mark in enumerate(marks):
            _mark(axes, place, mark)
        _rows(axes, [mark.name for mark in marks])
        verdicts = axes.secondary_yaxis("right")
        verdicts.set_yticks(range(len(marks)), [_label(mark.told) for mark in marks])
        verdicts.tick_params(length=0)
        verdicts.spines["right"].set_visible(False)
    return figure


def _mark(axes: Axes, place: int, mark: Mark) -> None:
    colour = COLOURS[0]
    if mark.interval:
        axes.plot(mark.interval, (place, place), color=colour, linewidth=1.6)
    face = colour if mark.clear else "none"
    axes.plot(mark.value, place, marker="o", color=colour, markerfacecolor=face, markersize=6)


@_figure.register
def _(plot: Spread) -> Figure:
    figure, panels = _panels([len(systems) for systems in plot.panels.values()])
    for axes, (measure, systems) in zip(panels, plot.panels.items(), strict=True):
        axes.set_title(_label(measure))
        for place, values in enumerate(systems.values()):
            _strip(axes, place, values)
        _rows(axes, list(systems))
    return figure


def _strip(axes: Axes, place: int, values: Sequence[float]) -> None:
    quiet: dict[str, Any] = {"color": INK, "linewidth": 0.8}
    lines: dict[str, Any] = dict.fromkeys(("boxprops", "whiskerprops", "capprops", "medianprops"), quiet)
    axes.boxplot([values], positions=[place], orientation="horizontal", widths=0.6, showfliers=False, **lines)
    # Points of one value lie beside each other, and the same ones always at the same place: the golden ratio spreads.
    heights = [place + 0.4 * ((0.618 * number) % 1 - 0.5) for number in range(len(values))]
    axes.plot(values, heights, linestyle="none", marker="o", markersize=3, color=COLOURS[0], alpha=0.5)
    axes.plot(fmean(values), place, marker="D", markersize=6, color=COLOURS[1], markeredgecolor=INK)


@_figure.register
def _(plot: Scatter) -> Figure:
    names = list(dict.fromkeys(cloud.name for clouds in plot.panels.values() for cloud in clouds))
    looks = dict(zip(names, zip(cycle(COLOURS), cycle(MARKERS), strict=False), strict=False))
    figure = Figure(figsize=(WIDTH, 3 + 0.2 * len(names)), layout="constrained")
    grid = figure.subplots(1, len(plot.panels), sharey=True, squeeze=False)
    for axes, (quantity, clouds) in zip(grid[0], plot.panels.items(), strict=True):
        axes.set_xlabel(f"{_label(quantity)} a report")
        axes.xaxis.set_major_locator(MaxNLocator(FEW))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        for cloud in clouds:
            _cloud(axes, cloud, *looks[cloud.name])
    grid[0][0].set_ylabel(_label(plot.y))
    _legend(figure, grid[0][0], looks)
    return figure


def _cloud(axes: Axes, cloud: Cloud, colour: str, marker: str) -> None:
    look: dict[str, Any] = {"linestyle": "none", "marker": marker, "color": colour}
    axes.plot(cloud.x, cloud.y, markersize=3.5, alpha=0.5, **look)
    axes.plot(fmean(cloud.x), fmean(cloud.y), markersize=10, markeredgecolor=INK, **look)


def _legend(figure: Figure, axes: Axes, looks: Mapping[str, tuple[str, str]]) -> None:
    handles = [axes.plot([], [], linestyle="none", marker=marker, color=colour)[0] for colour, marker in looks.values()]
    names = [f" {_label(name)}" for name in looks]  # one that begins with _ would be left out
    figure.legend(handles, names, loc="outside lower left", frameon=False)


def _panels(lines: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """One below the other, each with room for so many lines."""
    heights = [TITLE + ROW * count for count in lines]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    grid = figure.subplots(len(lines), 1, squeeze=False, height_ratios=heights)
    return figure, [row[0] for row in grid]


def _rows(axes: Axes, names: Sequence[str]) -> None:
    """A line for each name, the first at the top."""
    axes.set_yticks(range(len(names)), [_label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _label(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _plain(text: str) -> str:
    return " ".join(visible(text).split())
