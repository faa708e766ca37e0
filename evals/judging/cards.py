"""Where the cards of judges lie: a file for each stamp, named by its digest."""

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from redraft.evals.judging.gate import Card, Stamp, read
from redraft.store.errors import StoreUnusable


def path_of(folder: Path, stamp: Stamp) -> Path:
    said = json.dumps(stamp.model_dump(mode="json"), sort_keys=True)
    return folder / f"{hashlib.sha256(said.encode()).hexdigest()[:16]}.json"


def find(folder: Path, stamp: Stamp) -> Card | None:
    """The card of a judge, whether it has passed or not; None for one that was never checked.

    Raises `StoreUnusable` for a file that is damaged.
    """
    path = path_of(folder, stamp)
    if not path.exists():
        return None
    try:
        return read(path)
    except ValidationError as error:
        message = f"{path} is no card of a judge: remove it, and check the judge again"
        raise StoreUnusable(message) from error


def keep(folder: Path, card: Card) -> Path:
    """In the place of the one that stands there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, card.stamp)
    card.write(path)
    return path
