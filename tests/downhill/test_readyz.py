"""Is Downhill alive, and what of it is not?"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.services


def test_healthz_says_that_the_process_lives_and_asks_no_database() -> None:
    answer = Client().get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_is_ready_without_a_worker_and_says_so() -> None:
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"
    assert answer.json()["broker"] in ("ok", "degraded")
    assert answer.json()["worker"] in ("ok", "degraded")


@pytest.mark.django_db
def test_readyz_refuses_only_when_the_database_is_gone() -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(gone):
        answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": "gone"}
