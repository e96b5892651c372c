"""`LAN=1`: a Downhill that the room reaches, asked from elsewhere by a real connection."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NoReturn

import pytest

from downhill import room_network
from tests.running import MANAGE, Running, passwords_in, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# What a phone does with a username and a password, in plain Python: it logs in by each of the three doors.
PHONE = """
import json, re, sys
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener
url, username, password = sys.argv[1:]

def visit():
    return build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

def ask(browser, path, data=None, **headers):
    to = path if path.startswith("http") else url + path
    try:
        with browser.open(Request(to, data, headers), timeout=20) as answer:
            return answer.status, answer.geturl().removeprefix(url), answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.geturl().removeprefix(url), refused.read().decode()

def by_page(door):
    browser = visit()
    status, place, page = ask(browser, door)
    sent = {"login": username, "password": password}
    sent["csrfmiddlewaretoken"] = re.search('name="csrfmiddlewaretoken" value="(.+?)"', page)[1]
    status, place, page = ask(browser, place, urlencode(sent).encode(), Origin=url)
    return [status, place, "This password is public" in page]

token = json.dumps({"username": username, "password": password}).encode()
print(json.dumps({
    "page": by_page("/accounts/login/"),
    "admin": by_page("/admin/"),
    "api": ask(visit(), "/api/v1/token/", token, **{"Content-Type": "application/json"})[0],
}))
"""
PUBLIC_IS_REFUSED = {
    "page": [200, "/accounts/login/", True],
    "admin": [200, "/accounts/login/?next=/admin/", True],
    "api": 403,
}
OPENS = {"page": [200, "/admin/", False], "admin": [200, "/admin/", False], "api": 200}


def phone(*arguments: str, at: tuple[str, ...] = ()) -> Any:
    """Log in from here, or from the network that the command `at` leads to."""
    command = [*at, sys.executable, "-c", PHONE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def greeted(running: Running) -> str:
    wait_for(lambda: "Stop with Ctrl-C." in running.log, "the greeting")
    return running.log


def _cannot(why: str) -> NoReturn:
    """Pass over what this machine cannot do; CI has to be able to."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI has to open a Downhill to another machine, but {why}")
    pytest.skip(why)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Another network namespace with a cable to this one: this end's address, and the command that leads there."""
    name = f"dh{secrets.token_hex(3)}"
    here, there = f"{name}a", f"{name}b"
    net = f"10.{secrets.randbelow(100) + 100}.{secrets.randbelow(250)}"
    steps = [
        f"ip netns add {name}",
        f"ip link add {here} type veth peer name {there} netns {name}",
        f"ip addr add {net}.1/24 dev {here}",
        f"ip link set {here} up",
        f"ip -n {name} addr add {net}.2/24 dev {there}",
        f"ip -n {name} link set {there} up",
    ]
    if not shutil.which("ip") or os.geteuid() != 0:
        _cannot("a network of one's own needs root and iproute2")
    try:
        for step in steps:
            if subprocess.run(step.split(), capture_output=True, check=False).returncode:
                _cannot(f"this machine does not let us: {step}")
        yield f"{net}.1", ("ip", "netns", "exec", name)
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Downhill for the room, whose database an ordinary start has made, public passwords and all."""
    if not room_network.addresses():
        _cannot("this machine is in no network")
    with Running(tmp_path_factory.mktemp("lan") / "var", "--no-worker", LAN="1") as running:
        yield running


@pytest.mark.services
def test_after_an_ordinary_start_the_room_gets_in_by_new_passwords_alone(room: Running) -> None:
    log = greeted(room)
    [url] = re.findall(r"Downhill is running at (\S+)", log)
    passwords = passwords_in(log)

    assert set(passwords) == {"student", "instructor", "admin"}
    assert url.startswith("http://")
    assert "127.0.0.1" not in url
    assert phone(url, "admin", "downhill") == PUBLIC_IS_REFUSED
    assert phone(url, "admin", passwords["admin"]) == OPENS
    assert phone(room.url, "admin", "downhill") == PUBLIC_IS_REFUSED
    assert phone(room.url, "admin", passwords["admin"]) == OPENS


def test_a_code_to_scan_and_a_sentence_on_the_wifi_are_printed(room: Running) -> None:
    log = greeted(room)

    assert log.count("\x1b[38;5;231;48;5;16m") > 10
    assert "the wifi keeps devices apart" in log
    assert "password downhill" not in log


def test_a_name_that_is_not_its_own_is_told_what_to_open(room: Running) -> None:
    [url] = re.findall(r"Downhill is running at (\S+)", greeted(room))
    connection = HTTPConnection("127.0.0.1", room.port, timeout=10)
    for _ in range(2):
        connection.request("GET", "/", headers={"Host": "elsewhere.test:81"})
        answer = connection.getresponse()
        page = answer.read().decode()

    assert answer.status == 400
    assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert "not under the name “elsewhere.test”" in page
    assert f"Open {url} instead." in page
    said = wait_for(lambda: re.findall(r"Refused the host name .*", room.log), "a line in the log")
    assert len(said) == 1
    assert said[0].startswith("Refused the host name 'elsewhere.test:81'. Allowed: localhost, 127.0.0.1, [::1], ")


def test_another_network_reaches_it(elsewhere: tuple[str, tuple[str, ...]], tmp_path: Path) -> None:
    """The first start of all, for the room; then alone; and new passwords for whoever lost them."""
    address, at = elsewhere
    var = tmp_path / "var"
    with Running(var, "--no-worker", from_nothing=True, LAN="1", DATABASE_URL="", REDIS_URL="") as room:
        passwords = passwords_in(greeted(room))
        url = f"http://{address}:{room.port}"

        assert url in re.findall(r"(?:running at|or at) (\S+)", room.log)
        assert phone(url, "admin", "downhill", at=at) == PUBLIC_IS_REFUSED
        assert phone(url, "admin", passwords["admin"], at=at) == OPENS

    with Running(var, "--no-worker", from_nothing=True, DATABASE_URL="", REDIS_URL="") as alone:
        log = greeted(alone)

        assert "with the passwords that an earlier start showed" in log
        assert passwords_in(log) == {}
        assert phone(alone.url, "admin", passwords["admin"])["api"] == 200
        newer = passwords_in(alone.manage("demo_passwords"))
        assert phone(alone.url, "admin", passwords["admin"])["api"] == 400
        assert phone(alone.url, "admin", newer["admin"])["api"] == 200


def refusal_of(tmp_path: Path, *arguments: str, **environment: str) -> str:
    environment = {**os.environ, "VAR_DIR": str(tmp_path / "var"), **environment}
    done = subprocess.run(
        [*MANAGE, "up", *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    return done.stderr


def test_a_room_is_not_promised_an_address_that_only_this_computer_reaches(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, "--host", "127.0.0.1", LAN="1")

    assert said == (
        "CommandError: LAN=1 serves the room, but only this computer reaches 127.0.0.1. Leave one of them out.\n"
    )
