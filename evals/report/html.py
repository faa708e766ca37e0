"""A report on an evaluation as one HTML file that needs nothing else: no script, no font, no network."""

from base64 import b64encode
from collections.abc import Callable
from importlib.resources import files

from markupsafe import Markup

from redraft.agent.export.templates import templates
from redraft.evals.report import plots
from redraft.evals.report.document import Document, Plot


def html(document: Document, draw: Callable[[Plot], str] = plots.svg) -> str:
    """As a document of HTML5. Equal documents give equal bytes. `draw`: makes the SVG of a plot.

    Whatever stands in names and reasons shows as text. The plots are images within the page, so that nothing in them
    reaches it, and a Content-Security-Policy keeps a browser from running or fetching anything all the same.
    """

    def embedded(plot: Plot) -> str:
        """The plot as a `data:` URL (RFC 2397)."""
        return f"data:image/svg+xml;base64,{b64encode(draw(plot).encode()).decode()}"

    style = Markup((files(__package__) / "page.css").read_text("utf-8"))  # noqa: S704  # our own
    return templates(__package__).get_template("page.html").render(document=document, style=style, embedded=embedded)
