"""One code at several log-ins at once: it lets in one of them."""

from __future__ import annotations

import pytest

from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

LOG_IN_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from classroom.models import User
from tests.steps import code_of, recovery_codes_of, with_app

person = User.objects.create_user("racer", "four quite plain words", display_name="Racer")
secret = with_app(person)
STEP = "/accounts/second-step/log-in/"

def at_the_step(_n):
    client = Client(SERVER_NAME="localhost")
    client.post("/accounts/login/", {"login": "racer", "password": "four quite plain words"})
    return client

def try_code(pair):
    client, code = pair
    try:
        client.post(STEP, {"code": code})
        return client.get("/accounts/").status_code == 200
    finally:
        connection.close()

for code in (code_of(secret), recovery_codes_of(person)[0]):
    waiting = [at_the_step(n) for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        print("IN", list(threads.map(try_code, [(client, code) for client in waiting])).count(True))

waiting = [at_the_step(n) for n in range(16)]
with ThreadPoolExecutor(8) as threads:
    list(threads.map(try_code, [(client, "000000") for client in waiting]))
print("AFTER WRONG ONES", try_code((at_the_step(0), code_of(secret, 1))))
"""


def test_a_code_lets_one_in_and_wrong_ones_are_all_counted(downhill: Running) -> None:
    assert downhill.ask(LOG_IN_AT_ONCE).split("\n")[-4:-1] == ["IN 1", "IN 1", "AFTER WRONG ONES False"]
