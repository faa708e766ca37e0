"""When the rounds end: on what was found, never on what a model thinks of its own report. Pure functions."""

from collections.abc import Sequence
from enum import StrEnum

from redraft.agent.settings import Settings
from redraft.store.models import Gap, Round

CLOSING_SHARE = 0.3
"""Of the tokens that a run may take, those kept for verifying, polishing, summary and conclusion. In whole runs with a
scripted model these took between a fifth and a quarter of all."""
DRY_ROUNDS = 2


class Reason(StrEnum):
    """Why the rounds ended."""

    OFF = "off"
    """There were to be none."""
    ROUNDS = "rounds"
    """As many as were allowed are done."""
    TOKENS = "tokens"
    """Another wave could take what closing the report needs."""
    DRY = "dry"
    """The last ones found nothing new."""
    COMPLETE = "complete"
    """Nothing of high priority is open, the report as a whole was asked for what it lacks, and nothing was found, while
    no round of that wave changed anything."""


def round_limit(settings: Settings) -> int:
    """Rounds that a run may have: none where they could change nothing."""
    return settings.size.rounds if settings.deepen or settings.denoise else 0


def reason_to_stop(
    done: Sequence[Round], gaps: Sequence[Gap], *, limit: int, spent: int, budget: int | None
) -> Reason | None:
    """None while another wave may begin. `done`: all rounds so far; `spent`: tokens of the whole run so far.

    A round that failed says nothing about the report: it counts against the limit, and is neither dry nor a sign that
    nothing is lacking.
    """
    if limit == 0:
        return Reason.OFF
    if len(done) >= limit:
        return Reason.ROUNDS
    if budget is not None and spent + _next_wave(done, spent) > (1 - CLOSING_SHARE) * budget:
        return Reason.TOKENS
    if done and _complete(done, gaps):
        return Reason.COMPLETE
    return Reason.DRY if _dry(done) else None


def _next_wave(done: Sequence[Round], spent: int) -> int:
    """What a wave is likely to take: as much as the waves did so far on average, everything before them included."""
    return spent // max(1, max((row.wave for row in done), default=0))


def _last_wave(done: Sequence[Round]) -> list[Round]:
    return [row for row in done if row.wave == done[-1].wave]


def _complete(done: Sequence[Round], gaps: Sequence[Gap]) -> bool:
    urgent = any(gap.state == "open" and gap.priority == "high" for gap in gaps)
    asked_of_all = [row for row in _last_wave(done) if not row.focus]
    nothing_lacking = any(row.outcome == "dry" and row.gap_id is None for row in asked_of_all)
    return nothing_lacking and not urgent and all(row.outcome != "accepted" for row in _last_wave(done))


def _dry(done: Sequence[Round]) -> bool:
    """The last two, and where more went side by side, all of these."""
    last = max(DRY_ROUNDS, len(_last_wave(done)) if done else 0)
    return len(done) >= last and all(row.outcome == "dry" for row in done[-last:])
