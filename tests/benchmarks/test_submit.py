"""What a submit costs beside the least that stores anything: as a browser sends it, as a notebook does, and bare.

Rounds in turns on one server, the answers cleared before each window: requests a second, how long they take, and the
processor time of the web server and the database. `DATABASE_URL` (and `REDIS_URL`) for PostgreSQL; `WEB_WORKERS` for
more than one process, as a server has.
"""

from __future__ import annotations

import json
import os
import statistics
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running

pytestmark = pytest.mark.benchmark
ROUNDS = int(os.environ.get("ROUNDS", "4"))
PROCESSES = os.environ.get("WEB_WORKERS", "1")
CONNECTIONS = (8, 40)
EACH = int(os.environ.get("EACH", "480"))  # requests in a window
WRONG = pupils.STEPS[0] | {
    "errors": ["-2.1", "-3.9", "6.2", "-7.8"],
    "products": ["-2.1", "-7.8", "18.6", "-31.2"],
    "mean": "-5.625",
    "w": "0.28",
}
_CSRF = "c" * 32  # the double-submit check wants the same word twice, whatever it is
_PART = "/c/demo/lessons/data-rules-everything/by-hand/"
_SESSIONS = """
import json
from django.test import Client
from classroom.models import Membership
made = []
for member in Membership.objects.filter(user__username__startswith="bench").select_related("user").order_by("pk"):
    browser = Client()
    browser.force_login(member.user, "allauth.account.auth_backends.AuthenticationBackend")
    made.append([member.pk, browser.cookies["sessionid"].value])
print("SESSIONS" + json.dumps(made))
"""
_CLEAR = """
from classroom.models import LearningEvent
from lessons.models import PartProgress, Submission
for model in (Submission, PartProgress, LearningEvent):
    model.objects.filter(membership__user__username__startswith="bench").delete()
"""
Lane = Callable[[int, int], Request]  # of a student's number and the request's


def test_submits_against_a_bare_view_on_the_same_server(tmp_path: Path) -> None:
    with Running(tmp_path, DJANGO_SETTINGS_MODULE="tests.benchmarks.settings", WEB_WORKERS=PROCESSES) as running:
        kinds = _kinds(running)
        windows: dict[tuple[str, int], list[Window]] = {(kind, n): [] for n in CONNECTIONS for kind in kinds}
        for request in kinds.values():  # the first requests load what the others use
            crowd.send(running.url, [[request(lane, n) for n in range(2)] for lane in range(8)])
        for __ in range(ROUNDS):
            for kind, n in windows:
                running.ask(_CLEAR)
                windows[kind, n].append(Window(running, n, kinds[kind]))

    engine = "PostgreSQL" if running.server else "SQLite"
    print(f"\n{engine}, processes: {PROCESSES}, {ROUNDS} rounds in turns; median [lowest, highest]")
    print(f"{'':12} {'at':>3} {'req/s':>18} {'p50':>6} {'p95':>6} {'CPU ms: web':>12} {'database':>9} {'of bare':>8}")
    for (kind, n), measured in windows.items():
        bare = statistics.median(each.rate for each in windows["bare", n])
        print(f"{kind:12} {n:>3} {_row(measured, bare)}")


class Window:
    """One stretch of requests of one kind, and what it took."""

    def __init__(self, running: Running, n_connections: int, request: Lane) -> None:
        each = EACH // n_connections
        lanes = [[request(lane, n) for n in range(each)] for lane in range(n_connections)]
        before = _spent(running)
        outcome = crowd.send(running.url, lanes)
        after, n = _spent(running), len(outcome.answers)
        self.web, self.database = (
            sum(ms - was.get(pid, 0) for pid, ms in now.items()) / n for was, now in zip(before, after, strict=True)
        )
        self.rate, self.p50, self.p95 = outcome.requests_per_second, outcome.percentile(0.5), outcome.percentile(0.95)
        statuses = Counter(answer.status for answer in outcome.answers)
        assert set(statuses) <= {200, 201}, statuses


def _row(windows: list[Window], bare: float) -> str:
    rates = sorted(each.rate for each in windows)
    rate, p50, p95, web, database = (
        statistics.median(getattr(each, name) for each in windows) for name in ("rate", "p50", "p95", "web", "database")
    )
    shown = f"{rate:.0f} [{rates[0]:.0f}, {rates[-1]:.0f}]"
    return f"{shown:>18} {p50:6.0f} {p95:6.0f} {web:12.1f} {database:9.1f} {100 * rate / bare:6.1f} %"


def _kinds(running: Running) -> dict[str, Lane]:
    tokens = pupils.enrol(running, "bench", max(CONNECTIONS))
    members = json.loads(running.ask(_SESSIONS).split("SESSIONS")[1])
    opened = crowd.one(running.url, ("GET", _PART, {"Cookie": f"sessionid={members[0][1]}"}, ""))
    shown = pupils.shown_on(opened.body)  # the same to everybody who opens it

    def page(lane: int, n: int) -> Request:
        member, session = members[lane]
        headers = {
            "Cookie": f"sessionid={session}; csrftoken={_CSRF}",
            "X-CSRFToken": _CSRF,
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        sent = {"id": str(uuid.uuid4()), "step": 1, "member": member, "shown": shown, **pupils.as_typed(_answer(n))}
        return ("POST", "/c/demo/lessons/data-rules-everything/activities/by-hand/check/", headers, urlencode(sent))

    return {
        "bare": lambda lane, n: ("POST", "/bare/", {}, ""),
        "API submit": lambda lane, n: pupils.submission(tokens[lane], 1, _answer(n)),
        "page submit": page,
    }


def _answer(n: int) -> dict[str, object]:
    """Wrong and right by turns."""
    return pupils.STEPS[0] if n % 2 else WRONG


def _spent(running: Running) -> tuple[dict[int, float], dict[int, float]]:
    """Milliseconds of processor time so far: of each process of the web server, and of the database."""
    web = running.pids("downhill.web_server")
    return _cpu_ms(web), _cpu_ms(_backends(running))


def _backends(running: Running) -> list[int]:
    """The processes of PostgreSQL that serve this Downhill, if they are on this machine."""
    if not running.server:
        return []
    with psycopg.connect(running.environment["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return [pid for (pid,) in rows]


def _cpu_ms(pids: list[int]) -> dict[int, float]:
    found = {}
    for pid in pids:
        with suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found[pid] = 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found
