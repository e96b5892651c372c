"""The door of a real Downhill: a class that comes at once, and two clients behind one proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlencode

import pytest

from tests.running import Running

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.services]

N = 36
PASSWORD = "three plain words"
STUDENT = f"""
from classroom.models import User
User.objects.create_user("sam", "{PASSWORD}", display_name="Sam")
"""
JOINED = """
from classroom.models import Membership
print(Membership.objects.filter(user__username__startswith="nora").count())
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("doors"), TRUST_PROXY="1") as downhill:
        downhill.ask(STUDENT)
        yield downhill


def ask(running: Running, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    told = answer.status, answer.headers.get("Location", ""), answer.read().decode()
    connection.close()
    return told


def log_in(running: Running, client: str, password: str) -> int:
    """Ask for a token as a proxy hands it on; the client has written an address of its own in front."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": f"192.0.2.{len(password)}, {client}"}
    return ask(running, "POST", "/api/v1/token/", json.dumps({"username": "sam", "password": password}), **headers)[0]


def test_ten_wrong_passwords_of_one_client_lock_neither_another_nor_the_right_person(running: Running) -> None:
    wrong = [log_in(running, "203.0.113.7", "wrong" + n * "!") for n in range(10)]
    locked, right = log_in(running, "203.0.113.7", PASSWORD), log_in(running, "198.51.100.9", PASSWORD)

    assert wrong == [400] * 9 + [429]
    assert (locked, right) == (429, 200)


def test_a_class_that_joins_at_once_gets_in_whole_and_every_answer_is_true(running: Running) -> None:
    token = "c" * 32
    together = Barrier(N)

    def join(n: int) -> tuple[int, str]:
        sent = {"username": f"nora{n}", "display_name": f"Nora {n}", "password": PASSWORD, "csrfmiddlewaretoken": token}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
        together.wait()
        return ask(running, "POST", "/join/DEMO-2026", urlencode(sent), **headers)[:2]

    with ThreadPoolExecutor(N) as phones:
        answers = list(phones.map(join, range(N)))
        # A phone whose answer was lost sends it once more.
        again = list(phones.map(join, range(N)))

    assert answers == [(302, "/c/demo/")] * N
    assert again == answers
    assert running.ask(JOINED).strip() == str(N)
