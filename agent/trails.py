"""How a run came to each page it opened."""

from collections.abc import Sequence

from redraft.store.pages import Visited
from redraft.tools.explore import Trail
from redraft.tools.search.canonical import canonical
from redraft.tools.types import Link


def trails(visited: Sequence[Visited]) -> dict[str, Trail]:
    """The trail of every page of a run, by the key of its address."""
    made: dict[str, Trail] = {}
    parents = {entry.source.url: entry for entry in visited if entry.source is not None}
    for entry in visited:
        key, parent = entry.visit.url_key, parents.get(entry.visit.via)
        # A page comes after the one that links to it: that one's trail is there.
        if entry.visit.depth == 0 or parent is None:
            made[key] = Trail(entry.fetch.url)
        else:
            made[key] = made[parent.visit.url_key].then(_link(parent, key))
    return made


def _link(parent: Visited, url_key: str) -> Link:
    return next(Link(url=url, text=text) for url, text in parent.fetch.links if canonical(url) == url_key)
