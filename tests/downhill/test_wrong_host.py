"""A host name that is not ours gets a sentence that helps."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from downhill import errors

pytestmark = pytest.mark.django_db
ALONE = ["localhost", "127.0.0.1"]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    errors._log_wrong_host.cache_clear()


def asked(host: str, path: str = "/", **more: str) -> Any:
    return Client(raise_request_exception=False).get(path, HTTP_HOST=host, **more)


def test_a_laptop_that_serves_itself_says_how_to_serve_a_room(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ALONE

    answer = asked("192.168.1.20:8000")

    assert answer.status_code == 400
    assert "not under the name “192.168.1.20”" in answer.content.decode()
    assert "LAN=1 make run" in answer.content.decode()


def test_a_laptop_in_a_room_says_its_address(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.ROOM_URL = [*ALONE, "192.168.1.20"], "http://192.168.1.20:8000"

    assert "Open http://192.168.1.20:8000 instead." in asked("elsewhere.test").content.decode()


def test_a_server_names_none_of_its_hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["class.test", "inside.test"]

    page = asked("<b>elsewhere</b>").content.decode()

    assert "ALLOWED_HOSTS" in page
    assert "class.test" not in page
    assert "inside.test" not in page
    assert "<b>elsewhere" not in page


def test_the_api_answers_in_its_own_form(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]

    answer = asked("elsewhere.test", "/api/v1/me/")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Wrong address"


def test_the_log_names_it_once_and_all_that_are_allowed(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]

    with caplog.at_level(logging.WARNING, "downhill.errors"):
        for host in ("elsewhere.test", "elsewhere.test", "x" * 500):
            asked(host)

    assert [record.getMessage() for record in caplog.records] == [
        "Refused the host name 'elsewhere.test'. Allowed: class.test.",
        f"Refused the host name '{'x' * 80}'. Allowed: class.test.",
    ]


def test_the_health_check_of_a_container_fills_no_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.ALLOWED_HOSTS = ["class.test"]

    assert asked("127.0.0.1:8000", "/healthz").status_code == 400
    assert caplog.records == []
