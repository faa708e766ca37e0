"""The door to ranking by meaning: behind it lie packages that only those have who want it."""

from importlib import import_module
from typing import TYPE_CHECKING

from redraft.agent.models import MINILM, find
from redraft.agent.settings import Settings
from redraft.store.database import Database
from redraft.tools.dense import Encoder, load

if TYPE_CHECKING:
    from redraft.agent.meaning import Meaning


def check_meaning(settings: Settings) -> None:
    """Raises what `open_meaning` does, before there is anything to rank."""
    if settings.dense:
        load(find(MINILM, settings.folders.cache))


def open_meaning(settings: Settings, database: Database, encoder: Encoder | None = None) -> "Meaning | None":
    """None where the settings do not ask for it. Without an `encoder`, the model that was pulled is used.

    Raises `EngineMissing` for a model, and `Misconfigured` for packages, that are not there, and says how to get them.
    """
    if not settings.dense:
        return None
    encoder = encoder or load(find(MINILM, settings.folders.cache))
    meaning: Meaning = import_module("redraft.agent.meaning").Meaning(database, encoder)
    return meaning
