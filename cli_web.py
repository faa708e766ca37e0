"""`redraft search` and `redraft fetch`: what a run does with the web, by hand."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redraft.cli_terminal import exit_code, say, say_error

if TYPE_CHECKING:
    from redraft.agent.byhand import Page
    from redraft.tools.search.together import Combined

Offline = Annotated[bool | None, typer.Option("--offline", help="Nothing goes out: answer from what is kept.")]
Library = Annotated[str | None, typer.Option(help="The collection that the provider `library` stands for.")]


def search(
    query: Annotated[str, typer.Argument(help="Words, as for any search engine.", show_default=False)],
    provider: Annotated[
        list[str] | None, typer.Option(help="Whom to ask; may be repeated. `library` and `pages` are at home.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Results to show.")] = 10,
    library: Library = None,
    offline: Offline = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Ask the search providers, and show their results as one list."""
    from redraft.agent.archive import open_database
    from redraft.agent.byhand import search_by_hand
    from redraft.agent.settings import load_settings

    settings = load_settings(search=tuple(provider) if provider else None, library=library, offline=offline)
    combined = asyncio.run(search_by_hand(settings, open_database(settings), query, limit=limit))
    for number, found in enumerate(combined.found[:limit], start=1):
        fields = {"url": found.hit.url, "title": found.hit.title, "snippet": found.hit.snippet, "date": found.hit.date}
        if as_json:
            typer.echo(json.dumps(fields | {"author": found.hit.author, "providers": found.providers}))
        else:
            typer.secho(f"{number}. {found.hit.title}", bold=True)
            typer.echo(f"   {found.hit.url}  ({', '.join(found.providers)})\n   {found.hit.snippet}")
    _tell_outcomes(combined)


def _tell_outcomes(combined: "Combined") -> None:
    """Who failed and who found nothing is always said; with no result and no answer at all, it is an error."""
    for outcome in combined.outcomes:
        if outcome.failure is not None:
            say_error(str(outcome.failure))
        elif not outcome.hits:
            say(f"{outcome.provider} found nothing{': ' + outcome.note if outcome.note else ''}")
    failures = [outcome.failure for outcome in combined.outcomes if outcome.failure is not None]
    if failures and len(failures) == len(combined.outcomes):
        raise typer.Exit(exit_code(failures[0]))


def fetch(
    url: Annotated[str, typer.Argument(help="The page's address.", show_default=False)],
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the site even if the page store has it.")] = False,
    offline: Offline = None,
    as_json: Annotated[bool, typer.Option("--json", help="Text, labels and links, or the reason, as JSON.")] = False,
) -> None:
    """Fetch a page as a run does, and print its text. A failure has a reason and an exit code."""
    from redraft.agent.archive import open_database
    from redraft.agent.byhand import fetch_by_hand
    from redraft.agent.settings import load_settings

    settings = load_settings(offline=offline)
    page = asyncio.run(fetch_by_hand(settings, open_database(settings), url, refresh=refresh))
    if as_json:
        typer.echo(json.dumps(page.data()))
    elif page.text is not None and page.failure is None:
        _tell_labels(page)
        typer.echo(page.text)
    if page.failure is not None:
        say_error(str(page.failure))
        raise typer.Exit(exit_code(page.failure))


def _tell_labels(page: "Page") -> None:
    labels: dict[str, Any] = page.data()
    for name in ("title", "author", "site", "date", "final_url"):
        if labels[name]:
            say(f"{name.replace('_', ' ')}: {labels[name]}")
    if labels["changed"] is not None:
        say(f"{'changed' if labels['changed'] else 'unchanged'} since {labels['read_before']:.16}")
    if labels["suspicious"]:
        say(f"holds {labels['suspicious']} sentences addressed to software: no model is shown them")
