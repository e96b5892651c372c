"""A database that is away, or has no room: a page or a problem document that says so, and no fault of ours."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from classroom import outages
from classroom.models import Membership, User

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def gone(*_: Any) -> None:
    raise OperationalError("the server closed the connection unexpectedly\n\tThis probably means …")


@pytest.fixture
def client(student: Membership, client_of: Callable[[User], Client]) -> Client:
    client = client_of(student.user)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("path", ["/", "/c/ours/", "/c/ours/lessons/data-rules-everything/by-hand/"])
def test_a_page_says_to_try_again(client: Client, path: str) -> None:
    with connection.execute_wrapper(gone):
        answer = client.get(path)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "3"
    assert "Wait a few seconds" in answer.text
    # The address that was asked for, with all that it asked.
    assert '<a class="button" href="">Try again</a>' in answer.text


def test_who_sent_something_without_scripts_is_not_led_to_where_it_was_sent(client: Client) -> None:
    with connection.execute_wrapper(gone):
        answer = client.post("/c/ours/lessons/data-rules-everything/activities/by-hand/check/")

    assert answer.status_code == 503
    assert "Try again" not in answer.text


def test_the_api_answers_with_a_problem_document(client: Client) -> None:
    with connection.execute_wrapper(gone):
        answer = client.get("/api/v1/me/")

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503


def test_the_log_tells_what_the_database_refused(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with connection.execute_wrapper(gone), caplog.at_level(logging.ERROR, logger="classroom.outages"):
        client.get("/")

    assert "The database refused: the server closed the connection unexpectedly" in caplog.text


def test_readyz_knows_a_disk_that_a_write_found_full(monkeypatch: pytest.MonkeyPatch) -> None:
    full = OperationalError("database or disk is full")
    full.__cause__ = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr(outages, "_full_at", float("-inf"))
    assert Client().get("/readyz").status_code == 200

    outages.note(full)

    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "full"}
