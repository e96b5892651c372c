"""The web server beside phones that lose the network, a herd at the door and a database that goes away."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import crowd, pupils, services
from tests.running import PROJECT, Running, spare_port, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.services,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]

HALF_A_HEAD = b"POST /api/v1/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HALF_A_BODY = HALF_A_HEAD + b"Content-Length: 1000\r\n\r\n{"
# Twice what a laptop has: of two processes two threads for pages, one for the door and one for probes.
PHONES = 16
# As long as an outage is meant to be measured; a few seconds show the same.
OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "6"))
_CSRF = "c" * 32  # the double-submit check wants the same word twice, whatever it is
FORM = {"Cookie": f"csrftoken={_CSRF}", "Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "correct horse battery"
LOG_INS = """
from django.contrib.auth.hashers import make_password
from classroom import services
from classroom.models import Cohort, User
made = make_password({password!r})
for i in range({n}):
    user = User.objects.create(username=f"known{{i}}", display_name=f"Known {{i}}", password=made)
    services.enrol(user, Cohort.objects.get(slug="demo"))
"""
JOINED = """
from classroom.models import Membership
print("JOINED", *Membership.objects.filter(user__username__startswith="fresh").values_list("user__username", flat=True))
"""


@pytest.fixture(scope="module")
def downhill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("web") / "var", WEB_WORKERS="2") as running:
        yield running


def posted(path: str, **fields: str) -> crowd.Request:
    return ("POST", path, FORM, urlencode({"csrfmiddlewaretoken": _CSRF, **fields}))


@pytest.mark.parametrize("half", [HALF_A_BODY, HALF_A_HEAD], ids=["bodies", "heads"])
def test_half_sent_requests_hold_up_nobody(downhill: Running, half: bytes) -> None:
    token = pupils.enrol(downhill, f"beside{len(half)}", 1)[0]
    with ExitStack() as phones:
        for _ in range(PHONES):
            phone = phones.enter_context(closing(socket.create_connection(("127.0.0.1", downhill.port))))
            phone.sendall(half)
        time.sleep(0.5)
        asked = [
            ("GET", "/healthz", {}, ""),
            ("GET", "/accounts/login/", {}, ""),
            pupils.submission(token, 1, {"w": "1"}),
        ]
        answers = [crowd.one(downhill.url, request) for request in asked]

    assert [answer.status for answer in answers] == [200, 200, 201]
    assert max(answer.seconds for answer in answers) < 1


def test_a_body_that_is_not_read_ends_its_connection(downhill: Running) -> None:
    with closing(socket.create_connection(("127.0.0.1", downhill.port))) as phone:
        phone.sendall(HALF_A_HEAD + b"Content-Length: 5000000\r\n\r\n")
        told = b"".join(iter(lambda: phone.recv(4096), b""))

    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in told.lower()


def test_a_herd_at_the_door_holds_up_nobody_inside(downhill: Running) -> None:
    downhill.ask(LOG_INS.format(password=PASSWORD, n=40))
    inside = pupils.enrol(downhill, "inside", 6)
    trains = {"kind": "tipping_point", "params": {"n_repeats": 20}, "seed": 1}
    key = {"Authorization": f"Token {inside[0]}", "Content-Type": "application/json"}
    assert crowd.one(downhill.url, ("POST", "/api/v1/runs/", key, json.dumps(trains))).status == 202

    joins = [
        [posted("/join/DEMO-2026", display_name=f"Fresh {i}", username=f"fresh{i}", password=PASSWORD)]
        for i in range(36)
    ]
    log_ins = [[posted("/accounts/login/", login=f"known{i}", password=PASSWORD)] for i in range(40)]
    works = [[pupils.submission(token, 1, {"w": str(n)}) for n in range(8)] for token in inside]
    outcome = crowd.send(downhill.url, [*joins, *log_ins, *works])

    joined, logged_in, worked = outcome.answers[:36], outcome.answers[36:76], outcome.answers[76:]
    print(
        f"\nslowest: join {max(a.seconds for a in joined):.2f} s, log-in {max(a.seconds for a in logged_in):.2f} s, "
        f"work {max(a.seconds for a in worked):.2f} s"
    )
    assert Counter(answer.status for answer in worked) == {201: 48}
    assert Counter(answer.status for answer in logged_in) == {302: 40}
    told = {f"fresh{i}" for i, answer in enumerate(joined) if answer.status == 302}
    assert set(downhill.ask(JOINED).split("JOINED")[1].split()) == told
    assert len(told) == 36
    assert max(answer.seconds for answer in worked) < 2


class Steady:
    """Somebody who asks every so often, whatever came of it before."""

    def __init__(self, url: str, request: crowd.Request | None, each: float, token: str = "") -> None:
        self.url, self.request, self.each, self.token = url, request, each, token
        self.answers: list[tuple[float, int, float]] = []
        self.ended = threading.Event()
        self.asking: list[threading.Thread] = []
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self.ended.wait(self.each):
            asking = threading.Thread(target=self._ask)
            asking.start()
            self.asking.append(asking)

    def _ask(self) -> None:
        began = time.monotonic()
        request = self.request or pupils.submission(self.token, 1, {"w": "1"})
        try:
            status = crowd.one(self.url, request).status
        except OSError:
            status = 0
        self.answers.append((began, status, time.monotonic() - began))

    def __enter__(self) -> Steady:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()
        for asking in self.asking:
            asking.join()

    def between(self, begin: float, end: float) -> list[tuple[float, int, float]]:
        return [answer for answer in self.answers if begin <= answer[0] < end]


@pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="stops PostgreSQL: make test-services")
@services.needed
def test_a_database_that_goes_away_is_told_at_once_and_missed_no_longer(tmp_path: Path) -> None:
    with (
        services.Services(tmp_path / "services") as own,
        Running(tmp_path / "var", "--no-worker", WEB_WORKERS="2", **own.environment) as running,
    ):
        token = pupils.enrol(running, "steady", 1)[0]
        crowd.one(running.url, ("GET", "/readyz", {}, ""))
        with (
            Steady(running.url, ("GET", "/healthz", {}, ""), 0.1) as healthz,
            Steady(running.url, ("GET", "/readyz", {}, ""), 0.5) as readyz,
            Steady(running.url, None, 0.05, token) as submits,
        ):
            time.sleep(2)
            own.stop_postgres()
            gone = time.monotonic()
            time.sleep(OUTAGE)
            back = time.monotonic()
            own.start_postgres()
            again = time.monotonic()
            time.sleep(4)
        stored = pupils.count(running, "steady")[0]

    away = readyz.between(gone, back)
    told = submits.between(gone + 0.1, back - 0.1)
    first = min(began for began, status, _ in submits.answers if began > back and status == 201)
    print(
        f"\n{len(submits.answers)} submits. Slowest: healthz {slowest(healthz.answers)}, readyz while it was away "
        f"{slowest(away)}, submit while it was away {slowest(told)}. Back after {first - again:.2f} s."
    )
    # A machine that tests elsewhere at the same time has its own pauses.
    assert max(seconds for _, _, seconds in healthz.answers) < 1
    assert {status for _, status, _ in healthz.answers} == {200}
    assert {status for _, status, _ in away} == {503}
    assert max(seconds for _, _, seconds in away) < 1
    assert {status for _, status, _ in told} == {503}
    assert max(seconds for _, _, seconds in told) < 1
    assert {status for _, status, _ in submits.between(again + 2, again + 9)} == {201}
    assert stored == sum(status == 201 for _, status, _ in submits.answers)


def slowest(answers: list[tuple[float, int, float]]) -> str:
    return f"{max(seconds for _, _, seconds in answers):.3f} s"


def test_a_server_says_that_it_will_stop_and_serves_until_it_does(tmp_path: Path) -> None:
    port = spare_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DEBUG": "1", "WEB_STOPS_AFTER": "3", "WEB_WORKERS": "2"}
    command = [sys.executable, "-m", "downhill.web_server", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=PROJECT) as server:
        try:
            wait_for(lambda: is_open(port), "the port")
            before = crowd.one(url, ("GET", "/healthz", {}, ""))
            server.terminate()
            wait_for(lambda: crowd.one(url, ("GET", "/healthz", {}, "")).status == 503, "the word of it", seconds=2)
            meanwhile = crowd.one(url, ("GET", "/nothing-here/", {}, ""))
            code = server.wait(30)
        finally:
            server.kill()

    assert before.status == 200
    assert meanwhile.status == 404
    assert code == 0


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
