"""How many pages of the web a run may have read by when: so that what is asked late finds some left."""

from redraft.agent.settings import Settings

SCOPE_SHARE = 0.25
"""Of the pages of a run, those read before there is an outline."""
NEWS_SHARE = 0.5
"""Of the pages of a run that brings a report up to date, those that are known before it begins to be news. The others
are for what its rounds ask. A starting point, not measured."""
FIRST_SHARE = 0.6
"""Of the pages of a run with rounds, those read before its first text. A starting point, not measured."""
INQUIRY_SHARE = 0.5
"""Of the pages that a round brings, those for its own question: the others are for the sections it may add. Likewise
not measured."""


def for_scope(settings: Settings) -> int:
    """Pages before there is an outline."""
    return round(SCOPE_SHARE * settings.size.pages)


def for_news(settings: Settings) -> int:
    """Pages for what was found before the run began: never more than its first text could have had."""
    return int(NEWS_SHARE * settings.size.pages)


def for_sections(settings: Settings, begun: float) -> int:
    """Pages, those from before included, for the sections of a run that has begun so many of its rounds.

    Every round brings an equal share of what the first pass, before any of them, leaves; without rounds it has all.
    What is not used stays for later. Never more than the pages of the run.
    """
    size = settings.size
    rounds = size.rounds if settings.deepen or settings.denoise else 0
    share = FIRST_SHARE + (1 - FIRST_SHARE) * min(1, begun / rounds) if rounds else 1
    return round(share * size.pages)


def for_rounds(settings: Settings, before: int, beginning: int) -> int:
    """Pages, those from before included, for the questions of `beginning` rounds after `before` others."""
    share = INQUIRY_SHARE if settings.deepen and settings.size.deepenings else 1
    return for_sections(settings, before + share * beginning)
