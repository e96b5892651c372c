"""One core for each computation, the test's own as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from experiments.maths.threads import one_core


@pytest.fixture(autouse=True)
def on_one_core() -> Iterator[None]:
    """The plain loops too: threads that fight for busy cores take twenty times as long."""
    with one_core():
        yield
