"""The Downhills at which many ask at once: one for all races, with people and classes of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Running


@pytest.fixture(scope="package")
def downhill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="package")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Downhill whose worker has gone home, and in which a seal can be taken back for as long as a test takes."""
    with Running(tmp_path_factory.mktemp("idle"), "--no-worker", UNDO_SECONDS="600") as running:
        yield running
