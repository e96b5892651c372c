"""One core for each computation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types


@contextmanager
def one_core() -> Iterator[None]:
    """Keep linear algebra on one thread, so that sums are added up in the same order on every machine.

    The matrices are small, too: several threads wait for each other far longer than they compute, all the more where
    several workers share the cores.
    """
    with threadpool_limits(1):
        yield
