"""Subjects of reports on evaluations, with numbers that can be checked by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from redraft.evals.report.subjects import Scored, Subject
from redraft.evals.scored import System
from redraft.store.models import EvalRun, EvalTask, Score

BEGUN = datetime(2025, 3, 9, 7, 30, tzinfo=UTC)
LANGUAGES = ("en", "zh")
COMMAND = "redraft eval report base new"
HOSTILE = (
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</title>",
        "</style>",
        "</td></table>",
        "<!--",
        "-->",
    ),
    *(
        '" onload="alert(1)',
        "' onload='",
        "]]>",
        "<?",
        "&lt;b&gt;",
        "&#x202e;",
        "&",
        "</svg>",
        "{{ 7 * 7 }}",
        "{% raw %}",
    ),
    *(
        "|",
        "\\|",
        "\\",
        "`",
        "``",
        "**",
        "_",
        "~~",
        "#",
        "- ",
        "1. ",
        "$\\frac$",
        "$",
        "\n",
        "\r\n",
        "\n\n# x\n",
        "\n---\n",
    ),
    *(
        "[a](javascript:alert(1))",
        "![](https://a.org/x.png)",
        "<https://a.org>",
        "[x]: https://a.org",
        "\x1b[2J",
        "\x00",
    ),
    *("\u202e", "\ufffe", "\u2028", "日本語", "عربي", "_leading", "fill: #1b1b1b"),
)


def eval_run(name: str = "base", **values: Any) -> EvalRun:
    given: dict[str, Any] = {
        "benchmark": "drb",
        "writer": "redraft",
        "settings": {"preset": "quick", "rounds": None},
        "made_with": {"redraft": "0.1.0", "prompts": {"draft": "abc"}, "model": "a-model", "seeds": [3]},
        "created_at": BEGUN,
    }
    return EvalRun(name=name, **given | values)


def task(number: int, **values: Any) -> EvalTask:
    """Odd ones are Chinese, all on one topic, done for 1,000 tokens and 10 seconds each."""
    given: dict[str, Any] = {
        "eval_run_id": 0,
        "number": number,
        "task_id": f"t{number}",
        "prompt": "Why?",
        "language": LANGUAGES[number % 2],
        "topic": "trams",
        "state": "done",
        "article": "Text.",
        "tokens": 1000,
        "seconds": 10.0,
    }
    return EvalTask(**given | values)


def scored(name: str, measures: Mapping[str, Sequence[float | None]], **values: Any) -> Scored:
    """Each measure's values are those of the tasks t0, t1, … or of others called so."""
    count = max(len(of) for of in measures.values())
    called = values.pop("called", "t")
    rows = {f"{called}{n}": {measure: of[n] for measure, of in measures.items()} for n in range(count)}
    failed = values.pop("failed", ())
    return Scored(system=System(name=name, tasks=rows, failed=failed), **values)


def subject(name: str, protocols: Mapping[str, Scored], tasks: int = 4, **values: Any) -> Subject:
    """An evaluation run."""
    rows = values.pop("rows", [task(number) for number in range(tasks)])
    return Subject(name=name, benchmark="drb", scored=protocols, eval_run=eval_run(name, **values), tasks=rows)


def in_file(name: str, protocols: Mapping[str, Scored]) -> Subject:
    return Subject(name=name, benchmark="", scored=protocols)


def raced(name: str, *overall: float | None, **values: Any) -> Subject:
    """Scored by a judge, by one measure."""
    one = scored(name, {"overall": overall}, **{"label": "gated", "stamp": {"judge": {"model": "j"}}, **values})
    return subject(name, {"race": one}, tasks=len(overall))


def problem(task_id: str, why: str, repeat: int = 0) -> Score:
    return Score(scoring_id=0, task_id=task_id, repeat=repeat, measure="overall", problem=why)


ANY_TEXT = st.text() | st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), min_size=1, max_size=8).map("".join)


@st.composite
def hostile(draw: st.DrawFn) -> list[Subject]:
    """Two systems in which every name, reason and setting may be anything."""
    return [_hostile(draw, name) for name in draw(st.lists(ANY_TEXT, min_size=2, max_size=2, unique=True))]


def _hostile(draw: st.DrawFn, name: str) -> Subject:
    text = draw(ANY_TEXT)
    one = scored(name, {draw(ANY_TEXT): [1.0, 2.0], "overall": [2.0, 2.5]}, label="ungated", stamp={text: text})
    rows = [
        task(0, language=draw(ANY_TEXT), topic=draw(ANY_TEXT)),
        task(1, state="failed", failure=draw(ANY_TEXT), language=draw(ANY_TEXT)),
    ]
    about: dict[str, Any] = {
        "settings": {text: draw(ANY_TEXT)},
        "made_with": {draw(ANY_TEXT): {text: text}, "model": text},
    }
    return subject(name, {draw(ANY_TEXT): one}, rows=rows, writer=draw(ANY_TEXT), **about)
