"""Behind a proxy: two clients of one Downhill, told apart by what the proxy says of them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.running import Running

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.services]

PASSWORD = "three plain words"
STUDENT = f"""
from classroom.models import User
User.objects.create_user("sam", "{PASSWORD}", display_name="Sam")
"""


def ask(running: Running, client: str, password: str) -> int:
    """Ask for a token as a proxy hands it on; the client has written an address of its own in front."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=30)
    headers = {"Content-Type": "application/json", "X-Forwarded-For": f"192.0.2.{len(password)}, {client}"}
    connection.request("POST", "/api/v1/token/", json.dumps({"username": "sam", "password": password}), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_ten_wrong_passwords_of_one_client_lock_neither_another_nor_the_right_person(tmp_path: Path) -> None:
    with Running(tmp_path, TRUST_PROXY="1") as running:
        running.ask(STUDENT)

        wrong = [ask(running, "203.0.113.7", "wrong" + n * "!") for n in range(10)]
        locked, right = ask(running, "203.0.113.7", PASSWORD), ask(running, "198.51.100.9", PASSWORD)

    assert wrong == [400] * 9 + [429]
    assert (locked, right) == (429, 200)
