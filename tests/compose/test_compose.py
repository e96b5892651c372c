"""Downhill on real containers, as docs/running.md has a server: two web servers behind their proxy, three workers.

The tests stand in the order of a server's life and share one stack, since each start takes most of a minute.
"""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import pupils
from tests.browsers import launch_args
from tests.compose.stack import Client, Stack
from tests.journeys.conftest import log_in
from tests.journeys.steps import (
    BADGE,
    LAPTOP,
    LESSON,
    approve_by_keys,
    at_hand,
    do_the_experiments,
    do_the_hand_steps,
)
from tests.running import PROJECT, wait_for

pytestmark = pytest.mark.compose

BY_HAND = "/c/demo/lessons/data-rules-everything/by-hand/"
CHECK = "/c/demo/lessons/data-rules-everything/activities/by-hand/check/"
SUBMISSIONS = pupils.PATH.removeprefix("/api/v1/")
MEGABYTE = 1_000_000
# How the database stood when 0.1.0 was released, and what a class had left in it.
FIRST_RELEASE = {"badges": "0001", "classroom": "0004", "experiments": "0001", "lessons": "0005"}
LEAVE_SOMETHING = """
import uuid
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

loader = MigrationExecutor(connection).loader
old = loader.project_state([key for key in loader.applied_migrations if key in loader.graph.nodes]).apps
model = {name: old.get_model(*name.split(".")) for name in (
    "classroom.Cohort", "classroom.CohortVersion", "classroom.User", "classroom.Membership", "lessons.Submission")}
lesson = "data-rules-everything"
cohort = model["classroom.Cohort"].objects.create(slug="first", name="First", join_code="FIRS-2026", lessons=[lesson])
model["classroom.CohortVersion"].objects.create(cohort=cohort)
for number in range(30):
    password = make_password("an old password") if number == 0 else "!"
    user = model["classroom.User"].objects.create(
        username=f"old{number}", display_name=f"Old {number}", password=password)
    member = model["classroom.Membership"].objects.create(user=user, cohort=cohort, role="student")
    for _ in range(10):
        model["lessons.Submission"].objects.create(
            membership=member, client_id=uuid.uuid4(), lesson=lesson, activity="by-hand", step=1, answer={"w": "1"},
            reply={}, accepted=False, is_try=True)
"""
ENROL = """
from classroom import services
from classroom.models import Cohort, User
user = User.objects.create_user("{name}", password="three plain words", display_name="{name}".title())
services.enrol(user, Cohort.objects.get(slug="demo"))
"""
# Each time with another address of its own making.
WRONG_PASSWORDS = """
import json, socket, ssl, urllib.error, urllib.request

def ask(password, n):
    headers = {{"Content-Type": "application/json", "Host": "{host}", "X-Forwarded-For": f"192.0.2.{{n}}"}}
    sent = json.dumps({{"username": "{username}", "password": password}}).encode()
    request = urllib.request.Request("https://proxy:8443/api/v1/token/", sent, headers)
    try:
        return urllib.request.urlopen(request, context=ssl._create_unverified_context()).status
    except urllib.error.HTTPError as error:
        return error.code

statuses = [ask("wrong" + n * "!", n) for n in range(10)] + [ask("{password}", 99)]
print("STATUSES" + json.dumps([socket.gethostbyname(socket.gethostname()), *statuses]))
"""
COUNT = """
import json
from django.apps import apps
wanted = ["classroom.User", "classroom.Membership", "lessons.Submission", "lessons.PartProgress", "experiments.Run"]
print("COUNTS" + json.dumps({name: apps.get_model(name).objects.count() for name in wanted}))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("server"))
    yield made
    if (made.folder / ".env").exists():
        made.down()


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    """Set up as the documentation says, from nothing but Docker, with a certificate of its own."""
    stack.run("deploy/env", stack.url)
    stack.set(
        COMPOSE_PROJECT_NAME=stack.name,
        COMPOSE_FILE="docker-compose.yml:docker-compose.tls.yml:docker-compose.override.yml",
        # A journey is to say which web servers answered.
        ACCESS_LOG="1",
    )
    (stack.folder / "certs").mkdir()
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    stack.run(*made, "-keyout", "certs/key", "-out", "certs/certificate")
    pair = (stack.folder / "certs/certificate").read_text() + (stack.folder / "certs/key").read_text()
    for half in ("certificate", "key"):
        (stack.folder / "certs" / half).unlink()
    stack.write("certs/localhost.pem", pair)
    (stack.folder / "certs/localhost.pem").chmod(0o644)  # the proxy is somebody else
    stack.up("--build")
    return stack


@pytest.fixture(scope="module")
def passwords(running: Stack) -> dict[str, str]:
    """A class to work with; none is made on a server by itself."""
    command = ["exec", "-T", "-e", "DEMO_EVENING=0", "web", "python", "manage.py", "seed_demo"]
    said = running.compose(*command, "--yes-on-a-real-server")
    return dict(re.findall(r"^  (\w+) +(\S+)$", said, re.MULTILINE))


def logged_in(stack: Stack, username: str, password: str) -> Client:
    client = Client(stack)
    page = client.get("/accounts/login/").body
    answer = client.form(page, "/accounts/login/", login=username, password=password)
    assert answer.status == 200
    assert any(cookie.name == "sessionid" for cookie in client.cookies), answer.body
    return client


def browsing(chromium: Browser, stack: Stack) -> Page:
    """A page of a browser of its own, that takes any certificate."""
    return chromium.new_context(base_url=stack.url, viewport=LAPTOP, ignore_https_errors=True).new_page()


def counts(stack: Stack) -> dict[str, int]:
    return json.loads(stack.ask(COUNT).split("COUNTS")[1])  # type: ignore[no-any-return]


# --- first start ------------------------------------------------------------------------------------------


def test_one_command_writes_all_that_a_server_needs(running: Stack) -> None:
    written = running.folder / ".env"
    before = written.read_text()
    again = subprocess.run(["deploy/env", running.url], cwd=running.folder, capture_output=True, text=True, check=False)

    assert written.stat().st_mode & 0o777 == 0o600
    assert running.env()["PUBLIC_URL"] == running.url
    assert len({running.env()[name] for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")}) == 3
    assert running.env()["BADGE_KEYS"]
    assert again.returncode == 1
    assert written.read_text() == before


@pytest.mark.parametrize(("tag", "megabytes"), [("", 150), ("-worker", 400)])
def test_what_is_added_to_the_base_image_stays_small(running: Stack, tag: str, megabytes: int) -> None:
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(.+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    (web,) = re.findall(r"^  image: (.+)", (running.folder / "docker-compose.yml").read_text(), re.MULTILINE)
    whole, below = (
        int(running.run("docker", "image", "inspect", "--format", "{{.Size}}", image)) for image in (web + tag, base)
    )
    ours = (whole - below) / MEGABYTE

    print(f"\nown layers of {tag or 'web'}: {ours:.0f} MB")
    assert ours <= megabytes


def test_two_webs_and_three_workers_run_and_can_write_nothing_but_scratch(running: Stack) -> None:
    assert len(running.containers("web")) == 2
    assert len(running.containers("worker")) == 3
    inside = "id -u; touch /app/x 2>&1; touch /app/var/x 2>&1; touch /tmp/x && echo scratch; grep CapEff /proc/1/status"
    said = running.compose("exec", "-T", "web", "sh", "-c", inside).splitlines()
    assert said[0] == "10001"
    assert all("Read-only file system" in line for line in said[1:3])
    assert said[3:] == ["scratch", "CapEff:\t0000000000000000"]


def test_names_cookies_and_scheme_follow_from_the_public_address(running: Stack, passwords: dict[str, str]) -> None:
    client = logged_in(running, "student", passwords["student"])

    assert {cookie.name: cookie.secure for cookie in client.cookies if cookie.name in ("sessionid", "csrftoken")} == {
        "sessionid": True,
        "csrftoken": True,
    }
    assert "max-age=" in client.get("/").headers["Strict-Transport-Security"]


# --- a class at work --------------------------------------------------------------------------------------


def test_a_student_works_on_two_web_servers_and_three_workers(running: Stack, passwords: dict[str, str]) -> None:
    student = logged_in(running, "student", passwords["student"])
    page = student.get(BY_HAND).body
    sent = {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[0] for name in ("id", "member", "step")} | {
        "w": "1.2127"
    }
    assert student.form(page, CHECK, **sent).status == 200

    # Of one person four may wait at once.
    tokens = pupils.enrol(running, "runner", 2)  # type: ignore[arg-type]  # it can be asked, which is all
    asked = [
        (
            script,
            script.api("POST", "runs/", {"kind": "starvation", "params": {"digit": digit, "n_repeats": 2}, "seed": 7}),
        )
        for script, digits in zip([Client(running, token) for token in tokens], (range(3), range(3, 6)), strict=True)
        for digit in digits
    ]

    def ended() -> list[dict[str, Any]] | None:
        runs = [script.api("GET", f"runs/{run['id']}/") for script, run in asked]
        return runs if all(run["state"] in ("done", "failed") for run in runs) else None

    wait_for(lambda: bool(ended()), "the runs", seconds=120)
    assert {run["state"] for run in ended() or []} == {"done"}


def test_a_browser_earns_the_badge_while_its_requests_go_to_two_web_servers(
    running: Stack, passwords: dict[str, str]
) -> None:
    running.ask(ENROL.format(name="zora"))
    before = [running.answered(web, "POST /c/demo/lessons/") for web in running.containers("web")]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_args(playwright.chromium))
        zora, desk = (browsing(chromium, running) for _ in range(2))
        log_in(zora, "zora", "three plain words")
        log_in(desk, "instructor", passwords["instructor"])

        do_the_hand_steps(zora)
        do_the_experiments(zora)
        zora.goto(BADGE)
        expect(zora.locator(".badge-page__count")).to_have_text("2 of 3, with your instructor")
        at_hand(desk, "Zora")
        approve_by_keys(desk)

        expect(zora.get_by_role("heading", name="You are a Data Scientist.")).to_be_visible()
        zora.goto(LESSON)
        expect(zora.locator(".station", has_text="Badge: Data Scientist")).to_contain_text("done")
        chromium.close()

    after = [running.answered(web, "POST /c/demo/lessons/") for web in running.containers("web")]
    sent = [now - then for now, then in zip(after, before, strict=True)]
    print(f"\nsent to each web server in the journey: {sent}")
    assert len(sent) == 2
    assert min(sent) > 3


# --- strangers --------------------------------------------------------------------------------------------


def test_wrong_passwords_of_one_client_lock_itself_alone_whatever_it_says_of_its_address(
    running: Stack, passwords: dict[str, str]
) -> None:
    """One is a container beside the proxy, the other comes from outside: it sees another address of each."""
    running.ask(ENROL.format(name="yuri"))
    right = {"username": "yuri", "password": "three plain words"}
    inside = WRONG_PASSWORDS.format(host=running.url.removeprefix("https://"), **right)
    said = running.compose("run", "--rm", "--no-deps", "-T", "migrate", "python", "-c", inside)

    address, *statuses = json.loads(said.split("STATUSES")[1])
    outside = Client(running)
    spoofed = outside.api("POST", "token/", right, **{"X-Forwarded-For": address})

    assert statuses == [400] * 9 + [429] + [429]  # the last one with the right password
    assert spoofed["token"]


# --- an update while a class is at work -------------------------------------------------------------------


def test_an_update_turns_nobody_away_and_loses_nothing(running: Stack, passwords: dict[str, str]) -> None:
    tokens = pupils.enrol(running, "busy", 3)  # type: ignore[arg-type]
    scripts = [Client(running, token) for token in tokens]
    readers = [logged_in(running, "student", passwords["student"]) for _ in range(3)]
    acknowledged: list[str] = []
    read: list[int] = []

    def submit(script: Client) -> None:
        sent = {"id": str(uuid.uuid4()), "step": 1, "answer": {"w": "1.0"}}
        script.api("POST", SUBMISSIONS, sent)
        acknowledged.append(sent["id"])

    def look(reader: Client) -> None:
        page = reader.get(BY_HAND)
        assert page.status == 200, page.status
        style = reader.get(re.findall(r'href="(/static/[^"]+\.css)"', page.body)[0])
        assert style.status == 200, style.status
        read.append(style.status)

    before = {name: running.containers(name) for name in ("web", "worker")}
    # Another version: its static files have other names.
    running.change("docker-compose.yml", "image: downhill-test:0", "image: downhill-test:next-0")
    running.change("classroom/static/classroom/css/tokens.css", ":root", "/* next */\n:root")
    asks = [lambda one=one: submit(one) for one in scripts] + [lambda one=one: look(one) for one in readers]
    with running.under_load(*asks) as failures:
        said = running.run("deploy/update")

    print(f"\n{len(acknowledged)} answers and {len(read)} pages with their style; failed: {len(failures)}")
    assert failures == []
    assert len(acknowledged) > 50
    assert "saved backups/" in said
    for name, old in before.items():
        assert len(running.containers(name)) == len(old)
        assert not set(running.containers(name)) & set(old)
    stored = (
        f"from lessons.models import Submission; print(Submission.objects.filter(client_id__in={acknowledged}).count())"
    )
    assert int(running.ask(stored).split()[-1]) == len(acknowledged)


# --- the day after ----------------------------------------------------------------------------------------


def test_what_was_backed_up_comes_back_to_a_server_that_lost_everything(running: Stack) -> None:
    before = counts(running)
    running.compose("run", "--rm", "backup")
    newest = max((running.folder / "backups").glob("*.dump"))
    assert newest.stat().st_mode & 0o777 == 0o600
    running.down()

    running.up()
    assert counts(running) == dict.fromkeys(before, 0)
    running.compose("stop", "web", "worker", "beat")
    running.compose("run", "--rm", "backup", "restore", newest.name)
    running.up()

    assert counts(running) == before
    assert before["lessons.Submission"] > 50


def test_a_class_of_the_first_release_is_dumped_and_brought_up_to_date(running: Stack) -> None:
    running.compose("exec", "-T", "postgres", "createdb", "--username", "downhill", "first")
    first = f"postgres://downhill:{running.env()['POSTGRES_PASSWORD']}@postgres:5432/first"
    steps = [f"manage.py migrate --noinput {app} {number}" for app, number in FIRST_RELEASE.items()]
    inside = " && ".join(f"python {step}" for step in steps) + ' && python manage.py shell --no-imports -c "$LEAVE"'
    handed = ["-e", f"DATABASE_URL={first}", "-e", f"LEAVE={LEAVE_SOMETHING}"]
    running.compose("run", "--rm", "--no-deps", *handed, "migrate", "sh", "-c", inside)
    dumps = set((running.folder / "backups").glob("*.dump"))

    running.set(DATABASE_URL=first)
    running.up()

    assert len(set((running.folder / "backups").glob("*.dump")) - dumps) == 1
    assert {name: counts(running)[name] for name in ("classroom.User", "lessons.Submission")} == {
        "classroom.User": 30,
        "lessons.Submission": 300,
    }
    student = logged_in(running, "old0", "an old password")
    assert student.get("/c/first/lessons/data-rules-everything/by-hand/").status == 200


def test_a_backup_that_is_not_there_changes_nothing(running: Stack) -> None:
    before = counts(running)

    asked = ["docker", "compose", "run", "--rm", "backup", "restore", "no-such.dump"]
    done = subprocess.run(asked, cwd=running.folder, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "there is no backups/no-such.dump" in done.stderr
    assert counts(running) == before
