from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from redraft.evals.judging.cache import Cache


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with closing(Cache(tmp_path / "judge.db")) as cache:
        yield cache
