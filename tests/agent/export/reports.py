"""Reports to export, and reports as a hostile page would have them."""

from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from redraft.agent.changes import Change, Changes, Group
from redraft.agent.citations import mark, resolve
from redraft.agent.errors import UserError
from redraft.agent.export import check_available
from redraft.agent.render import Part, Report, assemble
from redraft.prompts.labels import labels
from redraft.store.models import Dispute, Run, Source
from redraft.tests.rows import exhibit, section, source, version
from redraft.tests.texts import FRAGMENTS

WRITTEN = datetime(2025, 3, 9, 7, 30, tzinfo=UTC)
MARKUP = [
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<style>*{}</style>",
        "</title>",
        "</style>",
        "</p>",
    ),
    *(
        "<a href='javascript:alert(1)'>",
        '" onload="',
        "' onload='",
        "<!--",
        "-->",
        "<svg/onload=alert(1)>",
        "]]>",
        "<?",
    ),
    *("&#60;script&#62;", "&lt;b&gt;", "&#x202e;", "&", "[a](javascript:alert(1))", "![](https://a.org/x.png)", "\\"),
    *(
        "<https://a.org>",
        "[1]: javascript:alert(1)",
        "[x]: https://a.org",
        "{{ 7 * 7 }}",
        "{% include 'x' %}",
        "\x1b]0;",
    ),
    *(
        "\x00",
        "\x0b",
        "\x1b[2J",
        "\u202e",
        "\ufffe",
        "\U000e0041",
        "--",
        "==",
        "\n--\n",
        "\n\n    ",
        "\n```html\n",
        "~~~",
    ),
    *("\n| a | b |\n|:--|--:|\n| c | d |\n", "عربي", "日本語"),
]
ANY_TEXT = st.text() | st.lists(st.sampled_from([*FRAGMENTS, *MARKUP]) | st.text(max_size=3), max_size=30).map("".join)
ADDRESSES = st.sampled_from(
    [
        *("https://a.org/?x=1&y=2", "HTTP://a.org/<b>", "file:///a%20b.md", "javascript:alert(1)", "data:text/html,x"),
        *(" javascript:alert(1)", "java\tscript:alert(1)", "//a.org", "https://a.org/' onclick='x", 'https://a.org/"x'),
    ]
)


def run(language: str | None = "en") -> Run:
    settings = {"language": language} if language else {}
    run = Run(id="0a1b2c3d", question="How do trams run?", status="done", settings=settings, created_at=WRITTEN)
    run.finished_at = WRITTEN
    return run


def report(
    *texts: str, language: str = "en", title: str = "Ways to travel", disputed: bool = False, updated: bool = False
) -> Report:
    """Sections with these texts, numbered from 0, on trams (evidence 1 and 3) and buses (evidence 2)."""
    trams, buses = source(1, title="Trams"), source(2, title="Buses")
    exhibits = [exhibit(1, of=trams), exhibit(2, "Buses need no rails.", of=buses), exhibit(3, "Trams stop.", of=trams)]
    parts = [Part(section(str(n), title=f"Part {n}"), version(text)) for n, text in enumerate(texts)]
    one, other = "There are 2 [e3].", "There are none [e2]."
    dispute = Dispute(run_id="0a1b2c3d", number=1, section="0", topic="rails", one=one, other=other)
    added, changed = Group((Change(new="Trams stop [e3]."),), 2), Group((Change("They ran [e1].", "Trams run [e1]."),))
    changes = Changes("2025-03-02", (trams,), added, changed) if updated else None
    return assemble(title, parts, exhibits, [], ["Written offline."], labels(language), [dispute] * disputed, changes)


@st.composite
def hostile(draw: st.DrawFn) -> Report:
    """A report in which all that comes from a model, a page or a user may be anything."""
    sources = [_source(n, draw(ANY_TEXT), draw(ANY_TEXT), draw(ADDRESSES)) for n in (1, 2)]
    exhibits = [exhibit(n, draw(ANY_TEXT), of=draw(st.sampled_from(sources))) for n in (1, 2, 3)]
    texts = [_cited(draw) for _ in range(draw(st.integers(1, 8)))]
    parts = [Part(section(str(n), title=draw(ANY_TEXT)), version(text)) for n, text in enumerate(texts)]
    dispute = Dispute(run_id="run", number=1, section="0", topic=draw(ANY_TEXT), one=_cited(draw), other=_cited(draw))
    changes = Changes("2025-03-02", tuple(sources), changed=Group((Change(_cited(draw), _cited(draw)),), 1))
    language = draw(st.sampled_from(["en", "ar", "zh"]))
    return assemble(
        draw(ANY_TEXT),
        parts,
        exhibits,
        [],
        [draw(ANY_TEXT)],
        labels(language),
        [dispute],
        draw(st.none() | st.just(changes)),
    )


def _source(number: int, title: str, site: str, url: str) -> Source:
    made = source(number, title=title, site=site)
    made.url = url
    return made


def _cited(draw: st.DrawFn) -> str:
    ids = sorted(draw(st.sets(st.integers(1, 3))))
    return resolve(f"{draw(ANY_TEXT)} {mark(ids)}", range(1, 4)).text


def _lacking() -> str | None:
    """What this machine needs before it can make a PDF."""
    try:
        check_available("pdf")
    except UserError as error:
        return f"NOT TESTED: PDF. {error}"
    return None


PRINTS = pytest.mark.skipif((lacking := _lacking()) is not None, reason=lacking or "")
"""For a test that makes a PDF."""
