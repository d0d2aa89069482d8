"""A sync with the target in memory, for each test anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.syncing import Syncing


@pytest.fixture
def syncing(tmp_path: Path) -> Iterator[Syncing]:
    it = Syncing(tmp_path)
    yield it
    it.state.close()
