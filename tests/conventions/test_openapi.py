"""The API describes itself, validly, and its docs need no other host."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import call_command
from django.test import Client

from tests.conventions import matrix, words


@pytest.fixture
def schema(db: None) -> dict:
    return json.loads(Client().get("/api/schema/?format=json").content)


def test_the_schema_is_valid_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True)

    assert capsys.readouterr().out.startswith("openapi: 3.1.0")


def test_the_schema_names_every_call(schema: dict) -> None:
    calls = {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", pattern) for _name, pattern in matrix.addresses()}

    assert set(schema["paths"]) == {call for call in calls if call.startswith("/api/v1/")}


@pytest.mark.django_db
def test_the_docs_load_from_this_host_alone() -> None:
    client = Client()

    page = client.get("/api/docs/").content.decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert words.other_hosts(page, set()) == []
    assert words.inline_code(page) == []
    assert len(named) >= 4
    assert [address for address in named if not address.startswith("/")] == []
    assert client.get(next(address for address in named if "script" in address)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/api/docs/", "/nothing/here/"])
def test_every_page_says_that_nothing_may_come_from_elsewhere(address: str) -> None:
    policy = Client().get(address).headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
