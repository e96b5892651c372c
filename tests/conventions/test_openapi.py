"""The API describes itself, validly, and its docs need no other host."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from classroom.models import Membership
from experiments import registry
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


def test_every_call_says_how_it_refuses(schema: dict) -> None:
    calls = {f"{method} {path}": call for path, by in schema["paths"].items() for method, call in by.items()}
    refusals = {
        f"{call} {status}": list(answer["content"].items())
        for call, said in calls.items()
        for status, answer in said["responses"].items()
        if int(status) >= 400
    }
    problem = [("application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}})]

    assert len(calls) >= 20
    assert [name for name, content in refusals.items() if content != problem] == []
    for call, said in calls.items():
        expected = {"503"} | ({"400", "413", "415"} if call.startswith("post") else set())
        expected |= {"401"} if call != "post /api/v1/token/" else {"403", "429"}
        expected |= {"404"} if "{" in call else set()
        assert expected <= set(said["responses"]), call


def test_the_kinds_of_run_are_named_in_the_schema(schema: dict) -> None:
    components = schema["components"]["schemas"]

    assert components["KindEnum"]["enum"] == list(registry.names())
    for name in ("RunWish", "RunAnswer"):
        assert "#/components/schemas/KindEnum" in str(components[name]["properties"]["kind"])


def test_what_no_call_can_say_is_refused_as_the_schema_says(student: Membership, api_of: Any) -> None:
    answer = api_of(student.user).get("/api/v1/me/", HTTP_ACCEPT="text/html")

    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/problem+json"


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
