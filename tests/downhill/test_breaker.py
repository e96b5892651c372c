"""The guard of a database that is away."""

from __future__ import annotations

import pytest

from downhill.postgresql import base

pytestmark = pytest.mark.pure


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(base.time, "monotonic", lambda: now[0])
    return now


def test_all_may_try_while_it_works(clock: list[float]) -> None:
    breaker = base.Breaker()

    assert [breaker.may_try() for _ in range(3)] == [True, True, True]


def test_one_at_a_time_finds_out_whether_it_is_back(clock: list[float]) -> None:
    breaker = base.Breaker()
    breaker.may_try()
    breaker.failed()

    assert not breaker.may_try()
    clock[0] += base.TRY_EVERY
    assert breaker.may_try()
    assert not breaker.may_try()
    breaker.worked()
    assert breaker.may_try()


def test_a_try_that_never_ends_keeps_nobody_out_for_long(clock: list[float]) -> None:
    breaker = base.Breaker()
    breaker.may_try()
    breaker.failed()
    clock[0] += base.TRY_EVERY
    breaker.may_try()

    clock[0] += base.TRY_TAKES
    assert breaker.may_try()
