import pytest

from redraft.tools.extract.html import LARGE, read_html

SENTENCE = "The light rail in Bergen opened in 2010 and carries forty thousand passengers on a working day. "
URL = "https://www.example.org/a/b.html"


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>Trams</title>{head}</head><body>{body}</body></html>"


SPHINX = page(
    """<div class="related" role="navigation"><a href="genindex.html">index</a></div>
<div class="body" role="main"><section id="m"><h1>trams — Rails<a class="headerlink" href="#m" title="Link">¶</a></h1>
<p>It runs\n   trams.</p><div class="toctree-wrapper"><ul><li><a href="sub.html">Sub page</a></li></ul></div>
<dl class="py function"><dt class="sig">trams.<b>run</b>(<em>line</em>, <em>*args</em>)
<a class="headerlink" href="#r">¶</a></dt><dd><p>Runs a line. See <a href="x.html">the timetable</a>.</p>
<div class="highlight">
<pre><span></span><span class="gp">&gt;&gt;&gt; </span><span>run</span>(1)
<span class="go">ding</span>
</pre></div></dd></dl>
<table class="docutils"><thead><tr><th>Line</th><th>Stops</th></tr></thead>
<tbody><tr><td><p>1</p></td><td><p>27</p></td></tr>
</tbody></table></section></div><div class="sphinxsidebar" role="navigation"><h3>Contents</h3></div>""",
    '<meta name="generator" content="Docutils 0.19">',
)
DOCBOOK = page(
    """<div class="navheader"><table><tr><th>Part I</th></tr></table></div><div class="sect1">
<div class="titlepage"><div><div><h2 class="title">3.5. Rails</h2></div></div></div><p>They run
    on <span class="quote">“rails”</span>.</p>
<pre class="screen">
 line | stops
------+-------
    1 |    27
</pre><div class="variablelist"><dl><dt><code>gauge</code></dt><dd><p>The width.</p></dd></dl></div>
</div><div class="navfooter"><a href="n.html">Next</a></div>""",
    '<meta name="generator" content="DocBook XSL Stylesheets Vsnapshot">',
)
JAVADOC = page(
    """<header role="banner"><nav><ul><li>Overview</li></ul></nav></header><main role="main">
<div class="header"><h1 title="Class Tram">Class Tram</h1></div><section class="method-details"><h2>Method Details</h2>
<h3>ring</h3><div class="member-signature">public void ring(int times)</div><div class="block">Rings the bell.</div>
<dl class="notes"><dt>Parameters:</dt><dd><code>times</code> - how often</dd></dl></section></main>
<footer role="contentinfo">Copyright</footer>""",
    '<meta name="generator" content="javadoc/17">',
)


SPHINX_TEXT = """# trams — Rails

It runs trams.

- Sub page

trams.run(line, *args)

Runs a line. See the timetable.

```
>>> run(1)
ding
```

| Line | Stops |
| ---- | ----- |
| 1    | 27    |"""
DOCBOOK_TEXT = """## 3.5. Rails

They run on “rails”.

```
 line | stops
------+-------
    1 |    27
```

`gauge`

The width."""
JAVADOC_TEXT = """# Class Tram

## Method Details

### ring

public void ring(int times)

Rings the bell.

Parameters:

`times` - how often"""


@pytest.mark.parametrize(("html", "text"), [(SPHINX, SPHINX_TEXT), (DOCBOOK, DOCBOOK_TEXT), (JAVADOC, JAVADOC_TEXT)])
def test_documentation_keeps_headings_code_definitions_and_tables(html: str, text: str) -> None:
    assert read_html(html).text == text


def test_links_behind_headings_mark_documentation_too() -> None:
    assert read_html(SPHINX.replace("generator", "x")).text == SPHINX_TEXT


def test_a_table_of_contents_counts_only_where_there_is_little_else() -> None:
    contents = '<div class="toctree-wrapper"><ul><li><a href="sub.html">Sub page</a></li></ul></div>'

    assert "Sub page" not in read_html(SPHINX.replace(contents, f"{contents}<p>{SENTENCE * 3}</p>")).text


def test_code_in_an_article_keeps_its_lines() -> None:
    code = '<pre class="screen">first line\n  second <span class="k">line</span>\nthird line</pre>'

    text = read_html(page(f"<article><h1>Rails</h1><p>{SENTENCE * 4}</p>{code}<p>{SENTENCE * 4}</p></article>")).text

    assert "```\nfirst line\n  second line\nthird line\n```" in text


def test_what_no_reader_sees_is_not_read() -> None:
    unseen = (
        '<p style="display: none">hidden words</p><p hidden>hidden words</p>'
        '<p style="VISIBILITY:hidden">hidden words</p>'
        "<template>hidden words</template><!-- hidden words -->"
    )

    for quick in (False, True):
        text = read_html(
            page(f"<article><p>{SENTENCE * 4}</p>{unseen}<p>zero\u200bwidth &#x202e;mark&#1;</p></article>"),
            quick=quick,
        )
        assert "light rail" in text.text
        assert "hidden words" not in text.text
        assert not {"\u200b", "\u202e", "\x01"} & set(text.text)


def test_a_page_says_who_wrote_and_published_it_and_when() -> None:
    head = (
        '<meta property="og:site_name" content="City Post"><meta name="author" content="Ada Berg">'
        '<meta property="article:published_time" content="2023-05-04T10:00:00Z">'
        '<meta property="article:modified_time" content="2024-01-01T10:00:00Z">'
    )

    content = read_html(page(f"<article><h1>Trams in Bergen</h1><p>{SENTENCE * 4}</p></article>", head), URL)

    assert (content.title, content.site) == ("Trams in Bergen", "City Post")
    assert (content.author, content.date) == ("Ada Berg", "2023-05-04")


def test_a_page_that_names_no_site_is_its_hosts() -> None:
    assert read_html(page(f"<p>{SENTENCE}</p>"), URL).site == "example.org"
    assert read_html(page(f"<p>{SENTENCE}</p>")).site is None
    publisher = '<meta property="article:publisher" content="https://social.example/citypost">'
    assert read_html(page(f"<p>{SENTENCE}</p>", publisher), URL).site == "example.org"


def test_the_quick_way_keeps_text_headings_title_and_links() -> None:
    html = page(f"<nav><a href=/>Home</a></nav><main><h2>Costs</h2><p>{SENTENCE * 9}</p><a href=c.html>More</a></main>")

    content = read_html(html, URL, quick=True)

    assert content.text.startswith("## Costs\n\nThe light rail")
    assert content.title == "Costs"
    assert [link.url for link in content.links] == ["https://www.example.org/a/c.html"]


def test_large_pages_and_deeply_nested_ones_are_read() -> None:
    large = page("".join(f"<p>{number} {SENTENCE}</p>" for number in range(LARGE // len(SENTENCE))))
    assert "20000 The light rail" in read_html(large).text

    nested = page(f"{'<div>' * 3000}{SENTENCE}{'</div>' * 3000}")
    assert read_html(nested).text == SENTENCE.strip()
