"""Which sources a run may use by their date."""

from datetime import date

from redraft.agent.events import Emit, TooOld
from redraft.store import runs
from redraft.store.database import Database
from redraft.tools.search.canonical import canonical
from redraft.tools.search.hits import older


class Recency:
    """What a run's settings say of the age of its sources. Each that is left out for it is announced once."""

    def __init__(self, database: Database, run_id: str, emit: Emit) -> None:
        self._database = database
        self._run_id = run_id
        self._emit = emit
        self._told: set[str] = set()
        since = runs.get(database, run_id).settings.get("since")
        self.since = date.fromisoformat(since) if since else None
        """The first day that is not too old; None where every day will do."""

    def admits(self, url: str, day: str | None) -> bool:
        """Whether a source may be used: one without a date may."""
        if not day or not older(day, self.since):
            return True
        key = canonical(url)
        if key not in self._told and key not in self._announced():
            self._emit(TooOld(url=url, date=day))
        self._told.add(key)
        return False

    def _announced(self) -> set[str]:
        """By anybody, in this process or before."""
        rows = runs.events(self._database, self._run_id, kind=TooOld.__name__)
        return {canonical(row.data["url"]) for row in rows}
