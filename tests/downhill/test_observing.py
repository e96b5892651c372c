"""What an operator sees: an id for each request, a line for it, and figures for Prometheus."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from downhill import access_log
from experiments.models import Run
from lessons import stage
from tests.running import PROJECT

ClientOf = Callable[[User], Client]
Lines = Callable[[], list[str]]


@pytest.fixture(params=["line", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """What a server with ACCESS_LOG=1 has written since last asked; in both formats the same facts."""
    written, root, access = io.StringIO(), logging.getLogger(), logging.getLogger("downhill.access")
    as_set_up = deepcopy(configured.LOGGING)
    as_set_up["handlers"]["console"] |= {"formatter": request.param, "stream": written}
    before, level = root.handlers[:], access.level
    logging.config.dictConfig(as_set_up)
    access.setLevel(logging.INFO)

    def taken() -> list[str]:
        found = written.getvalue().splitlines()
        written.seek(0)
        written.truncate()
        return (
            [re.sub(r"^[-0-9]+ [:,0-9]+ ", "", line) for line in found]
            if request.param == "line"
            else [each for line in found for each in _as_lines(json.loads(line))]
        )

    yield taken
    root.handlers[:] = before
    access.setLevel(level)


def _as_lines(facts: dict[str, Any]) -> list[str]:
    about = f"[{facts['request_id']} {facts['view'] or '-'} user {facts['user'] or '-'}]"
    return [f"{facts['level']} {facts['logger']} {about} {facts['message']}", *facts.get("exc_info", "").splitlines()]


# --- the id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["7c3f-A_1.x", "x" * 64])
def test_a_request_keeps_the_id_that_it_comes_with(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a\x1b[31m", "ä"])
def test_a_request_without_an_id_or_with_an_odd_one_gets_one(client: Client, given: str) -> None:
    ids = [client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] for _ in range(2)]

    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert ids[0] != ids[1]


def test_what_is_refused_before_any_view_has_an_id_too(client: Client) -> None:
    assert (
        client.get("/", headers={"Host": "elsewhere.example", "X-Request-ID": "odd-host"})["X-Request-ID"] == "odd-host"
    )


# --- the line -------------------------------------------------------------------------------------


def test_a_line_says_which_request_which_view_whose_and_how_it_was_answered(
    lines: Lines, student: Membership, client_of: ClientOf
) -> None:
    browser = client_of(student.user)
    lines()

    browser.get("/c/ours/lessons/data-rules-everything/?v=1", headers={"X-Request-ID": "one"})

    [line] = lines()
    said = rf"INFO downhill\.access \[one lessons:arc user {student.user_id}\] "
    assert re.fullmatch(said + r"GET /c/ours/lessons/data-rules-everything/ 200 [0-9.]+ ms", line)


def test_whose_a_poll_is_that_finds_nothing_new_is_said_too(
    lines: Lines, student: Membership, client_of: ClientOf
) -> None:
    browser = client_of(student.user)
    browser.get("/c/ours/lessons/data-rules-everything/")
    called = stage.tokens(student, "data-rules-everything").call
    lines()

    answer = browser.get("/c/ours/lessons/data-rules-everything/call.html", {"called": called})

    assert answer.status_code == 204
    assert f"lessons:call user {student.user_id}] GET " in lines()[0]


def test_a_program_is_known_by_its_token(
    lines: Lines, student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    program = api_of(student.user)
    lines()

    program.get("/api/v1/me/", headers={"X-Request-ID": "two"})

    assert lines()[0].startswith(f"INFO downhill.access [two api-me user {student.user_id}] GET /api/v1/me/ 200 ")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("/join/ACDE-3467/", "/join/*"),
        ("/jion/ACDE-3467/", "/jion/*"),
        ("/accounts/login/?next=/join/ACDE-3467/", "/accounts/login/"),
        ("/no%0Asuch/", "/no%0Asuch/*"),
    ],
)
def test_a_line_has_no_code_no_query_and_no_second_line(
    lines: Lines, cohort: Cohort, client: Client, asked: str, written: str
) -> None:
    client.get(asked)

    [line] = lines()
    assert f" GET {written}" in line
    assert "3467" not in line


def test_nobodys_name_is_written(lines: Lines, student: Membership, client_of: ClientOf) -> None:
    client_of(student.user).get("/c/ours/lessons/data-rules-everything/by-hand/")

    assert "sam" not in " ".join(lines()).lower()


def test_an_error_says_which_request_whose_and_where(
    lines: Lines, student: Membership, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_of(student.user)
    monkeypatch.setattr("lessons.views.arc_of", None)
    lines()

    answer = browser.get("/c/ours/lessons/data-rules-everything/", headers={"X-Request-ID": "broken"})

    error, *rest = lines()
    assert answer.status_code == 500
    assert error.startswith(
        f"ERROR django.request [broken lessons:arc user {student.user_id}] Internal Server Error: /c/"
    )
    assert any("TypeError" in line for line in rest)


def test_without_access_log_nothing_is_written(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.get("/healthz")

    assert capfd.readouterr().err == ""


def test_naming_counting_and_writing_ask_the_database_for_nothing(
    lines: Lines, student: Membership, client_of: ClientOf
) -> None:
    browser = client_of(student.user)

    with CaptureQueriesContext(connection) as queries:
        browser.get("/healthz")

    assert len(queries) == 0
    assert " healthz user -] GET /healthz 200 " in lines()[-1]


# --- the figures ----------------------------------------------------------------------------------


def figures(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    rows = (line.rpartition(" ") for line in answer.content.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in rows}


def test_requests_are_counted_by_view_and_status_with_how_long_they_took(db: None, client: Client) -> None:
    counted = 'downhill_request_seconds_count{status="405",view="healthz"}'
    before = figures(client).get(counted, 0)

    for _ in range(3):
        client.post("/healthz")

    after = figures(client)
    assert after[counted] == before + 3
    assert after['downhill_request_seconds_bucket{le="10.0",status="405",view="healthz"}'] == before + 3


def test_runs_are_counted_and_the_oldest_that_waits_is_told(db: None, client: Client) -> None:
    for n, state in enumerate(("queued", "queued", "running", "done")):
        Run.objects.create(kind="blame", params={}, seed=n, fingerprint=f"{n}", state=state, result={})
    Run.objects.filter(seed=0).update(queued_at=Now() - timedelta(seconds=90))

    found = figures(client)

    assert found['downhill_runs{kind="blame",state="queued"}'] == 2
    assert found['downhill_runs{kind="blame",state="done"}'] == 1
    assert 90 <= found["downhill_oldest_queued_run_seconds"] < 150
    assert found["downhill_database_up"] == 1


@pytest.mark.services
def test_connections_are_counted_where_there_are_any(db: None, client: Client) -> None:
    found = [name for name in figures(client) if name.startswith("downhill_database_connections")]

    assert bool(found) == (connection.vendor == "postgresql")


@pytest.mark.parametrize(
    "meta", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, {"HTTP_FORWARDED": "for=192.0.2.7"}]
)
def test_figures_are_nobodys_elses(db: None, meta: dict[str, str]) -> None:
    assert Client(**meta).get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"), [("Bearer quite-long", 200), ("Bearer quite", 404), ("quite-long", 404), ("", 404)]
)
def test_with_a_token_whoever_has_it_looks_and_nobody_else(
    db: None, settings: Settings, sent: str, status: int
) -> None:
    settings.METRICS_TOKEN = "quite-long"

    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics", headers={"Authorization": sent}).status_code == status
    assert Client().get("/metrics").status_code == 404


def test_processes_are_added_up(tmp_path: Path) -> None:
    script = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'downhill.settings'; import django; django.setup(); "
        "from downhill import metrics; from prometheus_client import CollectorRegistry, generate_latest; "
        "os.fork(); [metrics.count('home', 200, 0.02) for _ in range(3)]; pid = os.getpid(); "
        "from contextlib import suppress\n"
        "with suppress(ChildProcessError): os.wait(); "
        "registry = CollectorRegistry(); metrics.MultiProcessCollector(registry); "
        "print(pid, generate_latest(registry).decode())"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert 'downhill_request_seconds_count{status="200",view="home"} 6.0' in said


def test_the_middleware_is_the_outermost() -> None:
    assert configured.MIDDLEWARE[0] == f"{access_log.__name__}.{access_log.AccessLogMiddleware.__name__}"
