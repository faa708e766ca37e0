"""When a search provider may be asked, for all processes that share the database.

Moments are seconds since the epoch: the wall clock is the one clock that processes share.
"""

from sqlalchemy import case
from sqlmodel import col

from redraft.store.database import Database
from redraft.store.models import Pace


def reserve(database: Database, provider: str, interval: float, *, now: float) -> float | None:
    """Takes the next turn and returns the moment when it comes; None, and no turn, while the provider is closed.

    Turns lie at least `interval` seconds apart, whoever takes them.
    """
    first = database.backend.insert(Pace).values(provider=provider, next_at=now + interval, closed_until=0.0, reason="")
    # One statement reads and writes: no other process can take the same turn in between.
    claim = first.on_conflict_do_update(
        index_elements=["provider"],
        set_={"next_at": case((col(Pace.next_at) > now, col(Pace.next_at)), else_=now) + interval},
        where=col(Pace.closed_until) <= now,
    ).returning(col(Pace.next_at))
    with database.session() as session:
        next_at = session.scalar(claim)
    return None if next_at is None else next_at - interval


def close(database: Database, provider: str, until: float, reason: str) -> None:
    """Lets nobody ask before `until`. Never opens earlier what is closed for longer."""
    first = database.backend.insert(Pace).values(provider=provider, next_at=0.0, closed_until=until, reason=reason)
    closed = first.on_conflict_do_update(
        index_elements=["provider"],
        set_={"closed_until": until, "reason": reason},
        where=col(Pace.closed_until) < until,
    )
    with database.session() as session:
        session.exec(closed)


def pace(database: Database, provider: str) -> Pace | None:
    """How the provider stands; None for one that was never asked."""
    with database.session() as session:
        return session.get(Pace, provider)
