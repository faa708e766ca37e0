"""What may be asked for: addresses that the world has named, never one that a model made up."""

from collections.abc import Callable, Iterable

from redraft.tools.errors import PageFailed
from redraft.tools.fetch.address import shown


class Listing:
    """Addresses that a search result or a page has listed.

    A page that a model was led to obey can therefore not send anything out by asking for an address with the secret
    in it. `key` gives equal strings for equal pages.
    """

    def __init__(self, key: Callable[[str], str]) -> None:
        self._key = key
        self._listed: dict[str, str] = {}

    def add(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._listed.setdefault(self._key(url), url)

    def check(self, url: str) -> str:
        """The address as it was listed first, which is the one to ask for.

        Another way of writing it may hold what the key leaves out, words in a tracking parameter for example. Raises
        `PageFailed` with `unlisted` for an address that is equal to none that was added.
        """
        listed = self._listed.get(self._key(url))
        if listed is None:
            raise PageFailed(shown(url), "unlisted", "no search result and no page that was read has named it")
        return listed
